/** Message tracking: every question and the place in the list stand in the address. */
import { Button, Card, Group, NativeSelect, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Address } from '../../parts/Address.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { formatBytes, word } from '../../parts/words.ts';
import type { Search } from '../../search.ts';

const route = getRouteApi('/messages');
const LIMIT = 50;
const VERDICTS = ['accept', 'tag', 'hold', 'defer', 'reject'] as const;
type Verdict = (typeof VERDICTS)[number];
type Asked = Search<
  'sender' | 'recipient' | 'subject' | 'messageId' | 'from' | 'until' | 'verdict' | 'cursor'
>;

const verdictOf = (text: string | undefined): Verdict | undefined => VERDICTS.find((v) => v === text);
/** What a date field holds is local; the API wants a point in time. */
const instantOf = (local: string | undefined): string | undefined => {
  const date = new Date(local ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

const readMessages = (asked: Asked) =>
  answer(
    api.GET('/api/v1/messages', {
      params: {
        query: {
          ...asked,
          limit: LIMIT,
          verdict: verdictOf(asked.verdict),
          from: instantOf(asked.from),
          until: instantOf(asked.until),
        },
      },
    }),
  );
type Found = Awaited<ReturnType<typeof readMessages>>['items'][number];

export function MessagesPage(): React.JSX.Element {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = useNavigate({ from: '/messages' });
  const { cursor, ...questions } = asked;
  const query = useQuery({
    queryKey: ['messages', asked],
    queryFn: () => readMessages(asked),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t('messages.title')} lead={t('messages.lead')}>
      <Questions
        key={JSON.stringify(questions)}
        asked={questions}
        ask={(search) => void navigate({ search })}
      />
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('messages.none')}>{t('messages.none-lead')}</Empty>
          ) : (
            <Stack>
              <Results rows={found.items} />
              <Pages
                shown={found.items.length}
                isFirst={cursor === undefined}
                next={found.next}
                go={(to) => void navigate({ search: { ...questions, cursor: to } })}
              />
            </Stack>
          )
        }
      </View>
    </Page>
  );
}

type QuestionsProps = { readonly asked: Asked; readonly ask: (asked: Asked) => void };
function Questions({ asked, ask }: QuestionsProps): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Asked>(asked);
  const field = (name: keyof Asked) => ({
    label: t(`messages.${name as 'sender'}`),
    value: draft[name] ?? '',
    onChange: (e: React.ChangeEvent<HTMLInputElement | HTMLSelectElement>) =>
      setDraft({ ...draft, [name]: e.currentTarget.value }),
  });
  return (
    <Card withBorder bg="var(--gate-card)">
      <form
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          ask(draft);
        }}
      >
        <SimpleGrid cols={{ base: 1, sm: 2, md: 4 }} spacing="sm">
          <TextInput {...field('sender')} placeholder="name@example.org" />
          <TextInput {...field('recipient')} placeholder="name@example.org, @example.org" />
          <TextInput {...field('subject')} />
          <NativeSelect
            {...field('verdict')}
            data={[
              { value: '', label: t('messages.any-verdict') },
              ...VERDICTS.map((v) => ({ value: v, label: t(`verdict.${v}`) })),
            ]}
          />
          <TextInput {...field('from')} type="datetime-local" />
          <TextInput {...field('until')} type="datetime-local" />
          <TextInput {...field('messageId')} placeholder="<id@example.org>" />
          <Group align="flex-end" gap="xs">
            <Button type="submit">{t('messages.search')}</Button>
            <Button variant="default" onClick={() => ask({})}>
              {t('messages.clear')}
            </Button>
          </Group>
        </SimpleGrid>
      </form>
    </Card>
  );
}

function Results({ rows }: { readonly rows: readonly Found[] }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const columns: readonly Column<Found>[] = [
    { head: t('messages.received'), cell: (m) => <When at={m.receivedAt} /> },
    {
      head: t('messages.subject'),
      cell: (m) => (
        <>
          <TextLink to="/messages/$id" params={{ id: m.id }} size="sm" style={{ overflowWrap: 'anywhere' }}>
            {m.subject === null || m.subject === '' ? t('messages.no-subject') : m.subject}
          </TextLink>
          <Text size="xs" c="dimmed">
            {t(`direction.${m.direction}`)} · {formatBytes(m.size, i18n.language)}
          </Text>
        </>
      ),
    },
    {
      head: t('messages.sender'),
      cell: (m) => (
        <>
          <Text size="sm">
            <Address of={m.headerFrom ?? '–'} />
          </Text>
          {m.mailFrom !== m.headerFrom && (
            <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {m.mailFrom === '' ? '<>' : m.mailFrom}
            </Text>
          )}
        </>
      ),
    },
    { head: t('messages.recipients'), cell: (m) => <Recipients found={m} /> },
    {
      head: t('messages.verdict'),
      cell: (m) => (
        <>
          <Mark tone={toneOf(m.verdict)}>{word(t, 'verdict', m.verdict)}</Mark>
          {m.class !== 'none' && (
            <Text size="xs" c="dimmed">
              {word(t, 'class', m.class)}
            </Text>
          )}
        </>
      ),
    },
  ];
  return <List name={t('messages.title')} rows={rows} keyOf={(m) => m.id} columns={columns} />;
}

function Recipients({ found }: { readonly found: Found }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <>
      {found.recipients.slice(0, 3).map((r) => (
        <Text size="sm" key={r.address}>
          <Address of={r.address} />{' '}
          <Text span size="xs" c="dimmed">
            {word(t, 'state', r.state)}
          </Text>
        </Text>
      ))}
      {found.recipientCount > 3 && (
        <Text size="xs" c="dimmed">
          {t('messages.more', { count: found.recipientCount - 3 })}
        </Text>
      )}
    </>
  );
}
