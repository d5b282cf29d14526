/** One message's story: connection → checks → decision → each recipient with its attempts → the record. */
import { Card, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { languageNow } from '../../i18n.ts';
import { Facts } from '../../parts/Facts.tsx';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { formatBytes, word } from '../../parts/words.ts';
import { Checks } from './Checks.tsx';
import { Deliveries } from './Deliveries.tsx';
import { Reasons } from './Reasons.tsx';
import { RecordOf } from './RecordOf.tsx';
import { readStory, type Story } from './story.ts';

const route = getRouteApi('/messages/$id');

export function MessagePage(): React.JSX.Element {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const lang = languageNow();
  const query = useQuery({ queryKey: ['message', id, lang], queryFn: () => readStory(id, lang) });
  const subject = query.data?.message.subject;
  const title = subject === undefined || subject === null || subject === '' ? t('message.title') : subject;
  return (
    <Page title={title} crumbs={[{ text: t('nav.messages'), to: '/messages' }]}>
      <View query={query}>
        {(story) => (
          <Stack gap="lg">
            <Summary story={story} />
            <Connection story={story} />
            <Checks checks={story.checks} />
            <Decision story={story} />
            <Deliveries recipients={story.recipients} />
            <RecordOf record={story.record} />
          </Stack>
        )}
      </View>
    </Page>
  );
}

function Summary({ story: { message: m } }: { readonly story: Story }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  return (
    <Card withBorder bg="var(--gate-card)">
      <Group mb="md">
        <Mark tone={toneOf(m.verdict)}>{word(t, 'verdict', m.verdict)}</Mark>
        {m.class !== 'none' && <Mark tone="plain">{word(t, 'class', m.class)}</Mark>}
        <Text size="sm" c="dimmed">
          {t(`direction.${m.direction}`)} · {formatBytes(m.size, i18n.language)}
        </Text>
      </Group>
      <Facts
        facts={[
          [t('message.received'), <When key="at" at={m.receivedAtMs} />],
          [t('message.from'), m.headerFrom ?? '–'],
          [t('message.mail-from'), m.mailFrom === '' ? '<>' : m.mailFrom],
          [
            t('message.message-id'),
            <span key="mid" className="gate-mono">
              {m.messageIdHeader ?? '–'}
            </span>,
          ],
          [
            t('message.id'),
            <span key="id" className="gate-mono">
              {m.id}
            </span>,
          ],
        ]}
      />
    </Card>
  );
}

function Connection({ story: { message: m } }: { readonly story: Story }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Section title={t('message.connection')}>
      <Facts
        facts={[
          [t('message.peer'), `${m.peerIp} (${m.peerName ?? t('message.no-name')})`],
          [t('message.helo'), m.helo],
          [t('message.protocol'), `${m.protocol}, ${m.listener}`],
          [
            t('message.tls'),
            m.tlsVersion === null ? t('message.no-tls') : `${m.tlsVersion}, ${m.tlsCipher ?? '–'}`,
          ],
          ...(m.authWho === null
            ? []
            : ([[t('message.auth'), `${m.authWho} (${m.authMethod ?? '–'})`]] as const)),
        ]}
      />
    </Section>
  );
}

function Decision({ story }: { readonly story: Story }): React.JSX.Element {
  const { t } = useTranslation();
  const { message: m, because } = story;
  return (
    <Section title={t('message.decision')}>
      <Stack gap="xs">
        <Group>
          <Mark tone={toneOf(m.verdict)}>{word(t, 'verdict', m.verdict)}</Mark>
          <Text size="sm" c="dimmed">
            {t('message.policy', { version: m.policyVersion })}
          </Text>
        </Group>
        {because.length === 0 ? (
          <Text size="sm">{t('message.no-reason')}</Text>
        ) : (
          <Reasons because={because} />
        )}
      </Stack>
    </Section>
  );
}
