/** Recovery codes: shown once, ten at a time; making new ones voids the old. */
import { Button, Modal, SimpleGrid, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Copy } from '../../parts/Copy.tsx';
import { Section } from '../../parts/Section.tsx';

export function RecoveryCodes({ left }: { readonly left: number }): React.JSX.Element {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const [codes, setCodes] = useState<readonly string[]>();
  const make = useAct({
    run: () => answer(api.POST('/api/v1/account/recovery-codes')),
    changes: ['factors'],
    said: () => t('account.codes-made'),
    after: (made) => setCodes(made.codes),
  });
  const begin = (): void => (left > 0 ? setAsking(true) : make.mutate(undefined));
  return (
    <Section
      title={t('account.codes')}
      actions={
        <Button size="xs" variant="default" loading={make.isPending} onClick={begin}>
          {t('account.make-codes')}
        </Button>
      }
    >
      <Text size="sm">{t('account.codes-left', { count: left })}</Text>
      <Confirm
        opened={isAsking}
        title={t('account.make-codes')}
        does={t('account.make-codes')}
        isBusy={make.isPending}
        onClose={() => setAsking(false)}
        onYes={() => make.mutate(undefined, { onSettled: () => setAsking(false) })}
      >
        {t('account.codes-void')}
      </Confirm>
      <Modal
        opened={codes !== undefined}
        onClose={() => setCodes(undefined)}
        title={t('account.codes')}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        <Stack>
          <Text>{t('account.codes-once')}</Text>
          <SimpleGrid cols={2}>
            {codes?.map((c) => (
              <Text key={c} className="gate-mono">
                {c}
              </Text>
            ))}
          </SimpleGrid>
          <Copy value={codes?.join('\n') ?? ''} name={t('account.codes')} />
        </Stack>
      </Modal>
    </Section>
  );
}
