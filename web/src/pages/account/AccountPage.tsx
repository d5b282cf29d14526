/** One's own account: factors, where one is signed in. Who still owes a factor is brought here first. */
import { Alert, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Page } from '../../parts/Page.tsx';
import { View } from '../../parts/States.tsx';
import { useStanding } from '../../session/session.ts';
import { Apps } from './Apps.tsx';
import { readFactors } from './factors.ts';
import { Passkeys } from './Passkeys.tsx';
import { Password } from './Password.tsx';
import { RecoveryCodes } from './RecoveryCodes.tsx';
import { Sessions } from './Sessions.tsx';

export function AccountPage(): React.JSX.Element {
  const { t } = useTranslation();
  const standing = useStanding().data;
  const query = useQuery({ queryKey: ['factors'], queryFn: readFactors });
  const session = standing?.kind === 'person' ? standing.session : undefined;
  return (
    <Page
      title={t('account.title')}
      lead={session === undefined ? undefined : `${session.person.name}, ${session.person.email}`}
    >
      {session?.state === 'enrolling' && (
        <Alert variant="default" title={t('account.enrol-title')}>
          {t('account.enrol-lead')}
        </Alert>
      )}
      <View query={query}>
        {(factors) => (
          <Stack gap="lg">
            <Passkeys factors={factors} />
            <Apps factors={factors} />
            <RecoveryCodes left={factors.factors.recoveryCodes} />
            <Password hasOne={factors.factors.password} />
            <Sessions />
          </Stack>
        )}
      </View>
    </Page>
  );
}
