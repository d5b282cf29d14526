/** Adds or changes a directory. The stored password stays where none is given; what has no field here stays as it is. */
import { PasswordInput, Switch, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import type { Source } from './LdapPage.tsx';

type Props = { readonly source: Source | undefined; readonly close: () => void };
const TEXTS = ['name', 'url', 'bindDn', 'baseDn', 'filter'] as const;
const LABELS = {
  name: 'ldap.name',
  url: 'ldap.url',
  bindDn: 'ldap.bind-dn',
  baseDn: 'ldap.base-dn',
  filter: 'ldap.filter',
} as const;

const draftOf = (s: Source | undefined) => ({
  name: s?.name ?? '',
  url: s?.url ?? '',
  startTls: s?.startTls ?? false,
  caPem: s?.caPem ?? '',
  bindDn: s?.bindDn ?? '',
  password: '',
  baseDn: s?.baseDn ?? '',
  filter: s?.filter ?? '(|(mail={address})(proxyAddresses=smtp:{address}))',
});
type Draft = ReturnType<typeof draftOf>;

function save(source: Source | undefined, d: Draft): Promise<Source> {
  const { caPem: _ca, bindDn: _dn, ...rest } = source ?? {};
  const body = {
    ...rest,
    name: d.name,
    url: d.url,
    startTls: d.startTls,
    baseDn: d.baseDn,
    filter: d.filter,
    ...(d.caPem.trim() === '' ? {} : { caPem: d.caPem }),
    ...(d.bindDn === '' ? {} : { bindDn: d.bindDn }),
    ...(d.password === '' ? {} : { bindPassword: d.password }),
  };
  if (source === undefined) return answer(api.POST('/api/v1/ldap-sources', { body }));
  return answer(api.PUT('/api/v1/ldap-sources/{name}', { params: { path: { name: source.name } }, body }));
}

export function EditSource({ source, close }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(source));
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const act = useAct({
    run: () => save(source, draft),
    changes: ['ldap'],
    said: ({ name }) => t(source === undefined ? 'ldap.added' : 'ldap.changed', { name }),
    after: close,
    quiet: true,
  });
  const helps = { url: t('ldap.url-help'), filter: t('ldap.filter-help') };
  return (
    <FormDialog
      opened
      title={source === undefined ? t('ldap.add') : t('ldap.change', { name: source.name })}
      does={source === undefined ? t('ldap.add') : t('action.save')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(undefined)}
      onClose={close}
    >
      {TEXTS.filter((field) => source === undefined || field !== 'name').map((field) => (
        <TextInput
          key={field}
          label={t(LABELS[field])}
          description={field === 'url' || field === 'filter' ? helps[field] : undefined}
          value={draft[field]}
          onChange={(e) => change({ [field]: e.currentTarget.value })}
          error={complaintAt(act.error, field)}
          required={field !== 'bindDn'}
        />
      ))}
      <PasswordInput
        label={t('ldap.password')}
        description={t('ldap.password-help')}
        value={draft.password}
        onChange={(e) => change({ password: e.currentTarget.value })}
        error={complaintAt(act.error, 'bindPassword')}
        autoComplete="off"
        visibilityToggleButtonProps={{ 'aria-label': t('sign-in.show-password') }}
      />
      <Switch
        label={t('ldap.start-tls')}
        checked={draft.startTls}
        onChange={(e) => change({ startTls: e.currentTarget.checked })}
      />
      <Textarea
        label={t('siem.ca')}
        description={t('siem.ca-help')}
        value={draft.caPem}
        onChange={(e) => change({ caPem: e.currentTarget.value })}
        error={complaintAt(act.error, 'caPem')}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        minRows={2}
      />
    </FormDialog>
  );
}
