/** Receivers of the audit log outside: how far each stream is, and what stands in its way. */
import { Button, Stack, Text } from '@mantine/core';
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
import { AddSink } from './AddSink.tsx';

const readSinks = async () => (await answer(api.GET('/api/v1/siem-sinks'))).items;
type Sink = Awaited<ReturnType<typeof readSinks>>[number];
const AGAIN_MS = 5_000;

export function SiemPage(): React.JSX.Element {
  const { t } = useTranslation();
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<string>();
  const query = useQuery({ queryKey: ['siem'], queryFn: readSinks, refetchInterval: AGAIN_MS });
  return (
    <Page
      title={t('siem.title')}
      lead={t('siem.lead')}
      actions={<Button onClick={() => setAdding(true)}>{t('siem.add')}</Button>}
    >
      <View query={query}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={t('siem.none')}>{t('siem.none-lead')}</Empty>
          ) : (
            <Rows rows={found} remove={setRemoving} />
          )
        }
      </View>
      {isAdding && <AddSink close={() => setAdding(false)} />}
      <Remove name={removing} close={() => setRemoving(undefined)} />
    </Page>
  );
}

function State({ sink }: { readonly sink: Sink }): React.JSX.Element {
  const { t } = useTranslation();
  if (sink.failures === 0)
    return sink.nextIndex >= sink.logSize ? (
      <Mark tone="good">{t('siem.well')}</Mark>
    ) : (
      <Mark tone="info">{t('siem.behind')}</Mark>
    );
  return (
    <Stack gap={4} align="flex-start">
      <Mark tone="bad">{t('siem.trouble', { count: sink.failures })}</Mark>
      <Text size="xs" lang="en" style={{ overflowWrap: 'anywhere' }}>
        {sink.lastError}
      </Text>
    </Stack>
  );
}

const placeOf = ({ settings }: Sink): string =>
  settings.kind === 'syslog' ? `${settings.host}:${settings.port}` : settings.url;

type RowsProps = { readonly rows: readonly Sink[]; readonly remove: (name: string) => void };
function Rows({ rows, remove }: RowsProps): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const columns: readonly Column<Sink>[] = [
    { head: t('siem.name'), cell: (s) => <Text fw={600}>{s.name}</Text> },
    {
      head: t('siem.where'),
      cell: (s) => (
        <>
          <span className="gate-mono">{placeOf(s)}</span>
          <Text size="xs" c="dimmed">
            {t(`siem.kind-${s.settings.kind}`)}
          </Text>
        </>
      ),
    },
    { head: t('steer.state'), cell: (s) => <State sink={s} /> },
    {
      head: t('siem.progress'),
      cell: (s) => t('siem.taken', { next: number.format(s.nextIndex), size: number.format(s.logSize) }),
    },
    { head: t('siem.sent'), cell: (s) => (s.sentAtMs === null ? '–' : <When at={s.sentAtMs} />) },
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
  return <List name={t('siem.title')} rows={rows} keyOf={(s) => s.name} columns={columns} />;
}

type RemoveProps = { readonly name: string | undefined; readonly close: () => void };
function Remove({ name, close }: RemoveProps): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: (gone: string) =>
      answer(api.DELETE('/api/v1/siem-sinks/{name}', { params: { path: { name: gone } } })),
    changes: ['siem'],
    said: (_done, gone) => t('siem.removed', { name: gone }),
  });
  return (
    <Confirm
      opened={name !== undefined}
      title={t('siem.remove-title', { name: name ?? '' })}
      does={t('action.remove')}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (name !== undefined) act.mutate(name, { onSettled: close });
      }}
    >
      {t('siem.remove-lead')}
    </Confirm>
  );
}
