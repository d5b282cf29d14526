/** What is held, newest first. */
import { Button, Card, Group, Stack, Text, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Address } from '../../parts/Address.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { word } from '../../parts/words.ts';

const route = getRouteApi('/held');
const LIMIT = 50;
const readHeld = (query: { recipient?: string; cursor?: string }) =>
  answer(api.GET('/api/v1/held', { params: { query: { ...query, limit: LIMIT } } }));
export type HeldItem = Awaited<ReturnType<typeof readHeld>>['items'][number];

export function HeldPage(): React.JSX.Element {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = useNavigate({ from: '/held' });
  const query = useQuery({
    queryKey: ['held', asked],
    queryFn: () => readHeld(asked),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t('held.title')} lead={t('held.lead')}>
      <ForWhom
        key={asked.recipient}
        recipient={asked.recipient ?? ''}
        ask={(recipient) => void navigate({ search: { recipient } })}
      />
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('held.none')}>{t('held.none-lead')}</Empty>
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
    </Page>
  );
}

type ForWhomProps = { readonly recipient: string; readonly ask: (recipient: string) => void };
function ForWhom({ recipient, ask }: ForWhomProps): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(recipient);
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
            label={t('held.recipient')}
            value={draft}
            onChange={(e) => setDraft(e.currentTarget.value)}
            placeholder="name@example.org"
            w={320}
            maw="100%"
          />
          <Button type="submit">{t('messages.search')}</Button>
          {recipient !== '' && (
            <Button variant="default" onClick={() => ask('')}>
              {t('messages.clear')}
            </Button>
          )}
        </Group>
      </form>
    </Card>
  );
}

function Rows({ rows }: { readonly rows: readonly HeldItem[] }): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<HeldItem>[] = [
    { head: t('held.since'), cell: (h) => <When at={h.heldAt} /> },
    {
      head: t('messages.subject'),
      cell: (h) => (
        <>
          <TextLink to="/held/$id" params={{ id: h.message }} size="sm" style={{ overflowWrap: 'anywhere' }}>
            {h.subject === null || h.subject === '' ? t('messages.no-subject') : h.subject}
          </TextLink>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            {h.headerFrom ?? h.mailFrom}
          </Text>
        </>
      ),
    },
    {
      head: t('held.recipient'),
      cell: (h) => (
        <Text size="sm">
          <Address of={h.recipient} />
        </Text>
      ),
    },
    { head: t('check.class'), cell: (h) => <Mark tone="warn">{word(t, 'class', h.class)}</Mark> },
  ];
  return <List name={t('held.title')} rows={rows} keyOf={(h) => `${h.message} ${h.n}`} columns={columns} />;
}
