/** The exports of a tenant: ordered here, written by a job into a folder of the server. */
import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { type Column, List } from '../../parts/List.tsx';
import { Mark, type Tone } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';

const readExports = async (id: string) =>
  (await answer(api.GET('/api/v1/tenants/{id}/exports', { params: { path: { id } } }))).items;
type Export = Awaited<ReturnType<typeof readExports>>[number];
const TONES: Readonly<Record<Export['state'], Tone>> = {
  waiting: 'plain',
  running: 'info',
  done: 'good',
  failed: 'bad',
};
const AGAIN_MS = 5_000;

export function Exports({ id }: { readonly id: string }): React.JSX.Element {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ['tenants', 'exports', id],
    queryFn: () => readExports(id),
    refetchInterval: ({ state }) =>
      state.data?.some((e) => e.state === 'waiting' || e.state === 'running') === true ? AGAIN_MS : false,
  });
  const order = useAct({
    run: () => answer(api.POST('/api/v1/tenants/{id}/exports', { params: { path: { id } } })),
    changes: ['tenants'],
    said: () => t('exports.ordered'),
  });
  return (
    <Section
      title={t('exports.title')}
      actions={
        <Button variant="default" loading={order.isPending} onClick={() => order.mutate(undefined)}>
          {t('exports.order')}
        </Button>
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        {t('exports.lead')}
      </Text>
      <View query={query}>
        {(found) => (found.length === 0 ? <Text>{t('exports.none')}</Text> : <Rows rows={found} />)}
      </View>
    </Section>
  );
}

function Rows({ rows }: { readonly rows: readonly Export[] }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const columns: readonly Column<Export>[] = [
    { head: t('exports.asked'), cell: (e) => <When at={e.askedAt} /> },
    {
      head: t('steer.state'),
      cell: (e) => (
        <>
          <Mark tone={TONES[e.state]}>{t(`export-state.${e.state}`)}</Mark>
          {e.trouble !== null && (
            <Text size="xs" lang="en">
              {e.trouble}
            </Text>
          )}
        </>
      ),
    },
    { head: t('exports.rows'), align: 'right', cell: (e) => number.format(e.rows) },
    {
      head: t('exports.folder'),
      cell: (e) => (
        <span className="gate-mono" title={e.manifestSha256 ?? undefined}>
          {e.folder ?? '–'}
        </span>
      ),
    },
  ];
  return <List name={t('exports.title')} rows={rows} keyOf={(e) => e.id} columns={columns} />;
}
