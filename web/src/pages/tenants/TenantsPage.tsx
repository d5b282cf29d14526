/** For those who run the installation: its tenants, their state, limits and numbers; never what they hold. */
import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark, type Tone } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { When } from '../../parts/When.tsx';
import { formatBytes, word } from '../../parts/words.ts';

const route = getRouteApi('/tenants');
const LIMIT = 100;
const readTenants = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/tenants', { params: { query: { limit: LIMIT, cursor } } }));
export type Tenant = Awaited<ReturnType<typeof readTenants>>['items'][number];
export const TENANT_TONES: Readonly<Record<Tenant['state'], Tone>> = {
  active: 'good',
  suspended: 'warn',
  deleting: 'bad',
  deleted: 'plain',
};

export function TenantsPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/tenants' });
  const [isAdding, setAdding] = useState(false);
  const query = useQuery({ queryKey: ['tenants', 'all', cursor], queryFn: () => readTenants(cursor) });
  return (
    <Page
      title={t('tenants.title')}
      lead={t('tenants.lead')}
      actions={<Button onClick={() => setAdding(true)}>{t('tenants.add')}</Button>}
    >
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('tenants.none')} />
          ) : (
            <Stack>
              <Rows rows={found.items} />
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
      {isAdding && <AddTenant close={() => setAdding(false)} />}
    </Page>
  );
}

function Rows({ rows }: { readonly rows: readonly Tenant[] }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const columns: readonly Column<Tenant>[] = [
    {
      head: t('tenants.name'),
      cell: (x) => (
        <TextLink to="/tenants/$id" params={{ id: x.id }} fw={600}>
          {x.name}
        </TextLink>
      ),
    },
    {
      head: t('steer.state'),
      cell: (x) => (
        <Stack gap={4} align="flex-start">
          <Mark tone={TENANT_TONES[x.state]}>{t(`tenant-state.${x.state}`)}</Mark>
          {x.usage.over.length > 0 && (
            <Mark tone="warn">
              {`${t('tenants.over')}: ${x.usage.over.map((o) => word(t, 'quota', o)).join(', ')}`}
            </Mark>
          )}
        </Stack>
      ),
    },
    { head: t('quota.messagesPerDay'), align: 'right', cell: (x) => number.format(x.usage.messagesToday) },
    { head: t('tenants.queued'), align: 'right', cell: (x) => number.format(x.usage.queued) },
    { head: t('tenants.held'), align: 'right', cell: (x) => number.format(x.usage.held) },
    {
      head: t('quota.storedBytes'),
      align: 'right',
      cell: (x) => formatBytes(x.usage.storedBytes, i18n.language),
    },
    { head: t('quota.people'), align: 'right', cell: (x) => number.format(x.usage.people) },
    { head: t('tenants.location'), cell: (x) => x.location ?? t('tenants.anywhere') },
    {
      head: t('tenants.last-sign-in'),
      cell: (x) =>
        x.usage.lastSignInAt === null ? <Text size="sm">–</Text> : <When at={x.usage.lastSignInAt} />,
    },
  ];
  return <List name={t('tenants.title')} rows={rows} keyOf={(x) => x.id} columns={columns} />;
}

function AddTenant({ close }: { readonly close: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [draft, setDraft] = useState({ name: '', location: '' });
  const act = useAct({
    run: ({ name, location }: typeof draft) =>
      answer(api.POST('/api/v1/tenants', { body: { name, ...(location === '' ? {} : { location }) } })),
    changes: ['tenants'],
    said: (made) => t('tenants.added', { name: made.name }),
    after: async (made) => {
      close();
      await navigate({ to: '/tenants/$id', params: { id: made.id } });
    },
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('tenants.add')}
      does={t('tenants.add')}
      error={act.error}
      isBusy={act.isPending}
      onSend={() => act.mutate(draft)}
      onClose={close}
    >
      <TextInput
        label={t('tenants.name')}
        description={t('tenants.name-help')}
        value={draft.name}
        onChange={(e) => setDraft({ ...draft, name: e.currentTarget.value })}
        error={complaintAt(act.error, 'name')}
        required
        data-autofocus
      />
      <TextInput
        label={t('tenants.location')}
        description={t('tenants.location-help')}
        value={draft.location}
        onChange={(e) => setDraft({ ...draft, location: e.currentTarget.value })}
        error={complaintAt(act.error, 'location')}
      />
    </FormDialog>
  );
}
