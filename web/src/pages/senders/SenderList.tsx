/** One kind of sender: what there is, and taking one away. Networks and certificates are added here, too. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { type Column, List } from '../../parts/List.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { AddSender } from './AddSender.tsx';

export const SENDER_KINDS = ['logins', 'networks', 'certificates', 'pins'] as const;
export type SenderKind = (typeof SENDER_KINDS)[number];
type Sender = { readonly name: string; readonly by: string; readonly mayUse: readonly string[] };

const LIMIT = 1000;
const query = { params: { query: { limit: LIMIT } } };

/** The four kinds differ in what they are known by. */
async function readSenders(kind: SenderKind): Promise<readonly Sender[]> {
  switch (kind) {
    case 'logins': {
      const { items } = await answer(api.GET('/api/v1/senders/logins', query));
      return items.map((s) => ({ ...s, by: '' }));
    }
    case 'networks': {
      const { items } = await answer(api.GET('/api/v1/senders/networks', query));
      return items.map((s) => ({ ...s, by: s.network }));
    }
    case 'certificates': {
      const { items } = await answer(api.GET('/api/v1/senders/certificates', query));
      return items.map((s) => ({ ...s, by: s.sha256 }));
    }
    case 'pins': {
      const { items } = await answer(api.GET('/api/v1/senders/pins', query));
      return items.map((s) => ({
        ...s,
        by: `${s.networks.join(', ')} + ${s.pin.kind === 'header' ? s.pin.name : s.pin.sha256}`,
      }));
    }
  }
}

async function removeSender(kind: SenderKind, name: string): Promise<unknown> {
  const params = { path: { name } };
  switch (kind) {
    case 'logins':
      return await answer(api.DELETE('/api/v1/senders/logins/{name}', { params }));
    case 'networks':
      return await answer(api.DELETE('/api/v1/senders/networks/{name}', { params }));
    case 'certificates':
      return await answer(api.DELETE('/api/v1/senders/certificates/{name}', { params }));
    case 'pins':
      return await answer(api.DELETE('/api/v1/senders/pins/{name}', { params }));
  }
}

export function SenderList({ kind }: { readonly kind: SenderKind }): React.JSX.Element {
  const { t } = useTranslation();
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string>();
  const found = useQuery({ queryKey: ['senders', kind], queryFn: () => readSenders(kind) });
  const act = useAct({
    run: (name: string) => removeSender(kind, name),
    changes: ['senders'],
    said: (_done, name) => t('senders.removed', { name }),
  });
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text c="dimmed" maw="72ch">
          {t(`senders.${kind}-lead`)}
        </Text>
        {(kind === 'networks' || kind === 'certificates') && (
          <Button onClick={() => setAdding(true)}>{t(`senders.add-${kind}`)}</Button>
        )}
      </Group>
      <View query={found}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t('senders.none')}>
              {kind === 'logins' && <code>gatehouse sender add-login NAME</code>}
              {kind === 'pins' && <code>gatehouse sender add-pin NAME</code>}
            </Empty>
          ) : (
            <Rows kind={kind} rows={rows} remove={setRemoving} />
          )
        }
      </View>
      {(kind === 'networks' || kind === 'certificates') && (
        <AddSender kind={kind} opened={isAdding} close={() => setAdding(false)} />
      )}
      <Confirm
        opened={removing !== undefined}
        title={t('senders.remove-title', { name: removing ?? '' })}
        does={t('action.remove')}
        isBusy={act.isPending}
        onClose={() => setRemoving(undefined)}
        onYes={() => {
          if (removing !== undefined) act.mutate(removing, { onSettled: () => setRemoving(undefined) });
        }}
      >
        {t('senders.remove-lead')}
      </Confirm>
    </Stack>
  );
}

type RowsProps = {
  readonly kind: SenderKind;
  readonly rows: readonly Sender[];
  readonly remove: (name: string) => void;
};
function Rows({ kind, rows, remove }: RowsProps): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Sender>[] = [
    { head: t('senders.name'), cell: (s) => <Text fw={600}>{s.name}</Text> },
    ...(kind === 'logins'
      ? []
      : [{ head: t('senders.by'), cell: (s: Sender) => <span className="gate-mono">{s.by}</span> }]),
    {
      head: t('senders.may-use'),
      cell: (s) => (s.mayUse.length === 0 ? t('senders.every-domain') : s.mayUse.join(', ')),
    },
    {
      head: t('action.remove'),
      isQuiet: true,
      align: 'right',
      cell: (s) => (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => remove(s.name)}
          aria-label={`${t('action.remove')}: ${s.name}`}
        >
          {t('action.remove')}
        </Button>
      ),
    },
  ];
  return <List name={t(`senders.${kind}`)} rows={rows} keyOf={(s) => s.name} columns={columns} />;
}
