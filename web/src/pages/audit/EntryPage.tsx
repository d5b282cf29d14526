/** One entry of the log, and the proof that it stands there, checked here in the browser and not by the server that tells it. */
import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { Copy } from '../../parts/Copy.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { checkEntry, type Checked, keptPolicy, keepPolicy } from './check.ts';
import { readLog } from './LogState.tsx';

const route = getRouteApi('/audit/$index');
const readEntry = (index: number) =>
  answer(api.GET('/api/v1/audit/events/{index}', { params: { path: { index } } }));
type Entry = Awaited<ReturnType<typeof readEntry>>;

export function EntryPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { index } = route.useParams();
  const query = useQuery({ queryKey: ['audit-entry', index], queryFn: () => readEntry(Number(index)) });
  return (
    <Page title={t('audit.entry', { index })} crumbs={[{ text: t('nav.audit'), to: '/audit' }]}>
      <View query={query}>
        {(entry) => (
          <Stack gap="lg">
            <Section title={t('audit.event')}>
              <Facts
                facts={[
                  [t('record.at'), <When key="at" at={entry.at} />],
                  [
                    t('record.what'),
                    <span key="what" className="gate-mono">
                      {entry.what}
                    </span>,
                  ],
                  [
                    t('record.actor'),
                    <span key="actor" className="gate-mono">
                      {entry.actor}
                    </span>,
                  ],
                  [
                    t('audit.subject'),
                    <span key="subject" className="gate-mono">
                      {entry.subject}
                    </span>,
                  ],
                  [t('record.details'), <Json key="details" value={entry.details} />],
                  ...(entry.personal === undefined
                    ? []
                    : ([[t('audit.personal'), <Personal key="p" value={entry.personal} />]] as const)),
                ]}
              />
            </Section>
            <Proof entry={entry} />
          </Stack>
        )}
      </View>
    </Page>
  );
}

const Json = ({ value }: { readonly value: unknown }): React.JSX.Element => (
  <pre className="gate-mono" style={{ margin: 0, whiteSpace: 'pre-wrap' }}>
    {JSON.stringify(value, null, 2)}
  </pre>
);

function Personal({ value }: { readonly value: NonNullable<Entry['personal']> }): React.JSX.Element {
  const { t } = useTranslation();
  if (typeof value !== 'string') return <Json value={value} />;
  return <>{t(`audit.personal-${value}`)}</>;
}

/** Whom to trust is kept in this browser: a proof is worth nothing when its keys come from where it comes from. */
function Proof({ entry }: { readonly entry: Entry }): React.JSX.Element {
  const { t } = useTranslation();
  const [policy, setPolicy] = useState(keptPolicy);
  const [checked, setChecked] = useState<Checked>();
  const check = async (): Promise<void> => {
    keepPolicy(policy);
    setChecked(await checkEntry(entry.proof, entry.entry, policy));
  };
  const takeFromServer = async (): Promise<void> => setPolicy((await readLog()).policy);
  return (
    <Section title={t('audit.proof')} actions={<Copy value={entry.proof} name={t('audit.proof')} />}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t('audit.proof-lead')}
        </Text>
        <Textarea
          label={t('audit.policy')}
          description={t('audit.policy-help')}
          value={policy}
          onChange={(e) => setPolicy(e.currentTarget.value)}
          autosize
          minRows={3}
          maxRows={8}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8rem' } }}
        />
        <Group>
          <Button onClick={() => void check()}>{t('audit.check')}</Button>
          <Button variant="default" onClick={() => void takeFromServer()}>
            {t('audit.take-policy')}
          </Button>
        </Group>
        <div role="status">
          {checked !== undefined &&
            (checked.ok ? (
              <Stack gap={4}>
                <Group gap="sm">
                  <Mark tone="good">{t('audit.holds')}</Mark>
                  <Text size="sm">{t('audit.holds-lead', { index: checked.index, size: checked.size })}</Text>
                </Group>
                <Text size="sm" c="dimmed">
                  {t('audit.signers')} {checked.signers.join(', ')}
                </Text>
              </Stack>
            ) : (
              <Group gap="sm">
                <Mark tone="bad">{t('audit.fails')}</Mark>
                <Text size="sm" lang="en">
                  {checked.reason}
                </Text>
              </Group>
            ))}
        </div>
      </Stack>
    </Section>
  );
}
