/** A role for a task and a time: asked for, given to somebody, or taken in an emergency. */
import { NativeSelect, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../api/client.ts';
import { useAct } from './act.ts';
import { FormDialog } from './FormDialog.tsx';
import { formatSpan } from './words.ts';

export type RoleDraft = {
  readonly role: string;
  readonly durationS: number;
  readonly reason: string;
  readonly ticket?: string;
};
type Props<T> = {
  readonly does: string;
  readonly lead?: string;
  readonly said: string;
  /** What can be chosen; the server holds each role's own limit. */
  readonly durationsS: readonly number[];
  readonly run: (draft: RoleDraft) => Promise<T>;
  readonly changes: readonly string[];
  readonly after?: (result: T) => void | Promise<void>;
  readonly close: () => void;
};

export function RoleDialog<T>(p: Props<T>): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const roles = useQuery({ queryKey: ['roles'], queryFn: () => answer(api.GET('/api/v1/roles')) });
  const [draft, setDraft] = useState({
    role: '',
    durationS: p.durationsS[0] ?? 3_600,
    reason: '',
    ticket: '',
  });
  const change = (part: Partial<typeof draft>): void => setDraft({ ...draft, ...part });
  const act = useAct({
    run: ({ ticket, ...rest }: typeof draft) => p.run({ ...rest, ...(ticket === '' ? {} : { ticket }) }),
    changes: p.changes,
    said: () => p.said,
    after: async (result) => {
      p.close();
      await p.after?.(result);
    },
    quiet: true,
  });
  const role = {
    label: t('requests.role'),
    value: draft.role,
    error: complaintAt(act.error, 'role'),
    required: true,
  };
  const known = roles.data?.items.map((r) => r.name);
  return (
    <FormDialog
      opened
      title={p.does}
      does={p.does}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(draft)}
      onClose={p.close}
    >
      {p.lead !== undefined && <Text size="sm">{p.lead}</Text>}
      {known === undefined ? (
        <TextInput {...role} onChange={(e) => change({ role: e.currentTarget.value })} />
      ) : (
        <NativeSelect
          {...role}
          onChange={(e) => change({ role: e.currentTarget.value })}
          data={['', ...known]}
        />
      )}
      <NativeSelect
        label={t('requests.duration')}
        value={String(draft.durationS)}
        onChange={(e) => change({ durationS: Number(e.currentTarget.value) })}
        data={p.durationsS.map((s) => ({ value: String(s), label: formatSpan(s, i18n.language) }))}
      />
      <Textarea
        label={t('requests.reason')}
        description={t('requests.reason-help')}
        value={draft.reason}
        onChange={(e) => change({ reason: e.currentTarget.value })}
        error={complaintAt(act.error, 'reason')}
        autosize
        minRows={2}
        required
      />
      <TextInput
        label={t('requests.ticket')}
        value={draft.ticket}
        onChange={(e) => change({ ticket: e.currentTarget.value })}
        error={complaintAt(act.error, 'ticket')}
      />
    </FormDialog>
  );
}
