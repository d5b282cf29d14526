/** Where one is signed in, and ending it there. */
import { Button, Group, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { type Column, List } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';

const readSessions = () => answer(api.GET('/api/v1/sessions'));
type OneSession = Awaited<ReturnType<typeof readSessions>>['items'][number];

export function Sessions(): React.JSX.Element {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['sessions'], queryFn: readSessions });
  const endOthers = useAct({
    run: () => answer(api.POST('/api/v1/sessions/end-others')),
    changes: ['sessions'],
    said: ({ ended }) => t('account.ended', { count: ended }),
  });
  const end = useAct({
    run: ({ id }: OneSession) => answer(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } })),
    changes: ['sessions'],
    said: () => t('account.ended', { count: 1 }),
    after: (_done, { isCurrent }) => (isCurrent ? queries.clear() : undefined),
  });
  const columns: readonly Column<OneSession>[] = [
    {
      head: t('account.device'),
      cell: (s) => (
        <>
          <Text size="sm" lineClamp={2}>
            {s.userAgent === '' ? '–' : s.userAgent}
          </Text>
          <Group gap="xs">
            <Text size="xs" c="dimmed">
              {s.ip}
            </Text>
            {s.isCurrent && <Mark tone="info">{t('account.this-one')}</Mark>}
          </Group>
        </>
      ),
    },
    { head: t('account.since'), cell: (s) => <When at={s.createdAt} /> },
    { head: t('account.used'), cell: (s) => <When at={s.seenAt} /> },
    {
      head: t('account.end'),
      isQuiet: true,
      align: 'right',
      cell: (s) => (
        <Button size="compact-xs" variant="default" onClick={() => end.mutate(s)}>
          {t('account.end')}
        </Button>
      ),
    },
  ];
  const others = query.data?.items.filter((s) => !s.isCurrent).length ?? 0;
  return (
    <Section
      title={t('account.sessions')}
      actions={
        <Reasoned
          size="xs"
          variant="default"
          reason={others === 0 ? t('account.no-others') : undefined}
          onClick={() => endOthers.mutate(undefined)}
        >
          {t('account.end-others')}
        </Reasoned>
      }
    >
      <View query={query}>
        {(found) => (
          <List name={t('account.sessions')} rows={found.items} keyOf={(s) => s.id} columns={columns} />
        )}
      </View>
    </Section>
  );
}
