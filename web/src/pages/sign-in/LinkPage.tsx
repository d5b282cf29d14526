/**
 * A one-time link: joining, a new password, lost factors. Its token stands behind the # of the address, which no server and no
 * log ever sees; looking at the link does not use it up.
 */
import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Failed, View } from '../../parts/States.tsx';
import { Outside } from '../../shell/Outside.tsx';
import { useArrival } from './arrival.ts';
import { SecondFactor } from './SecondFactor.tsx';

const look = (token: string) => answer(api.POST('/api/v1/sign-in/link/look', { body: { token } }));
type Look = Awaited<ReturnType<typeof look>>;

export function LinkPage(): React.JSX.Element {
  const { t } = useTranslation();
  const [token] = useState(() => globalThis.location.hash.slice(1));
  const query = useQuery({ queryKey: ['link', token], queryFn: () => look(token), staleTime: Infinity });
  const { second, arrive } = useArrival(undefined);
  if (second !== undefined)
    return (
      <Outside title={t('sign-in.second')}>
        <SecondFactor
          ticket={second.ticket}
          passkey={second.passkey}
          factors={second.factors}
          arrive={arrive}
        />
      </Outside>
    );
  return (
    <Outside title={t('link.title')}>
      <View query={query}>{(link) => <Use link={link} token={token} arrive={arrive} />}</View>
    </Outside>
  );
}

type UseProps = {
  readonly link: Look;
  readonly token: string;
  readonly arrive: ReturnType<typeof useArrival>['arrive'];
};
function Use({ link, token, arrive }: UseProps): React.JSX.Element {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  // Lost factors are replaced by whoever knows the present password; otherwise it is a new one that is chosen.
  const isPresent = link.purpose === 'factors';
  const send = async (): Promise<void> => {
    setBusy(true);
    try {
      const body = { token, ...(password === '' ? {} : { password }) };
      await arrive(await answer(api.POST('/api/v1/sign-in/link', { body })));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void send();
      }}
    >
      <Stack>
        <Text>{t(`link.${link.purpose}`, { name: link.name, organisation: link.organisation })}</Text>
        <input type="email" autoComplete="username" value={link.email} readOnly hidden />
        {error !== null && <Failed error={error} />}
        <PasswordInput
          label={isPresent ? t('sign-in.password') : t('account.new-password')}
          description={isPresent ? undefined : t('account.password-help')}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          autoComplete={isPresent ? 'current-password' : 'new-password'}
          required={link.purpose === 'password'}
          visibilityToggleButtonProps={{ 'aria-label': t('sign-in.show-password') }}
        />
        <Button type="submit" loading={isBusy}>
          {t('link.go')}
        </Button>
      </Stack>
    </form>
  );
}
