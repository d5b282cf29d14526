/** Each recipient: what was decided, how the deliveries went, over which transport, and what the other side said. */
import { Group, Stack, Text, Timeline } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { When } from '../../parts/When.tsx';
import { word } from '../../parts/words.ts';
import { Section } from '../../parts/Section.tsx';
import { Reasons } from './Reasons.tsx';
import type { Story } from './story.ts';

type Recipient = Story['recipients'][number];
type Attempt = Recipient['attempts'][number];

export function Deliveries({ recipients }: { readonly recipients: readonly Recipient[] }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Section title={t('message.recipients')}>
      <Stack gap="lg">
        {recipients.map((r) => (
          <div key={r.n}>
            <Group gap="sm" mb="xs">
              <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
                {r.address}
              </Text>
              <Mark tone={toneOf(r.state)}>{word(t, 'state', r.state)}</Mark>
              <Text size="sm" c="dimmed">
                <When at={r.stateAtMs} />
              </Text>
              {r.nextAtMs !== null && (
                <Text size="sm" c="dimmed">
                  {t('message.next-try')} <When at={r.nextAtMs} />
                </Text>
              )}
            </Group>
            {r.because.length > 0 && <Reasons because={r.because} />}
            {r.attempts.length > 0 && (
              <Timeline bulletSize={14} lineWidth={2} mt="sm" active={r.attempts.length}>
                {r.attempts.map((a) => (
                  <Timeline.Item key={a.atMs} title={<AttemptTitle attempt={a} />}>
                    <AttemptBody attempt={a} />
                  </Timeline.Item>
                ))}
              </Timeline>
            )}
          </div>
        ))}
      </Stack>
    </Section>
  );
}

function AttemptTitle({ attempt: a }: { readonly attempt: Attempt }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Group gap="xs">
      <Mark tone={toneOf(a.outcome)}>{word(t, 'attempt', a.outcome)}</Mark>
      <Text size="sm">
        <When at={a.atMs} />
      </Text>
      <Text size="sm" c="dimmed">
        {a.durationMs} ms
      </Text>
    </Group>
  );
}

function AttemptBody({ attempt: a }: { readonly attempt: Attempt }): React.JSX.Element {
  const { t } = useTranslation();
  const host = a.remoteHost === null ? t('message.nobody-reached') : `${a.remoteHost} [${a.remoteIp ?? '–'}]`;
  const tls = a.tlsVersion === null ? t('message.no-tls') : `${a.tlsVersion} ${a.tlsCipher ?? ''}`;
  const said = [a.replyCode, a.enhanced, a.replyText].filter((p) => p !== null && p !== '').join(' ');
  return (
    <Stack gap={2} mt={4}>
      <Text size="sm">{t('message.at-stage', { host, stage: a.stage })}</Text>
      {a.remoteHost !== null && (
        <Text size="sm" c="dimmed">
          {t('message.transport')}{' '}
          {[a.security, a.securityDetail, tls].filter((p) => p !== '' && p !== 'none').join(', ')}
        </Text>
      )}
      {said !== '' && (
        <Text size="sm" className="gate-mono">
          {a.replyCode === null ? t('message.we-found') : t('message.they-said')} {said}
        </Text>
      )}
    </Stack>
  );
}
