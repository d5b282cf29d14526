/** Recertification: which rights are still needed. Silence removes. */
import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { When } from '../../parts/When.tsx';
import { may, useStanding } from '../../session/session.ts';
import { OpenCampaign } from './OpenCampaign.tsx';

const route = getRouteApi('/campaigns');
const LIMIT = 50;
const readCampaigns = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/campaigns', { params: { query: { cursor, limit: LIMIT } } }));
type Campaign = Awaited<ReturnType<typeof readCampaigns>>['items'][number];

export function CampaignsPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { cursor } = route.useSearch();
  const standing = useStanding().data;
  const [isOpening, setOpening] = useState(false);
  const navigate = useNavigate({ from: '/campaigns' });
  const query = useQuery({ queryKey: ['campaigns', cursor], queryFn: () => readCampaigns(cursor) });
  const columns: readonly Column<Campaign>[] = [
    {
      head: t('account.name'),
      cell: (c) => (
        <TextLink to="/campaigns/$id" params={{ id: c.id }} size="sm">
          {c.name}
        </TextLink>
      ),
    },
    { head: t('campaigns.ends'), cell: (c) => <When at={c.endsAt} /> },
    { head: t('campaigns.undecided'), align: 'right', cell: (c) => `${c.undecided} / ${c.grants}` },
    {
      head: t('steer.state'),
      cell: (c) => (
        <Mark tone={c.closed ? 'plain' : c.undecided > 0 ? 'warn' : 'good'}>
          {t(c.closed ? 'campaigns.closed' : 'campaigns.open')}
        </Mark>
      ),
    },
  ];
  return (
    <Page
      title={t('campaigns.title')}
      lead={t('campaigns.lead')}
      actions={
        may(standing, 'campaign.write') && (
          <Button onClick={() => setOpening(true)}>{t('campaigns.start')}</Button>
        )
      }
    >
      {isOpening && <OpenCampaign close={() => setOpening(false)} />}
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('campaigns.none')} />
          ) : (
            <Stack>
              <List name={t('campaigns.title')} rows={found.items} keyOf={(c) => c.id} columns={columns} />
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
    </Page>
  );
}
