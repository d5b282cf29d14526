/** Passkeys: added with a name, taken away after a question. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { Section } from '../../parts/Section.tsx';
import { When } from '../../parts/When.tsx';
import { hasPasskeys, makePasskey } from '../../session/passkey.ts';
import type { Factors } from './factors.ts';

type Passkey = Factors['passkeys'][number];

export function Passkeys({ factors }: { readonly factors: Factors }): React.JSX.Element {
  const { t } = useTranslation();
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Passkey>();
  const remove = useAct({
    run: ({ id }: Passkey) =>
      answer(api.DELETE('/api/v1/account/passkeys/{id}', { params: { path: { id } } })),
    changes: ['factors', 'session'],
    said: (_done, { name }) => t('account.removed', { name }),
  });
  return (
    <Section
      title={t('account.passkeys')}
      actions={
        <Reasoned
          size="xs"
          reason={hasPasskeys() ? undefined : t('account.no-passkeys')}
          onClick={() => setAdding(true)}
        >
          {t('account.add-passkey')}
        </Reasoned>
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        {t('account.passkeys-lead')}
      </Text>
      <Stack gap="xs">
        {factors.passkeys.map((p) => (
          <Group key={p.id} justify="space-between">
            <div>
              <Text fw={600}>{p.name}</Text>
              <Text size="sm" c="dimmed" component="div">
                {t('account.since')} <When at={p.createdAt} />
                {p.lastUsedAt !== null && (
                  <>
                    , {t('account.used')} <When at={p.lastUsedAt} />
                  </>
                )}
              </Text>
            </div>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => setRemoving(p)}
              aria-label={`${t('action.remove')}: ${p.name}`}
            >
              {t('action.remove')}
            </Button>
          </Group>
        ))}
      </Stack>
      {isAdding && <AddPasskey close={() => setAdding(false)} />}
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
        {t('account.remove-passkey')}
      </Confirm>
    </Section>
  );
}

function AddPasskey({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const add = useAct({
    run: async (wanted: string) => {
      const offered = await answer(api.GET('/api/v1/account/passkeys/options'));
      const passkey = await makePasskey(offered);
      if (passkey === undefined) return undefined; // the person gave up
      // `as never`: the browser's own answer, in the form the server checks.
      return await answer(
        api.POST('/api/v1/account/passkeys', { body: { name: wanted, passkey: passkey as never } }),
      );
    },
    changes: ['factors', 'session'],
    said: (made) => (made === undefined ? t('account.given-up') : t('account.passkey-added')),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('account.add-passkey')}
      does={t('account.add-passkey')}
      error={add.error}
      isBusy={add.isPending}
      onSend={() => add.mutate(name.trim() === '' ? t('account.passkey-name-default') : name.trim())}
      onClose={close}
    >
      <TextInput
        label={t('account.name')}
        description={t('account.passkey-name-help')}
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
        data-autofocus
        maxLength={100}
      />
    </FormDialog>
  );
}
