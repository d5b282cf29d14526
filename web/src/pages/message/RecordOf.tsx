/** What the audit log has on this message. */
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Column, List } from '../../parts/List.tsx';
import { When } from '../../parts/When.tsx';
import { Section } from '../../parts/Section.tsx';
import type { Story } from './story.ts';

type Event = Story['record'][number];

export function RecordOf({ record }: { readonly record: readonly Event[] }): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Event & { n: number }>[] = [
    { head: t('record.at'), cell: (e) => <When at={e.atMs} /> },
    { head: t('record.what'), cell: (e) => <span className="gate-mono">{e.what}</span> },
    { head: t('record.actor'), cell: (e) => <span className="gate-mono">{e.actor}</span> },
    {
      head: t('record.details'),
      cell: (e) => <span className="gate-mono">{JSON.stringify(e.details)}</span>,
    },
  ];
  return (
    <Section title={t('message.record')}>
      {record.length === 0 ? (
        <Text>{t('message.no-record')}</Text>
      ) : (
        <List
          name={t('message.record')}
          rows={record.map((e, n) => ({ ...e, n }))}
          keyOf={(e) => String(e.n)}
          columns={columns}
        />
      )}
    </Section>
  );
}
