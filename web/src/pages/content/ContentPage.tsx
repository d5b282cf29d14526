/** Access to what messages say: who asks for the reader's consent, who could or can read, and the end of it. */
import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { PersonName } from '../../parts/PersonName.tsx';
import { Section } from '../../parts/Section.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { When } from '../../parts/When.tsx';
import { NEWS_MS, useIsPerson } from '../notices/notices.ts';
import { type Access, isOpen, readAccess } from './access.ts';
import { Scope } from './Scope.tsx';

const route = getRouteApi('/content');
const readWaiting = async () =>
  (
    await answer(api.GET('/api/v1/requests', { params: { query: { box: 'waiting', limit: 100 } } }))
  ).items.filter((r) => r.act === 'content.access');

export function ContentPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/content' });
  const [ending, setEnding] = useState<Access>();
  const isPerson = useIsPerson();
  const query = useQuery({
    queryKey: ['content-access', cursor],
    queryFn: () => readAccess(cursor),
    refetchInterval: NEWS_MS,
  });
  return (
    <Page title={t('content.title')} lead={t('content.lead')}>
      {isPerson && <Waiting />}
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('content.none')} />
          ) : (
            <Stack>
              <Rows rows={found.items} end={setEnding} />
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
      <End access={ending} close={() => setEnding(undefined)} />
    </Page>
  );
}

function Waiting(): React.JSX.Element {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ['requests', 'content'],
    queryFn: readWaiting,
    refetchInterval: NEWS_MS,
  });
  return (
    <Section title={t('content.waiting')}>
      <View query={query}>
        {(waiting) =>
          waiting.length === 0 ? (
            <Text>{t('content.none-waiting')}</Text>
          ) : (
            <Stack component="ul" gap="sm" className="gate-plain-list">
              {waiting.map((r) => (
                <li key={r.id}>
                  <Text style={{ overflowWrap: 'anywhere' }}>{r.reason}</Text>
                  <Text size="sm" c="dimmed" component="div">
                    <When at={r.createdAt} /> ·{' '}
                    <TextLink
                      to="/content/requests/$id"
                      params={{ id: r.id }}
                      aria-label={`${t('content.look')}: ${r.reason}`}
                    >
                      {t('content.look')}
                    </TextLink>
                  </Text>
                </li>
              ))}
            </Stack>
          )
        }
      </View>
    </Section>
  );
}

function State({ access }: { readonly access: Access }): React.JSX.Element {
  const { t } = useTranslation();
  if (isOpen(access, Date.now())) return <Mark tone="warn">{t('content.open')}</Mark>;
  return <Mark tone="plain">{t(access.endedAt === null ? 'content.over' : 'content.ended')}</Mark>;
}

type RowsProps = { readonly rows: readonly Access[]; readonly end: (access: Access) => void };
function Rows({ rows, end }: RowsProps): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Access>[] = [
    { head: t('content.person'), cell: (a) => <PersonName id={a.person} /> },
    { head: t('content.scope'), cell: (a) => <Scope message={a.message} search={a.search} /> },
    { head: t('content.place'), cell: (a) => <span className="gate-mono gate-whole">{a.place}</span> },
    { head: t('content.from'), cell: (a) => <When at={a.startsAt} /> },
    { head: t('content.until'), cell: (a) => <When at={a.endedAt ?? a.expiresAt} /> },
    { head: t('content.state'), cell: (a) => <State access={a} /> },
    {
      head: t('content.request'),
      cell: (a) => (
        <TextLink to="/content/requests/$id" params={{ id: a.request }} size="sm">
          {t('content.why')}
        </TextLink>
      ),
    },
    {
      head: t('content.end'),
      isQuiet: true,
      align: 'right',
      cell: (a) =>
        isOpen(a, Date.now()) && (
          <Button size="compact-sm" color="red.9" onClick={() => end(a)}>
            {t('content.end')}
          </Button>
        ),
    },
  ];
  return <List name={t('content.given')} rows={rows} keyOf={(a) => a.id} columns={columns} />;
}

type EndProps = { readonly access: Access | undefined; readonly close: () => void };
function End({ access, close }: EndProps): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: (id: string) => answer(api.DELETE('/api/v1/content-access/{id}', { params: { path: { id } } })),
    changes: ['content-access'],
    said: () => t('content.end-done'),
  });
  return (
    <Confirm
      opened={access !== undefined}
      title={t('content.end-title')}
      does={t('content.end')}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (access !== undefined) act.mutate(access.id, { onSettled: close });
      }}
    >
      {t('content.end-lead')}
    </Confirm>
  );
}
