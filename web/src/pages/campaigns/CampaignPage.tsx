/** One campaign: every right in it is kept, or removed at once; what nobody decided is removed at the end. */
import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Holder } from '../../parts/Holder.tsx';
import { type Column, List } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { useStanding } from '../../session/session.ts';

const route = getRouteApi('/campaigns/$id');
const readCampaign = (id: string) => answer(api.GET('/api/v1/campaigns/{id}', { params: { path: { id } } }));
type Shown = Awaited<ReturnType<typeof readCampaign>>;
type Item = Shown['items'][number];

export function CampaignPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const query = useQuery({ queryKey: ['campaigns', 'one', id], queryFn: () => readCampaign(id) });
  return (
    <Page
      title={query.data?.campaign.name ?? t('campaigns.one')}
      crumbs={[{ text: t('nav.campaigns'), to: '/campaigns' }]}
    >
      <View query={query}>
        {({ campaign, items }) => (
          <Stack>
            <Text component="div">
              {t('campaigns.ends')} <When at={campaign.endsAt} />. {t('campaigns.silence')}
            </Text>
            <Items id={id} items={items} isClosed={campaign.closed} />
          </Stack>
        )}
      </View>
    </Page>
  );
}

type ItemsProps = { readonly id: string; readonly items: readonly Item[]; readonly isClosed: boolean };
function Items({ id, items, isClosed }: ItemsProps): React.JSX.Element {
  const { t } = useTranslation();
  const standing = useStanding().data;
  const self = standing?.kind === 'person' ? standing.session.person.id : undefined;
  const decide = useAct({
    run: (body: { grant: string; decision: 'keep' | 'remove' }) =>
      answer(api.POST('/api/v1/campaigns/{id}/decisions', { params: { path: { id } }, body })),
    changes: ['campaigns', 'grants'],
    said: (_done, { decision }) => t(`campaigns.${decision}-done`),
  });
  const columns: readonly Column<Item>[] = [
    { head: t('roles.holder'), cell: (g) => <Holder grant={g} /> },
    { head: t('requests.role'), cell: (g) => <Text fw={600}>{g.role ?? g.permission}</Text> },
    { head: t('steer.reason'), cell: (g) => <Text size="sm">{g.reason}</Text> },
    {
      head: t('campaigns.decision'),
      cell: (g) =>
        g.decision === null ? (
          <Mark tone="warn">{t('campaigns.none-yet')}</Mark>
        ) : (
          <Mark tone={g.decision === 'keep' ? 'good' : 'plain'}>{t(`campaigns.${g.decision}`)}</Mark>
        ),
    },
    {
      head: t('campaigns.decide'),
      isQuiet: true,
      align: 'right',
      cell: (g) =>
        isClosed ? null : (
          <Group gap="xs" justify="flex-end" wrap="nowrap">
            {(['keep', 'remove'] as const).map((decision) => (
              <Reasoned
                key={decision}
                size="compact-xs"
                variant="default"
                reason={g.person !== null && g.person === self ? t('campaigns.not-own') : undefined}
                onClick={() => decide.mutate({ grant: g.id, decision })}
                aria-label={`${t(`campaigns.${decision}`)}: ${g.role ?? g.permission ?? ''}`}
              >
                {t(`campaigns.${decision}`)}
              </Reasoned>
            ))}
          </Group>
        ),
    },
  ];
  return <List name={t('campaigns.one')} rows={items} keyOf={(g) => g.id} columns={columns} />;
}
