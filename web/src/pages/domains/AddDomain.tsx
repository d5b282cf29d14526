/** The dialog that adds a domain; what it asks is what most need, everything else has the product's default. */
import { NativeSelect, Switch, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { emptyHop, type Hop, HopFields } from '../../parts/HopFields.tsx';

const SOURCES = ['list', 'callout', 'ldap', 'any'] as const;
type Draft = {
  readonly name: string;
  readonly subdomains: boolean;
  readonly nextHop: Hop;
  readonly recipients: (typeof SOURCES)[number];
  readonly ldap: string;
};
const EMPTY: Draft = { name: '', subdomains: false, nextHop: emptyHop, recipients: 'list', ldap: '' };

export function AddDomain({
  opened,
  close,
}: {
  readonly opened: boolean;
  readonly close: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(EMPTY);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const act = useAct({
    run: ({ ldap, ...rest }: Draft) =>
      answer(
        api.POST('/api/v1/domains', { body: { ...rest, ...(rest.recipients === 'ldap' ? { ldap } : {}) } }),
      ),
    changes: ['domains'],
    said: (made) => t('domains.added', { name: made.name }),
    after: (made) => {
      setDraft(EMPTY);
      close();
      void navigate({ to: '/domains/$name', params: { name: made.name } });
    },
    quiet: true,
  });
  return (
    <FormDialog
      opened={opened}
      title={t('domains.add')}
      does={t('domains.add')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(draft)}
      onClose={() => {
        act.reset();
        close();
      }}
    >
      <TextInput
        label={t('domains.name')}
        description={t('domains.name-help')}
        value={draft.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
        error={complaintAt(act.error, 'name')}
        required
        data-autofocus
      />
      <Switch
        label={t('domains.subdomains')}
        checked={draft.subdomains}
        onChange={(e) => change({ subdomains: e.currentTarget.checked })}
      />
      <HopFields
        hop={draft.nextHop}
        change={(nextHop) => change({ nextHop })}
        error={act.error}
        at="nextHop"
      />
      <NativeSelect
        label={t('domains.recipients')}
        description={t('domains.recipients-help')}
        value={draft.recipients}
        onChange={(e) => change({ recipients: SOURCES.find((s) => s === e.currentTarget.value) ?? 'list' })}
        data={SOURCES.map((value) => ({ value, label: t(`recipients.${value}`) }))}
      />
      {draft.recipients === 'ldap' && (
        <TextInput
          label={t('domains.ldap')}
          value={draft.ldap}
          onChange={(e) => change({ ldap: e.currentTarget.value })}
          error={complaintAt(act.error, 'ldap')}
          required
        />
      )}
    </FormDialog>
  );
}
