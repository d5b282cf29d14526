/** What happened about rights that concerns the reader, newest first. */
import { Button, Card, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Pages } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { When } from '../../parts/When.tsx';
import { type Notice, useIsPerson, useNoticeList } from './notices.ts';
import { pageOf } from './page-of.ts';

const route = getRouteApi('/notices');
const LIMIT = 50;
const see = (id: string) => answer(api.POST('/api/v1/notices/{id}/seen', { params: { path: { id } } }));

export function NoticesPage(): React.JSX.Element {
  const { t } = useTranslation();
  const isPerson = useIsPerson();
  return (
    <Page title={t('notices.title')} lead={t('notices.lead')}>
      {isPerson ? <Own /> : <Empty title={t('notices.nobody')}>{t('notices.nobody-lead')}</Empty>}
    </Page>
  );
}

function Own(): React.JSX.Element {
  const { t } = useTranslation();
  const { show, cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/notices' });
  const isAll = show === 'all';
  const query = useNoticeList({ unseen: !isAll, limit: LIMIT, cursor });
  return (
    <Stack>
      <Group justify="space-between">
        <SegmentedControl
          aria-label={t('notices.which')}
          value={isAll ? 'all' : 'new'}
          onChange={(to) => void navigate({ search: { show: to === 'all' ? 'all' : undefined } })}
          data={[
            { value: 'new', label: t('notices.new') },
            { value: 'all', label: t('notices.all') },
          ]}
        />
        <SeeAll notices={query.data?.items ?? []} />
      </Group>
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t(isAll ? 'notices.none' : 'notices.none-new')} />
          ) : (
            <Stack>
              <Rows notices={found.items} />
              <Pages
                shown={found.items.length}
                isFirst={cursor === undefined}
                next={found.next}
                go={(to) => void navigate({ search: { show, cursor: to } })}
              />
            </Stack>
          )
        }
      </View>
    </Stack>
  );
}

function SeeAll({ notices }: { readonly notices: readonly Notice[] }): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: async (ids: readonly string[]) => {
      for (const id of ids) await see(id);
      return ids.length;
    },
    changes: ['notices'],
    said: (count) => t('notices.seen-done', { count }),
  });
  const ids = notices.filter((n) => n.seenAt === null).map((n) => n.id);
  return (
    <Reasoned
      variant="default"
      loading={act.isPending}
      reason={ids.length === 0 ? t('notices.none-new') : undefined}
      onClick={() => act.mutate(ids)}
    >
      {t('notices.see-all')}
    </Reasoned>
  );
}

function Rows({ notices }: { readonly notices: readonly Notice[] }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Stack component="ul" gap="xs" aria-label={t('notices.title')} className="gate-plain-list">
      {notices.map((n) => (
        <Card key={n.id} component="li" withBorder bg="var(--gate-card)" p="sm">
          <Row notice={n} />
        </Card>
      ))}
    </Stack>
  );
}

/** Why somebody did it, where the notice says so. */
const reasonOf = ({ details }: Notice): string | undefined =>
  typeof details['reason'] === 'string' ? details['reason'] : undefined;

function Row({ notice: n }: { readonly notice: Notice }): React.JSX.Element {
  const { t } = useTranslation();
  const page = pageOf(n);
  const reason = reasonOf(n);
  const act = useAct({
    run: see,
    changes: ['notices'],
    said: () => t('notices.seen-done', { count: 1 }),
  });
  return (
    <Group justify="space-between" align="flex-start">
      <Stack gap={2} flex={1} miw={240}>
        <Group gap="xs">
          {n.seenAt === null && <Mark tone="info">{t('notices.is-new')}</Mark>}
          <Text fw={n.seenAt === null ? 600 : undefined}>{n.text}</Text>
        </Group>
        {reason !== undefined && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {t('steer.reason')}: {reason}
          </Text>
        )}
        <Text size="sm" c="dimmed" component="div">
          <When at={n.at} />
        </Text>
      </Stack>
      <Group gap="sm">
        {page !== undefined && (
          <TextLink to={page} size="sm">
            {t('notices.more')}
          </TextLink>
        )}
        {n.seenAt === null && (
          <Button
            size="compact-sm"
            variant="default"
            loading={act.isPending}
            onClick={() => act.mutate(n.id)}
          >
            {t('notices.see')}
          </Button>
        )}
      </Group>
    </Group>
  );
}
