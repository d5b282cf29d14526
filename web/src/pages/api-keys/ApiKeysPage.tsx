/** Keys of services: which there are, what they may do, until when; never the keys themselves. */
import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { type Column, List } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { MakeKey } from './MakeKey.tsx';

const readKeys = async () => (await answer(api.GET('/api/v1/api-keys'))).items;
type Key = Awaited<ReturnType<typeof readKeys>>[number];

export function ApiKeysPage(): React.JSX.Element {
  const { t } = useTranslation();
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key>();
  const query = useQuery({ queryKey: ['api-keys'], queryFn: readKeys });
  return (
    <Page
      title={t('keys.title')}
      lead={t('keys.lead')}
      actions={<Button onClick={() => setMaking(true)}>{t('keys.make')}</Button>}
    >
      <View query={query}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={t('keys.none')}>{t('keys.none-lead')}</Empty>
          ) : (
            <Rows rows={found} revoke={setRevoking} />
          )
        }
      </View>
      {isMaking && <MakeKey close={() => setMaking(false)} />}
      <Revoke apiKey={revoking} close={() => setRevoking(undefined)} />
    </Page>
  );
}

type RowsProps = { readonly rows: readonly Key[]; readonly revoke: (key: Key) => void };
function Rows({ rows, revoke }: RowsProps): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Key>[] = [
    {
      head: t('keys.service'),
      cell: (k) => (
        <>
          <Text fw={600}>{k.service}</Text>
          <Text size="xs" c="dimmed">
            {k.purpose}
          </Text>
        </>
      ),
    },
    {
      head: t('keys.may'),
      cell: (k) => (
        <span className="gate-mono">{[...k.permissions, ...k.platformPermissions].join(', ')}</span>
      ),
    },
    {
      head: t('keys.expires'),
      cell: (k) => (
        <>
          <When at={k.expiresAt} />
          {Date.parse(k.expiresAt) <= Date.now() && <Mark tone="plain">{t('keys.expired')}</Mark>}
        </>
      ),
    },
    {
      head: t('keys.last-used'),
      cell: (k) => (k.lastUsedAt === null ? t('people.never') : <When at={k.lastUsedAt} />),
    },
    {
      head: t('keys.revoke'),
      isQuiet: true,
      align: 'right',
      cell: (k) => (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => revoke(k)}
          aria-label={`${t('keys.revoke')}: ${k.service}`}
        >
          {t('keys.revoke')}
        </Button>
      ),
    },
  ];
  return <List name={t('keys.title')} rows={rows} keyOf={(k) => k.id} columns={columns} />;
}

type RevokeProps = { readonly apiKey: Key | undefined; readonly close: () => void };
function Revoke({ apiKey, close }: RevokeProps): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: ({ id }: Key) => answer(api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id } } })),
    changes: ['api-keys'],
    said: (_done, { service }) => t('keys.revoked', { service }),
  });
  return (
    <Confirm
      opened={apiKey !== undefined}
      title={t('keys.revoke-title', { service: apiKey?.service ?? '' })}
      does={t('keys.revoke')}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (apiKey !== undefined) act.mutate(apiKey, { onSettled: close });
      }}
    >
      {t('keys.revoke-lead')}
    </Confirm>
  );
}
