/** Asks for a role, for a task and a time. */
import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { formatSpan } from '../../parts/words.ts';

/** What can be chosen; the server holds each role's own limit. */
const DURATIONS_S = [3_600, 4 * 3_600, 86_400, 7 * 86_400, 30 * 86_400] as const;

export function AskFor({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const roles = useQuery({ queryKey: ['roles'], queryFn: () => answer(api.GET('/api/v1/roles')) });
  const [draft, setDraft] = useState({ role: '', durationS: 3_600, reason: '', ticket: '' });
  const change = (part: Partial<typeof draft>): void => setDraft({ ...draft, ...part });
  const ask = useAct({
    run: ({ ticket, ...rest }: typeof draft) =>
      answer(api.POST('/api/v1/requests', { body: { ...rest, ...(ticket === '' ? {} : { ticket }) } })),
    changes: ['requests'],
    said: () => t('requests.asked'),
    after: async ({ id }) => {
      close();
      await navigate({ to: '/requests/$id', params: { id } });
    },
    quiet: true,
  });
  const known = roles.data?.items.map((r) => r.name);
  return (
    <FormDialog
      opened
      title={t('requests.ask')}
      does={t('requests.ask')}
      error={ask.error}
      isBusy={ask.isPending}
      onSend={() => ask.mutate(draft)}
      onClose={close}
    >
      {known === undefined ? (
        <TextInput
          label={t('requests.role')}
          value={draft.role}
          onChange={(e) => change({ role: e.currentTarget.value })}
          error={complaintAt(ask.error, 'role')}
          required
        />
      ) : (
        <NativeSelect
          label={t('requests.role')}
          value={draft.role}
          onChange={(e) => change({ role: e.currentTarget.value })}
          data={['', ...known]}
          error={complaintAt(ask.error, 'role')}
          required
        />
      )}
      <NativeSelect
        label={t('requests.duration')}
        value={String(draft.durationS)}
        onChange={(e) => change({ durationS: Number(e.currentTarget.value) })}
        data={DURATIONS_S.map((s) => ({ value: String(s), label: formatSpan(s, i18n.language) }))}
      />
      <Textarea
        label={t('requests.reason')}
        description={t('requests.reason-help')}
        value={draft.reason}
        onChange={(e) => change({ reason: e.currentTarget.value })}
        error={complaintAt(ask.error, 'reason')}
        autosize
        minRows={2}
        required
      />
      <TextInput
        label={t('requests.ticket')}
        value={draft.ticket}
        onChange={(e) => change({ ticket: e.currentTarget.value })}
        error={complaintAt(ask.error, 'ticket')}
      />
    </FormDialog>
  );
}
