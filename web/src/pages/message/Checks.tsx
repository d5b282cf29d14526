/** What every check found, those that speak against the message first. */
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Column, List } from '../../parts/List.tsx';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { word } from '../../parts/words.ts';
import { Section } from '../../parts/Section.tsx';
import type { Story } from './story.ts';

type Check = Story['checks'][number];

export function Checks({ checks }: { readonly checks: readonly Check[] }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const columns: readonly Column<Check>[] = [
    { head: t('check.name'), cell: (c) => <span className="gate-mono">{c.check}</span> },
    {
      head: t('check.outcome'),
      cell: (c) => <Mark tone={toneOf(c.outcome)}>{word(t, 'outcome', c.outcome)}</Mark>,
    },
    {
      head: t('check.found'),
      cell: (c) => (
        <>
          <Text size="sm">{c.text}</Text>
          {c.cites.length > 0 && (
            <Text size="xs" c="dimmed">
              {c.cites.join(', ')}
            </Text>
          )}
        </>
      ),
    },
    { head: t('check.class'), cell: (c) => word(t, 'class', c.class) },
    { head: t('check.weight'), align: 'right', cell: (c) => number.format(c.weight) },
    { head: t('check.took'), align: 'right', cell: (c) => `${number.format(c.durationUs / 1000)} ms` },
  ];
  const sorted = checks.toSorted((a, b) => b.weight - a.weight);
  return (
    <Section title={t('message.checks')}>
      {checks.length === 0 ? (
        <Text>{t('message.no-checks')}</Text>
      ) : (
        <List
          name={t('message.checks')}
          rows={sorted.map((c, n) => ({ ...c, n }))}
          keyOf={(c) => `${c.check} ${c.text}`}
          columns={columns}
        />
      )}
    </Section>
  );
}
