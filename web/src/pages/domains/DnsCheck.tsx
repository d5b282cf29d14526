/** What DNS says of a domain, asked only on demand, and the records to publish. The sentences come from the gate in English. */
import { Button, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Copy } from '../../parts/Copy.tsx';
import { type Column, List } from '../../parts/List.tsx';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Section.tsx';
import { Failed, Loading } from '../../parts/States.tsx';
import { word } from '../../parts/words.ts';

const readCheck = (name: string) =>
  answer(api.GET('/api/v1/domains/{name}/check', { params: { path: { name } } }));
type Check = Awaited<ReturnType<typeof readCheck>>;
type ToPublish = Check['publish'][number];

export function DnsCheck({ name }: { readonly name: string }): React.JSX.Element {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ['domain-check', name],
    queryFn: () => readCheck(name),
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });
  return (
    <Section
      title={t('dns.title')}
      actions={
        <Button size="xs" variant="default" loading={query.isFetching} onClick={() => void query.refetch()}>
          {t('dns.again')}
        </Button>
      }
    >
      {query.isPending && <Loading />}
      {query.isError && <Failed error={query.error} retry={query.refetch} />}
      {query.data !== undefined && (
        <Stack>
          <Lines lines={query.data.lines} />
          {query.data.publish.length > 0 && <Publish records={query.data.publish} />}
        </Stack>
      )}
    </Section>
  );
}

function Lines({ lines }: { readonly lines: Check['lines'] }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <ul className="gate-marked">
      {lines.map((l) => (
        <li key={`${l.area} ${l.text}`}>
          <Mark tone={toneOf(l.outcome)}>{word(t, 'dns-outcome', l.outcome)}</Mark>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            <Text span fw={600} size="sm">
              {l.area.toUpperCase()}
            </Text>{' '}
            <span lang="en">{l.text}</span>
          </Text>
        </li>
      ))}
    </ul>
  );
}

function Publish({ records }: { readonly records: readonly ToPublish[] }): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<ToPublish>[] = [
    { head: t('dns.name'), cell: (r) => <span className="gate-mono">{r.name}</span> },
    { head: t('dns.type'), cell: (r) => r.type },
    {
      head: t('dns.value'),
      cell: (r) =>
        r.isAdvice === true ? <span lang="en">{r.value}</span> : <span className="gate-mono">{r.value}</span>,
    },
    {
      head: t('action.copy'),
      isQuiet: true,
      cell: (r) => (r.isAdvice === true ? null : <Copy value={r.value} name={`${r.type} ${r.name}`} />),
    },
  ];
  return (
    <>
      <Title order={3} fz="md">
        {t('dns.publish')}
      </Title>
      <List
        name={t('dns.publish')}
        rows={records}
        keyOf={(r) => `${r.type} ${r.name} ${r.value}`}
        columns={columns}
      />
    </>
  );
}
