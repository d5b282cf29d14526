/** Authenticator apps: the secret as a QR code and as text, confirmed by a first code. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Copy } from '../../parts/Copy.tsx';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { Qr } from '../../parts/Qr.tsx';
import { Section } from '../../parts/Section.tsx';
import { When } from '../../parts/When.tsx';
import type { Factors } from './factors.ts';

type App = Factors['totp'][number];
type Begun = { readonly id: string; readonly secret: string; readonly uri: string };

export function Apps({ factors }: { readonly factors: Factors }): React.JSX.Element {
  const { t } = useTranslation();
  const [begun, setBegun] = useState<Begun>();
  const [removing, setRemoving] = useState<App>();
  const begin = useAct({
    run: () => answer(api.POST('/api/v1/account/totp', { body: { name: t('account.app-name-default') } })),
    changes: [],
    said: () => t('account.app-begun'),
    after: (made) => setBegun(made),
  });
  const remove = useAct({
    run: ({ id }: App) => answer(api.DELETE('/api/v1/account/totp/{id}', { params: { path: { id } } })),
    changes: ['factors', 'session'],
    said: (_done, { name }) => t('account.removed', { name }),
  });
  return (
    <Section
      title={t('account.apps')}
      actions={
        <Button size="xs" variant="default" loading={begin.isPending} onClick={() => begin.mutate(undefined)}>
          {t('account.add-app')}
        </Button>
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        {t('account.apps-lead')}
      </Text>
      <Stack gap="xs">
        {factors.totp.map((a) => (
          <Group key={a.id} justify="space-between">
            <div>
              <Text fw={600}>{a.name}</Text>
              <Text size="sm" c="dimmed" component="div">
                {t('account.since')} <When at={a.createdAt} />
              </Text>
            </div>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => setRemoving(a)}
              aria-label={`${t('action.remove')}: ${a.name}`}
            >
              {t('action.remove')}
            </Button>
          </Group>
        ))}
      </Stack>
      {begun !== undefined && <ConfirmApp begun={begun} close={() => setBegun(undefined)} />}
      <Confirm
        opened={removing !== undefined}
        title={t('account.remove-title', { name: removing?.name ?? '' })}
        does={t('action.remove')}
        isBusy={remove.isPending}
        onClose={() => setRemoving(undefined)}
        onYes={() => {
          if (removing !== undefined) remove.mutate(removing, { onSettled: () => setRemoving(undefined) });
        }}
      >
        {t('account.remove-app')}
      </Confirm>
    </Section>
  );
}

function ConfirmApp({
  begun,
  close,
}: {
  readonly begun: Begun;
  readonly close: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const confirm = useAct({
    run: (given: string) =>
      answer(
        api.POST('/api/v1/account/totp/{id}/confirm', {
          params: { path: { id: begun.id } },
          body: { code: given },
        }),
      ),
    changes: ['factors', 'session'],
    said: () => t('account.app-added'),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('account.add-app')}
      does={t('sign-in.confirm')}
      error={confirm.error}
      isBusy={confirm.isPending}
      onSend={() => confirm.mutate(code.replaceAll(/\s/g, ''))}
      onClose={close}
    >
      <Text>{t('account.scan')}</Text>
      <Group align="flex-start">
        <Qr text={begun.uri} name={t('account.qr')} />
        <Stack gap="xs">
          <Text size="sm">{t('account.secret')}</Text>
          <Text className="gate-mono">{begun.secret.replaceAll(/(.{4})/g, '$1 ')}</Text>
          <Copy value={begun.secret} name={t('account.secret')} />
        </Stack>
      </Group>
      <TextInput
        label={t('account.first-code')}
        value={code}
        onChange={(e) => setCode(e.currentTarget.value)}
        inputMode="numeric"
        autoComplete="one-time-code"
        data-autofocus
        required
      />
    </FormDialog>
  );
}
