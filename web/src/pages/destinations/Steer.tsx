/** Pauses, holds, reroutes or resumes a destination; says before what that means for the mail that waits. */
import { Radio, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { emptyHop, type Hop, HopFields } from '../../parts/HopFields.tsx';

export const STATES = ['normal', 'pause', 'hold', 'reroute'] as const;
type State = (typeof STATES)[number];
type Draft = { readonly state: State; readonly until: string; readonly reason: string; readonly hop: Hop };

const bodyOf = ({ state, until, reason, hop }: Draft) => ({
  state,
  ...(reason === '' ? {} : { reason }),
  ...(until !== '' && (state === 'pause' || state === 'reroute')
    ? { until: new Date(until).toISOString() }
    : {}),
  ...(state === 'reroute' ? { nextHop: hop } : {}),
});

type Props = { readonly name: string; readonly now?: State; readonly close: () => void };
export function Steer({ name, now = 'pause', close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Draft>({ state: now, until: '', reason: '', hop: emptyHop });
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const act = useAct({
    run: (wanted: Draft) =>
      answer(
        api.PUT('/api/v1/destinations/{name}/state', { params: { path: { name } }, body: bodyOf(wanted) }),
      ),
    changes: ['destinations', 'queue', 'held', 'status'],
    said: (done) => t('steer.done', { name, count: done.messages }),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('steer.title', { name })}
      does={t(`steer.do-${draft.state}`)}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(draft)}
      onClose={close}
    >
      <Radio.Group
        label={t('steer.state')}
        value={draft.state}
        onChange={(value) => change({ state: STATES.find((s) => s === value) ?? 'normal' })}
      >
        <Stack gap="xs" mt="xs">
          {STATES.map((s) => (
            <Radio key={s} value={s} label={t(`destination-state.${s}`)} description={t(`steer.help-${s}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {(draft.state === 'pause' || draft.state === 'reroute') && (
        <TextInput
          type="datetime-local"
          label={t('steer.until')}
          description={t('steer.until-help')}
          value={draft.until}
          onChange={(e) => change({ until: e.currentTarget.value })}
          error={complaintAt(act.error, 'until')}
        />
      )}
      {draft.state === 'reroute' && (
        <HopFields hop={draft.hop} change={(hop) => change({ hop })} error={act.error} at="nextHop" />
      )}
      {draft.state !== 'normal' && (
        <TextInput
          label={t('steer.reason')}
          description={t('steer.reason-help')}
          value={draft.reason}
          onChange={(e) => change({ reason: e.currentTarget.value })}
        />
      )}
      {name === '*' && <Text fw={600}>{t('steer.all')}</Text>}
    </FormDialog>
  );
}
