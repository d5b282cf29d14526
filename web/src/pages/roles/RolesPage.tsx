/** What each role may do, and who holds what until when. */
import { Button, Code, Group, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Holder } from '../../parts/Holder.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';

const route = getRouteApi('/roles');
const LIMIT = 50;
const TABS = ['roles', 'grants'] as const;
const readRoles = () => answer(api.GET('/api/v1/roles'));
const readGrants = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/grants', { params: { query: { cursor, limit: LIMIT } } }));
type Grant = Awaited<ReturnType<typeof readGrants>>['items'][number];

export function RolesPage(): React.JSX.Element {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = useNavigate({ from: '/roles' });
  const tab = TABS.find((k) => k === asked.tab) ?? 'roles';
  return (
    <Page title={t('roles.title')} lead={t('roles.lead')}>
      <Tabs value={tab} onChange={(value) => void navigate({ search: { tab: value ?? 'roles' } })}>
        <Tabs.List>
          {TABS.map((k) => (
            <Tabs.Tab key={k} value={k}>
              {t(`roles.${k}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="roles" pt="md">
          {tab === 'roles' && <Roles />}
        </Tabs.Panel>
        <Tabs.Panel value="grants" pt="md">
          {tab === 'grants' && <Grants cursor={asked.cursor} />}
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Roles(): React.JSX.Element {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['roles'], queryFn: readRoles });
  return (
    <View query={query}>
      {({ items }) => (
        <Stack>
          {items.map((r) => (
            <Section key={r.name} title={r.name}>
              <Group gap="xs" mb="xs">
                {r.isPrivileged && <Mark tone="warn">{t('roles.privileged')}</Mark>}
                {!r.isBuiltIn && <Mark tone="info">{t('roles.own')}</Mark>}
                <Text size="sm" c="dimmed" lang="en">
                  {r.description}
                </Text>
              </Group>
              <Group gap={6}>
                {[...r.permissions, ...r.platform].map((p) => (
                  <Code key={p}>{p}</Code>
                ))}
                {r.permissions.length + r.platform.length === 0 && (
                  <Text size="sm">{t('roles.nothing')}</Text>
                )}
              </Group>
            </Section>
          ))}
        </Stack>
      )}
    </View>
  );
}

function Grants({ cursor }: { readonly cursor: string | undefined }): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/roles' });
  const [removing, setRemoving] = useState<Grant>();
  const query = useQuery({ queryKey: ['grants', cursor], queryFn: () => readGrants(cursor) });
  const remove = useAct({
    run: ({ id }: Grant) => answer(api.DELETE('/api/v1/grants/{id}', { params: { path: { id } } })),
    changes: ['grants'],
    said: () => t('roles.taken'),
  });
  const columns: readonly Column<Grant>[] = [
    { head: t('roles.holder'), cell: (g) => <Holder grant={g} /> },
    { head: t('requests.role'), cell: (g) => <Text fw={600}>{g.role ?? g.permission}</Text> },
    { head: t('steer.reason'), cell: (g) => <Text size="sm">{g.reason}</Text> },
    {
      head: t('steer.until'),
      cell: (g) => (g.expiresAt === null ? t('roles.no-end') : <When at={g.expiresAt} />),
    },
    {
      head: t('roles.take'),
      isQuiet: true,
      align: 'right',
      cell: (g) => (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => setRemoving(g)}
          aria-label={`${t('roles.take')}: ${g.role ?? g.permission ?? ''}`}
        >
          {t('roles.take')}
        </Button>
      ),
    },
  ];
  return (
    <>
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('roles.no-grants')} />
          ) : (
            <Stack>
              <List name={t('roles.grants')} rows={found.items} keyOf={(g) => g.id} columns={columns} />
              <Pages
                shown={found.items.length}
                isFirst={cursor === undefined}
                next={found.next}
                go={(to) => void navigate({ search: { tab: 'grants', cursor: to } })}
              />
            </Stack>
          )
        }
      </View>
      <Confirm
        opened={removing !== undefined}
        title={t('roles.take-title', { role: removing?.role ?? removing?.permission ?? '' })}
        does={t('roles.take')}
        isBusy={remove.isPending}
        onClose={() => setRemoving(undefined)}
        onYes={() => {
          if (removing !== undefined) remove.mutate(removing, { onSettled: () => setRemoving(undefined) });
        }}
      >
        {t('roles.take-lead')}
      </Confirm>
    </>
  );
}
