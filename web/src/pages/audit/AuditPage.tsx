/** The audit log: searched page by page, or followed live; above it how far it is signed and witnessed. */
import { Button, Card, Group, SimpleGrid, Stack, Switch, Text, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { ActorName } from '../../parts/ActorName.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { When } from '../../parts/When.tsx';
import type { Search } from '../../search.ts';
import { LogState } from './LogState.tsx';
import { useTail } from './tail.ts';

const route = getRouteApi('/audit');
const LIMIT = 50;
export type Asked = Search<'actor' | 'subject' | 'what' | 'from' | 'to' | 'cursor' | 'follow'>;
export const filterOf = ({ actor, subject, what }: Asked) => ({ actor, subject, what });

const readEvents = (asked: Asked) =>
  answer(
    api.GET('/api/v1/audit/events', {
      params: { query: { ...filterOf(asked), cursor: asked.cursor, limit: LIMIT } },
    }),
  );
export type AuditEvent = Awaited<ReturnType<typeof readEvents>>['items'][number];

export function AuditPage(): React.JSX.Element {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = useNavigate({ from: '/audit' });
  const isFollowing = asked.follow === '1';
  return (
    <Page
      title={t('audit.title')}
      lead={t('audit.lead')}
      actions={
        <Switch
          label={t('audit.follow')}
          checked={isFollowing}
          onChange={(e) =>
            void navigate({
              search: { ...filterOf(asked), follow: e.currentTarget.checked ? '1' : undefined },
            })
          }
        />
      }
    >
      <LogState />
      <Questions
        key={JSON.stringify(filterOf(asked))}
        asked={asked}
        ask={(search) => void navigate({ search: { ...search, follow: asked.follow } })}
      />
      {isFollowing ? <Live asked={asked} /> : <Past asked={asked} />}
    </Page>
  );
}

function Past({ asked }: { readonly asked: Asked }): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/audit' });
  const query = useQuery({
    queryKey: ['audit', asked],
    queryFn: () => readEvents(asked),
    placeholderData: keepPreviousData,
  });
  return (
    <View query={query}>
      {(found) =>
        found.items.length === 0 ? (
          <Empty title={t('audit.none')} />
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
  );
}

function Live({ asked }: { readonly asked: Asked }): React.JSX.Element {
  const { t } = useTranslation();
  const { items, error } = useTail(filterOf(asked));
  return (
    <Stack>
      <Text size="sm" role="status">
        {error === undefined ? t('audit.following') : t('audit.follow-again')}
      </Text>
      {items.length > 0 && <Rows rows={items} />}
    </Stack>
  );
}

type QuestionsProps = { readonly asked: Asked; readonly ask: (asked: Asked) => void };
function Questions({ asked, ask }: QuestionsProps): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Asked>(filterOf(asked));
  const field = (name: 'actor' | 'subject' | 'what') => ({
    label: t(`audit.${name}`),
    value: draft[name] ?? '',
    onChange: (e: React.ChangeEvent<HTMLInputElement>) =>
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
          <TextInput {...field('what')} placeholder="delivery.*" />
          <TextInput {...field('actor')} placeholder="admin:…" />
          <TextInput {...field('subject')} />
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

function Rows({ rows }: { readonly rows: readonly AuditEvent[] }): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<AuditEvent>[] = [
    {
      head: t('audit.index'),
      cell: (e) => (
        <TextLink to="/audit/$index" params={{ index: String(e.index) }} size="sm">
          {e.index}
        </TextLink>
      ),
    },
    { head: t('record.at'), cell: (e) => <When at={e.at} /> },
    { head: t('record.what'), cell: (e) => <span className="gate-mono">{e.what}</span> },
    { head: t('record.actor'), cell: (e) => <ActorName actor={e.actor} /> },
    { head: t('audit.subject'), cell: (e) => <span className="gate-mono">{e.subject}</span> },
  ];
  return <List name={t('audit.title')} rows={rows} keyOf={(e) => String(e.index)} columns={columns} />;
}
