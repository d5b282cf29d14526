/** On the page of a held message: the way to what it says, which nobody's role opens. */
import { Button, Group, NativeSelect, Text, Textarea, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { Section } from '../../parts/Section.tsx';
import { formatSpan } from '../../parts/words.ts';
import { useIsPerson } from '../notices/notices.ts';

type Props = { readonly id: string; readonly recipient: string | undefined };

export function Says({ id, recipient }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const isPerson = useIsPerson();
  return (
    <Section title={t('content.says')}>
      <Text mb="sm">{t('content.says-lead')}</Text>
      <Group gap="xs">
        <Reasoned
          variant="default"
          reason={isPerson ? undefined : t('content.need-person')}
          onClick={() => setAsking(true)}
        >
          {t('content.ask')}
        </Reasoned>
        <Button component={Link} to={`/held/${id}/read`} variant="default">
          {t('content.read')}
        </Button>
      </Group>
      {isAsking && <Ask id={id} recipient={recipient} close={() => setAsking(false)} />}
    </Section>
  );
}

/** An hour is the most that the server opens. */
const DURATIONS_S = [900, 1_800, 3_600] as const;
const WEEK_MS = 7 * 86_400_000;
type Draft = {
  readonly scope: 'message' | 'search';
  readonly durationS: number;
  readonly reason: string;
  readonly ticket: string;
};

async function send({ id, recipient }: Props, draft: Draft): Promise<unknown> {
  const { durationS, reason, ticket } = draft;
  const common = { durationS, reason, ...(ticket.trim() === '' ? {} : { ticket }) };
  const now = Date.now();
  const time = (ms: number): string => new Date(ms).toISOString();
  const scope =
    draft.scope === 'search' && recipient !== undefined
      ? { search: { recipient, since: time(now - WEEK_MS), until: time(now) } }
      : { message: id };
  return await answer(api.POST('/api/v1/content-requests', { body: { ...common, ...scope } }));
}

function Ask({ close, ...what }: Props & { readonly close: () => void }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const [draft, setDraft] = useState<Draft>({ scope: 'message', durationS: 900, reason: '', ticket: '' });
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const act = useAct({
    run: () => send(what, draft),
    changes: ['requests'],
    said: () => t('content.ask-done'),
    after: close,
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('content.ask')}
      does={t('content.ask')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(undefined)}
      onClose={close}
    >
      <NativeSelect
        label={t('content.ask-scope')}
        value={draft.scope}
        onChange={(e) => change({ scope: e.currentTarget.value === 'search' ? 'search' : 'message' })}
        data={[
          { value: 'message', label: t('content.ask-message') },
          ...(what.recipient === undefined
            ? []
            : [{ value: 'search', label: t('content.ask-search', { recipient: what.recipient }) }]),
        ]}
      />
      <NativeSelect
        label={t('content.how-long')}
        description={t('content.place-help')}
        value={String(draft.durationS)}
        onChange={(e) => change({ durationS: Number(e.currentTarget.value) })}
        data={DURATIONS_S.map((s) => ({ value: String(s), label: formatSpan(s, i18n.language) }))}
      />
      <Textarea
        label={t('content.why')}
        description={t('content.reason-help')}
        value={draft.reason}
        onChange={(e) => change({ reason: e.currentTarget.value })}
        error={complaintAt(act.error, 'reason')}
        autosize
        minRows={2}
        required
      />
      <TextInput
        label={t('content.ticket')}
        value={draft.ticket}
        onChange={(e) => change({ ticket: e.currentTarget.value })}
        error={complaintAt(act.error, 'ticket')}
      />
    </FormDialog>
  );
}
