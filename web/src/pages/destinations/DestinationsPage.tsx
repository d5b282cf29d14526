/** Rules for destinations: limits, source addresses, and those that are paused, held or rerouted. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { Steer } from './Steer.tsx';

const route = getRouteApi('/destinations');
const LIMIT = 100;
const readDestinations = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/destinations', { params: { query: { limit: LIMIT, cursor } } }));
type Destination = Awaited<ReturnType<typeof readDestinations>>['items'][number];
type Steering = { readonly name: string; readonly now: Destination['state'] };

export function DestinationsPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { cursor } = route.useSearch();
  const navigate = useNavigate({ from: '/destinations' });
  const [steering, setSteering] = useState<Steering>();
  const [removing, setRemoving] = useState<string>();
  const query = useQuery({ queryKey: ['destinations', cursor], queryFn: () => readDestinations(cursor) });
  return (
    <Page title={t('destinations.title')} lead={t('destinations.lead')}>
      <AddRule steer={(name) => setSteering({ name, now: 'pause' })} />
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('destinations.none')}>{t('destinations.none-lead')}</Empty>
          ) : (
            <Stack>
              <Rows rows={found.items} steer={setSteering} remove={setRemoving} />
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
      {steering !== undefined && (
        <Steer name={steering.name} now={steering.now} close={() => setSteering(undefined)} />
      )}
      <RemoveRule name={removing} close={() => setRemoving(undefined)} />
    </Page>
  );
}

function AddRule({ steer }: { readonly steer: (name: string) => void }): React.JSX.Element {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  return (
    <Section title={t('destinations.steer')}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (name.trim() !== '') steer(name.trim());
        }}
      >
        <Group align="flex-end">
          <TextInput
            label={t('queue.domain')}
            description={t('destinations.name-help')}
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
            placeholder="example.org, *.example.org, *"
            w={320}
            maw="100%"
          />
          <Button type="submit">{t('destinations.steer')}</Button>
        </Group>
      </form>
    </Section>
  );
}

type RowsProps = {
  readonly rows: readonly Destination[];
  readonly steer: (steering: Steering) => void;
  readonly remove: (name: string) => void;
};
function Rows({ rows, steer, remove }: RowsProps): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Destination>[] = [
    { head: t('queue.domain'), cell: (d) => <Text fw={600}>{d.name}</Text> },
    {
      head: t('steer.state'),
      cell: (d) => (
        <>
          <Mark tone={toneOf(d.state)}>{t(`destination-state.${d.state}`)}</Mark>
          {d.until !== undefined && (
            <Text size="xs" c="dimmed">
              {t('steer.until')} <When at={d.until} />
            </Text>
          )}
          {d.reason !== undefined && (
            <Text size="xs" c="dimmed">
              {d.reason}
            </Text>
          )}
        </>
      ),
    },
    { head: t('destinations.limits'), cell: (d) => <Limits rule={d} /> },
    {
      head: t('destinations.steer'),
      isQuiet: true,
      align: 'right',
      cell: (d) => (
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => steer({ name: d.name, now: d.state })}
            aria-label={`${t('destinations.steer')}: ${d.name}`}
          >
            {t('destinations.steer')}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => remove(d.name)}
            aria-label={`${t('action.remove')}: ${d.name}`}
          >
            {t('action.remove')}
          </Button>
        </Group>
      ),
    },
  ];
  return <List name={t('destinations.title')} rows={rows} keyOf={(d) => d.name} columns={columns} />;
}

function Limits({ rule: d }: { readonly rule: Destination }): React.JSX.Element {
  const { t } = useTranslation();
  const parts = [
    d.maxConnections === undefined ? undefined : t('destinations.connections', { count: d.maxConnections }),
    d.messagesPerMinute === undefined
      ? undefined
      : t('destinations.per-minute', { count: d.messagesPerMinute }),
    d.sourceIp4,
    d.sourceIp6,
    d.heloName,
  ].filter((p) => p !== undefined);
  return <Text size="sm">{parts.length === 0 ? t('word.default') : parts.join(', ')}</Text>;
}

function RemoveRule({
  name,
  close,
}: {
  readonly name: string | undefined;
  readonly close: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: (gone: string) =>
      answer(api.DELETE('/api/v1/destinations/{name}', { params: { path: { name: gone } } })),
    changes: ['destinations', 'queue'],
    said: (_done, gone) => t('destinations.removed', { name: gone }),
  });
  return (
    <Confirm
      opened={name !== undefined}
      title={t('destinations.remove-title', { name: name ?? '' })}
      does={t('action.remove')}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (name !== undefined) act.mutate(name, { onSettled: close });
      }}
    >
      {t('destinations.remove-lead')}
    </Confirm>
  );
}
