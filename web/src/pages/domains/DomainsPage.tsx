/** The domains we own. */
import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { TextLink } from '../../parts/TextLink.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { AddDomain } from './AddDomain.tsx';

const route = getRouteApi('/domains');
const LIMIT = 100;
const readDomains = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/domains', { params: { query: { limit: LIMIT, cursor } } }));
export type Domain = Awaited<ReturnType<typeof readDomains>>['items'][number];

export function DomainsPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/domains' });
  const [isAdding, setAdding] = useState(false);
  const query = useQuery({ queryKey: ['domains', cursor], queryFn: () => readDomains(cursor) });
  return (
    <Page
      title={t('domains.title')}
      lead={t('domains.lead')}
      actions={<Button onClick={() => setAdding(true)}>{t('domains.add')}</Button>}
    >
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('domains.none')}>{t('domains.none-lead')}</Empty>
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
      <AddDomain opened={isAdding} close={() => setAdding(false)} />
    </Page>
  );
}

function Rows({ rows }: { readonly rows: readonly Domain[] }): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Domain>[] = [
    {
      head: t('domains.name'),
      cell: (d) => (
        <>
          <TextLink to="/domains/$name" params={{ name: d.name }} fw={600}>
            {d.name}
          </TextLink>
          {d.subdomains && (
            <Text size="xs" c="dimmed">
              {t('domains.with-subdomains')}
            </Text>
          )}
        </>
      ),
    },
    {
      head: t('domains.next-hop'),
      cell: (d) => <span className="gate-mono">{`${d.nextHop.host}:${d.nextHop.port}`}</span>,
    },
    { head: t('hop.tls'), cell: (d) => t(`tls.${d.nextHop.tls}`) },
    { head: t('domains.recipients'), cell: (d) => t(`recipients.${d.recipients}`) },
  ];
  return <List name={t('domains.title')} rows={rows} keyOf={(d) => d.name} columns={columns} />;
}
