/** How long the log is, when it was last signed, and up to where witnesses have seen it. */
import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api, ApiProblem } from '../../api/client.ts';
import { Copy } from '../../parts/Copy.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Section } from '../../parts/Section.tsx';
import { Failed, Loading } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { formatSpan } from '../../parts/words.ts';

const REFRESH_MS = 5_000;
export const readLog = () => answer(api.GET('/api/v1/audit/log'));
type Log = Awaited<ReturnType<typeof readLog>>;

export function LogState(): React.JSX.Element {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['audit-log'], queryFn: readLog, refetchInterval: REFRESH_MS });
  const isNew = query.error instanceof ApiProblem && query.error.status === 404;
  return (
    <Section title={t('audit.state')}>
      {query.isPending && <Loading />}
      {isNew && <Text>{t('audit.new')}</Text>}
      {query.isError && !isNew && <Failed error={query.error} retry={query.refetch} />}
      {query.data !== undefined && <Known log={query.data} />}
    </Section>
  );
}

function Known({ log }: { readonly log: Log }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <>
      <Group gap="sm">
        <Text>{t('audit.size', { count: log.size, n: number.format(log.size) })}</Text>
        <Text c="dimmed" component="div">
          {t('audit.signed')} <When at={log.signedAt} />
        </Text>
        <Copy value={log.checkpoint} name={t('audit.checkpoint')} />
      </Group>
      <Group gap="sm" mt="xs">
        {log.witnessed === null ? (
          <>
            <Mark tone="warn">{t('audit.unwitnessed')}</Mark>
            <Text size="sm" c="dimmed">
              {t('audit.unwitnessed-lead')}
            </Text>
          </>
        ) : (
          <>
            <Mark tone="good">{t('audit.witnessed')}</Mark>
            <Text size="sm">
              {t('audit.witnessed-to', {
                n: number.format(log.witnessed.size),
                ago: formatSpan(log.witnessed.ageS, i18n.language),
              })}
            </Text>
          </>
        )}
      </Group>
      {log.witnesses.length > 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {t('audit.witnesses')} {log.witnesses.map((w) => w.name).join(', ')}
        </Text>
      )}
    </>
  );
}
