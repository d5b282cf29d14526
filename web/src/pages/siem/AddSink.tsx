/** Adds a receiver: where it is, how it is trusted, and its secret, which is never shown again. */
import {
  NativeSelect,
  NumberInput,
  PasswordInput,
  SegmentedControl,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';

type Draft = {
  readonly name: string;
  readonly kind: 'syslog' | 'ocsf';
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  readonly url: string;
  readonly auth: 'bearer' | 'hmac';
  readonly secret: string;
  readonly caPem: string;
  readonly from: 'beginning' | 'now';
};
const EMPTY: Draft = {
  name: '',
  kind: 'syslog',
  host: '',
  port: 6514, // RFC 5425 §4.1
  serverName: '',
  url: '',
  auth: 'bearer',
  secret: '',
  caPem: '',
  from: 'beginning',
};

async function add({ name, kind, from, ...d }: Draft): Promise<{ name: string }> {
  const ca = d.caPem.trim() === '' ? {} : { caPem: d.caPem };
  const as = d.serverName === '' ? {} : { serverName: d.serverName };
  const body =
    kind === 'syslog'
      ? { name, from, settings: { kind, host: d.host, port: d.port, ...as, ...ca } }
      : { name, from, settings: { kind, url: d.url, auth: d.auth, ...ca }, secret: d.secret };
  return await answer(api.POST('/api/v1/siem-sinks', { body }));
}

export function AddSink({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(EMPTY);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const act = useAct({
    run: add,
    changes: ['siem'],
    said: (made) => t('siem.added', { name: made.name }),
    after: close,
    quiet: true,
  });
  const complaint = (at: string): string | undefined => complaintAt(act.error, at);
  return (
    <FormDialog
      opened
      title={t('siem.add')}
      does={t('siem.add')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(draft)}
      onClose={close}
    >
      <TextInput
        label={t('siem.name')}
        description={t('tenants.name-help')}
        value={draft.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
        error={complaint('name')}
        required
        data-autofocus
      />
      <SegmentedControl
        aria-label={t('siem.kind')}
        value={draft.kind}
        onChange={(kind) => change({ kind: kind === 'ocsf' ? 'ocsf' : 'syslog' })}
        data={[
          { value: 'syslog', label: t('siem.kind-syslog') },
          { value: 'ocsf', label: t('siem.kind-ocsf') },
        ]}
      />
      {draft.kind === 'syslog' ? (
        <Syslog draft={draft} change={change} complaint={complaint} />
      ) : (
        <Ocsf draft={draft} change={change} complaint={complaint} />
      )}
      <Textarea
        label={t('siem.ca')}
        description={t('siem.ca-help')}
        value={draft.caPem}
        onChange={(e) => change({ caPem: e.currentTarget.value })}
        error={complaint('settings.caPem')}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        minRows={2}
      />
      <NativeSelect
        label={t('siem.from')}
        value={draft.from}
        onChange={(e) => change({ from: e.currentTarget.value === 'now' ? 'now' : 'beginning' })}
        data={(['beginning', 'now'] as const).map((value) => ({ value, label: t(`siem.from-${value}`) }))}
      />
    </FormDialog>
  );
}

type FieldsProps = {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly complaint: (at: string) => string | undefined;
};

function Syslog({ draft, change, complaint }: FieldsProps): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        label={t('hop.host')}
        value={draft.host}
        onChange={(e) => change({ host: e.currentTarget.value })}
        error={complaint('settings.host')}
        required
      />
      <NumberInput
        label={t('hop.port')}
        value={draft.port}
        onChange={(port) => change({ port: Number(port) })}
        min={1}
        max={65_535}
        hideControls
        error={complaint('settings.port')}
      />
      <TextInput
        label={t('siem.server-name')}
        description={t('siem.server-name-help')}
        value={draft.serverName}
        onChange={(e) => change({ serverName: e.currentTarget.value })}
        error={complaint('settings.serverName')}
      />
    </>
  );
}

function Ocsf({ draft, change, complaint }: FieldsProps): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        label={t('siem.url')}
        value={draft.url}
        onChange={(e) => change({ url: e.currentTarget.value })}
        error={complaint('settings.url')}
        required
      />
      <NativeSelect
        label={t('siem.auth')}
        value={draft.auth}
        onChange={(e) => change({ auth: e.currentTarget.value === 'hmac' ? 'hmac' : 'bearer' })}
        data={(['bearer', 'hmac'] as const).map((value) => ({ value, label: t(`siem.auth-${value}`) }))}
      />
      <PasswordInput
        label={t('siem.secret')}
        description={t('siem.secret-help')}
        value={draft.secret}
        onChange={(e) => change({ secret: e.currentTarget.value })}
        error={complaint('secret')}
        autoComplete="off"
        required
        visibilityToggleButtonProps={{ 'aria-label': t('sign-in.show-password') }}
      />
    </>
  );
}
