/** Partners: domains of others that are reached in a way of their own. */
import { Button, SegmentedControl, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { emptyHop, type Hop, HopFields, TlsSelect } from '../../parts/HopFields.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';

const route = getRouteApi('/partners');
const LIMIT = 100;
const readPartners = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/partners', { params: { query: { limit: LIMIT, cursor } } }));
type Partner = Awaited<ReturnType<typeof readPartners>>['items'][number];

export function PartnersPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/partners' });
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string>();
  const query = useQuery({ queryKey: ['partners', cursor], queryFn: () => readPartners(cursor) });
  return (
    <Page
      title={t('partners.title')}
      lead={t('partners.lead')}
      actions={<Button onClick={() => setAdding(true)}>{t('partners.add')}</Button>}
    >
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('partners.none')}>{t('partners.none-lead')}</Empty>
          ) : (
            <Stack>
              <Rows rows={found.items} remove={setRemoving} />
              <Pages
                shown={found.items.length}
                isFirst={cursor === undefined}
                next={found.next}
                go={(to) => void navigate({ search: { cursor: to } })}
              />
            </Stack>
          )
        }
      </View>
      <AddPartner opened={isAdding} close={() => setAdding(false)} />
      <RemovePartner name={removing} close={() => setRemoving(undefined)} />
    </Page>
  );
}

type RowsProps = { readonly rows: readonly Partner[]; readonly remove: (name: string) => void };
function Rows({ rows, remove }: RowsProps): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Partner>[] = [
    {
      head: t('domains.name'),
      cell: (p) => (
        <>
          <Text fw={600}>{p.name}</Text>
          {p.subdomains && (
            <Text size="xs" c="dimmed">
              {t('domains.with-subdomains')}
            </Text>
          )}
        </>
      ),
    },
    {
      head: t('partners.way'),
      cell: (p) =>
        p.route.kind === 'mx' ? (
          t('partners.by-mx')
        ) : (
          <span className="gate-mono">{`${p.route.host}:${p.route.port}`}</span>
        ),
    },
    { head: t('hop.tls'), cell: (p) => t(`tls.${p.route.tls}`) },
    {
      head: t('action.remove'),
      isQuiet: true,
      align: 'right',
      cell: (p) => (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => remove(p.name)}
          aria-label={`${t('action.remove')}: ${p.name}`}
        >
          {t('action.remove')}
        </Button>
      ),
    },
  ];
  return <List name={t('partners.title')} rows={rows} keyOf={(p) => p.name} columns={columns} />;
}

type Draft = {
  readonly name: string;
  readonly subdomains: boolean;
  readonly kind: 'mx' | 'host';
  readonly hop: Hop;
};
const EMPTY: Draft = { name: '', subdomains: false, kind: 'mx', hop: { ...emptyHop, tls: 'required' } };

function AddPartner({
  opened,
  close,
}: {
  readonly opened: boolean;
  readonly close: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(EMPTY);
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const act = useAct({
    run: ({ name, subdomains, kind, hop }: Draft) =>
      answer(
        api.POST('/api/v1/partners', {
          body: { name, subdomains, route: kind === 'mx' ? { kind, tls: hop.tls } : { kind, ...hop } },
        }),
      ),
    changes: ['partners'],
    said: (made) => t('partners.added', { name: made.name }),
    after: () => {
      setDraft(EMPTY);
      close();
    },
    quiet: true,
  });
  return (
    <FormDialog
      opened={opened}
      title={t('partners.add')}
      does={t('partners.add')}
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
        value={draft.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
        error={complaintAt(act.error, 'name')}
        required
        data-autofocus
      />
      <Switch
        label={t('partners.subdomains')}
        checked={draft.subdomains}
        onChange={(e) => change({ subdomains: e.currentTarget.checked })}
      />
      <SegmentedControl
        aria-label={t('partners.way')}
        value={draft.kind}
        onChange={(kind) => change({ kind: kind === 'host' ? 'host' : 'mx' })}
        data={[
          { value: 'mx', label: t('partners.by-mx') },
          { value: 'host', label: t('partners.by-host') },
        ]}
      />
      {draft.kind === 'host' ? (
        <HopFields hop={draft.hop} change={(hop) => change({ hop })} error={act.error} at="route" />
      ) : (
        <TlsSelect tls={draft.hop.tls} change={(tls) => change({ hop: { ...draft.hop, tls } })} />
      )}
    </FormDialog>
  );
}

function RemovePartner({
  name,
  close,
}: {
  readonly name: string | undefined;
  readonly close: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: (gone: string) =>
      answer(api.DELETE('/api/v1/partners/{name}', { params: { path: { name: gone } } })),
    changes: ['partners'],
    said: (_done, gone) => t('partners.removed', { name: gone }),
  });
  return (
    <Confirm
      opened={name !== undefined}
      title={t('partners.remove-title', { name: name ?? '' })}
      does={t('action.remove')}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (name !== undefined) act.mutate(name, { onSettled: close });
      }}
    >
      {t('partners.remove-lead')}
    </Confirm>
  );
}
