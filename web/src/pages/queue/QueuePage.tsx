/** What waits to be delivered, oldest first; it can be tried again now, and a destination can be paused from here. */
import { Button, Card, Group, Stack, Text, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Address } from '../../parts/Address.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { useAct } from '../../parts/act.ts';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { Steer } from '../destinations/Steer.tsx';

const route = getRouteApi('/queue');
const LIMIT = 50;
const readQueue = (query: { domain?: string; cursor?: string }) =>
  answer(api.GET('/api/v1/queue', { params: { query: { ...query, limit: LIMIT } } }));
type Waiting = Awaited<ReturnType<typeof readQueue>>['items'][number];

export function QueuePage(): React.JSX.Element {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = useNavigate({ from: '/queue' });
  const [steering, setSteering] = useState<string>();
  const query = useQuery({
    queryKey: ['queue', asked],
    queryFn: () => readQueue(asked),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t('queue.title')} lead={t('queue.lead')}>
      <Filter
        key={asked.domain}
        domain={asked.domain ?? ''}
        ask={(domain) => void navigate({ search: { domain } })}
        steer={setSteering}
      />
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('queue.none')}>{t('queue.none-lead')}</Empty>
          ) : (
            <Stack>
              <Rows rows={found.items} />
              <Pages
                shown={found.items.length}
                isFirst={asked.cursor === undefined}
                next={found.next}
                go={(cursor) => void navigate({ search: { ...asked, cursor } })}
              />
            </Stack>
          )
        }
      </View>
      {steering !== undefined && <Steer name={steering} close={() => setSteering(undefined)} />}
    </Page>
  );
}

function useRetry() {
  const { t } = useTranslation();
  return useAct({
    run: (what: { readonly domain: string } | { readonly message: string }) =>
      answer(api.POST('/api/v1/queue/retry', { body: what })),
    changes: ['queue', 'message', 'status'],
    said: (done) => t('queue.retried', { count: done.recipients }),
  });
}

type FilterProps = {
  readonly domain: string;
  readonly ask: (domain: string) => void;
  readonly steer: (domain: string) => void;
};
function Filter({ domain, ask, steer }: FilterProps): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(domain);
  const retry = useRetry();
  const reason = domain === '' ? t('queue.choose-domain') : undefined;
  return (
    <Card withBorder bg="var(--gate-card)">
      <form
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          ask(draft.trim());
        }}
      >
        <Group align="flex-end">
          <TextInput
            label={t('queue.domain')}
            value={draft}
            onChange={(e) => setDraft(e.currentTarget.value)}
            placeholder="example.org, *.example.org"
            w={280}
            maw="100%"
          />
          <Button type="submit">{t('messages.search')}</Button>
          {domain !== '' && (
            <Button variant="default" onClick={() => ask('')}>
              {t('messages.clear')}
            </Button>
          )}
          <Reasoned
            variant="default"
            reason={reason}
            loading={retry.isPending}
            onClick={() => retry.mutate({ domain })}
          >
            {t('queue.retry-all')}
          </Reasoned>
          <Reasoned variant="default" reason={reason} onClick={() => steer(domain)}>
            {t('queue.steer')}
          </Reasoned>
        </Group>
      </form>
    </Card>
  );
}

function Rows({ rows }: { readonly rows: readonly Waiting[] }): React.JSX.Element {
  const { t } = useTranslation();
  const retry = useRetry();
  const columns: readonly Column<Waiting>[] = [
    { head: t('queue.since'), cell: (w) => <When at={w.queuedAt} /> },
    {
      head: t('held.recipient'),
      cell: (w) => (
        <>
          <Text size="sm">
            <Address of={w.recipient} />
          </Text>
          <TextLink
            to="/messages/$id"
            params={{ id: w.message }}
            size="xs"
            style={{ overflowWrap: 'anywhere' }}
          >
            {w.subject === null || w.subject === '' ? t('messages.no-subject') : w.subject}
          </TextLink>
        </>
      ),
    },
    {
      head: t('queue.next'),
      cell: (w) => (w.isLeased ? <Mark tone="info">{t('queue.under-way')}</Mark> : <When at={w.nextAt} />),
    },
    { head: t('queue.attempts'), align: 'right', cell: (w) => w.attempts },
    { head: t('queue.last'), cell: (w) => <span className="gate-mono">{w.lastReply ?? '–'}</span> },
    {
      head: t('queue.retry'),
      isQuiet: true,
      cell: (w) => (
        <Reasoned
          size="compact-xs"
          variant="default"
          reason={w.isLeased ? t('queue.under-way') : undefined}
          onClick={() => retry.mutate({ message: w.message })}
          aria-label={`${t('queue.retry')}: ${w.recipient}`}
        >
          {t('queue.retry')}
        </Reasoned>
      ),
    },
  ];
  return <List name={t('queue.title')} rows={rows} keyOf={(w) => `${w.message} ${w.n}`} columns={columns} />;
}
