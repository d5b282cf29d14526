/** Requests for rights: one's own, and those that wait for one's answer. */
import { Button, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark, type Tone } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { When } from '../../parts/When.tsx';
import { may, useStanding } from '../../session/session.ts';
import { AskFor } from './AskFor.tsx';
import { TakeRole } from './TakeRole.tsx';

const route = getRouteApi('/requests');
const LIMIT = 50;
const BOXES = ['mine', 'waiting'] as const;
type Box = (typeof BOXES)[number];
const readRequests = (box: Box, cursor: string | undefined) =>
  answer(api.GET('/api/v1/requests', { params: { query: { box, cursor, limit: LIMIT } } }));
type Request = Awaited<ReturnType<typeof readRequests>>['items'][number];

export const REQUEST_TONES: Readonly<Record<Request['state'], Tone>> = {
  open: 'warn',
  executed: 'good',
  refused: 'bad',
  withdrawn: 'plain',
  expired: 'plain',
};

export function RequestsPage(): React.JSX.Element {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = useNavigate({ from: '/requests' });
  const standing = useStanding().data;
  const [isTaking, setTaking] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const box = BOXES.find((b) => b === asked.box) ?? 'mine';
  return (
    <Page
      title={t('requests.title')}
      lead={t('requests.lead')}
      actions={
        <>
          {may(standing, 'break-glass.take') && (
            <Button variant="default" onClick={() => setTaking(true)}>
              {t('break-glass.take')}
            </Button>
          )}
          <Button onClick={() => setAsking(true)}>{t('requests.ask')}</Button>
        </>
      }
    >
      <Tabs value={box} onChange={(value) => void navigate({ search: { box: value ?? 'mine' } })}>
        <Tabs.List>
          {BOXES.map((b) => (
            <Tabs.Tab key={b} value={b}>
              {t(`requests.${b}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {BOXES.map((b) => (
          <Tabs.Panel key={b} value={b} pt="md">
            {b === box && <In box={b} cursor={asked.cursor} />}
          </Tabs.Panel>
        ))}
      </Tabs>
      {isTaking && <TakeRole close={() => setTaking(false)} />}
      {isAsking && <AskFor close={() => setAsking(false)} />}
    </Page>
  );
}

function In({ box, cursor }: { readonly box: Box; readonly cursor: string | undefined }): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/requests' });
  const query = useQuery({ queryKey: ['requests', box, cursor], queryFn: () => readRequests(box, cursor) });
  return (
    <View query={query}>
      {(found) =>
        found.items.length === 0 ? (
          <Empty title={t(`requests.none-${box}`)} />
        ) : (
          <Stack>
            <Rows rows={found.items} />
            <Pages
              shown={found.items.length}
              isFirst={cursor === undefined}
              next={found.next}
              go={(to) => void navigate({ search: { box, cursor: to } })}
            />
          </Stack>
        )
      }
    </View>
  );
}

function Rows({ rows }: { readonly rows: readonly Request[] }): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Request>[] = [
    {
      head: t('requests.what'),
      cell: (r) => (
        <>
          <TextLink to="/requests/$id" params={{ id: r.id }} size="sm">
            {r.subject}
          </TextLink>
          <Text size="xs" c="dimmed" className="gate-mono">
            {r.act}
          </Text>
        </>
      ),
    },
    { head: t('steer.reason'), cell: (r) => <Text size="sm">{r.reason}</Text> },
    { head: t('requests.since'), cell: (r) => <When at={r.createdAt} /> },
    { head: t('requests.until'), cell: (r) => <When at={r.expiresAt} /> },
    {
      head: t('steer.state'),
      cell: (r) => <Mark tone={REQUEST_TONES[r.state]}>{t(`request-state.${r.state}`)}</Mark>,
    },
  ];
  return <List name={t('requests.title')} rows={rows} keyOf={(r) => r.id} columns={columns} />;
}
