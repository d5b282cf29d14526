/** Makes a key for a service: what for, what it may do (no more than its maker), until when. Then shows it, once. */
import { Modal, MultiSelect, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Copy } from '../../parts/Copy.tsx';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { When } from '../../parts/When.tsx';
import { useStanding } from '../../session/session.ts';

type Made = { readonly key: string; readonly expiresAt: string };
type Draft = { service: string; purpose: string; permissions: string[]; days: number };
const EMPTY: Draft = { service: '', purpose: '', permissions: [], days: 90 };

export function MakeKey({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(EMPTY);
  const [made, setMade] = useState<Made>();
  const standing = useStanding().data;
  const mine = standing?.kind === 'person' ? standing.session.permissions.filter((p) => p !== '*') : [];
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const act = useAct({
    run: () => answer(api.POST('/api/v1/api-keys', { body: draft })),
    changes: ['api-keys'],
    said: () => t('keys.made', { service: draft.service }),
    after: setMade,
    quiet: true,
  });
  if (made !== undefined) return <Shown made={made} close={close} />;
  return (
    <FormDialog
      opened
      title={t('keys.make')}
      does={t('keys.make')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(undefined)}
      onClose={close}
    >
      <TextInput
        label={t('keys.service')}
        description={t('tenants.name-help')}
        value={draft.service}
        onChange={(e) => change({ service: e.currentTarget.value })}
        error={complaintAt(act.error, 'service')}
        required
        data-autofocus
      />
      <TextInput
        label={t('keys.purpose')}
        value={draft.purpose}
        onChange={(e) => change({ purpose: e.currentTarget.value })}
        error={complaintAt(act.error, 'purpose')}
      />
      <MultiSelect
        label={t('keys.may')}
        description={t('keys.may-help')}
        value={draft.permissions}
        onChange={(permissions) => change({ permissions })}
        data={mine}
        searchable
        hidePickedOptions
        error={complaintAt(act.error, 'permissions')}
        required
      />
      <NumberInput
        label={t('keys.days')}
        description={t('keys.days-help')}
        value={draft.days}
        onChange={(days) => change({ days: Number(days) })}
        min={1}
        max={365}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        error={complaintAt(act.error, 'days')}
        required
      />
    </FormDialog>
  );
}

function Shown({ made, close }: { readonly made: Made; readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={close}
      title={t('keys.shown')}
      size="lg"
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <Stack>
        <Text>{t('keys.shown-lead')}</Text>
        <Text className="gate-mono">{made.key}</Text>
        <Text size="sm" c="dimmed" component="div">
          {t('keys.expires')} <When at={made.expiresAt} />
        </Text>
        <Copy value={made.key} name={t('keys.shown')} />
      </Stack>
    </Modal>
  );
}
