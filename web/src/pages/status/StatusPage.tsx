/** Is the gate working, what waits for somebody, what did the last day bring. */
import { Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { TextLink } from '../../parts/TextLink.tsx';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { may, useStanding } from '../../session/session.ts';
import { word } from '../../parts/words.ts';

const REFRESH_MS = 15_000;
const readStatus = () => answer(api.GET('/api/v1/status'));
type Status = Awaited<ReturnType<typeof readStatus>>;

/** The first page of everybody: what the gate does for those who may see it, the way to rights for the others. */
export function StatusPage(): React.JSX.Element {
  const standing = useStanding().data;
  return may(standing, 'status.read') ? <Overview /> : <Welcome />;
}

function Welcome(): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Page title={t('status.welcome')} lead={t('status.welcome-lead')}>
      <Group>
        <TextLink to="/requests">{t('requests.ask')}</TextLink>
        <TextLink to="/account">{t('account.title')}</TextLink>
      </Group>
    </Page>
  );
}

function Overview(): React.JSX.Element {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['status'], queryFn: readStatus, refetchInterval: REFRESH_MS });
  return (
    <Page title={t('status.title')} lead={t('status.lead')}>
      <View query={query}>
        {(s) => (
          <Stack gap="lg">
            <Figures status={s} />
            <Parts status={s} />
            <Verdicts status={s} />
          </Stack>
        )}
      </View>
    </Page>
  );
}

const most = ({ count, isMore }: { count: number; isMore: boolean }, language: string): string =>
  `${new Intl.NumberFormat(language).format(count)}${isMore ? '+' : ''}`;

function Figures({ status }: { readonly status: Status }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <Figure title={t('status.ready')} note={status.hostname}>
        <Mark tone={status.ready ? 'good' : 'bad'}>
          {status.ready ? t('status.ready-yes') : t('status.ready-no')}
        </Mark>
      </Figure>
      <Figure
        title={t('status.queue')}
        note={
          status.queue.oldestAt === null ? (
            t('status.queue-empty')
          ) : (
            <>
              {t('status.oldest')} <When at={status.queue.oldestAt} />
            </>
          )
        }
      >
        <TextLink to="/queue" fz="1.8rem" fw={600}>
          {most(status.queue, i18n.language)}
        </TextLink>
      </Figure>
      <Figure title={t('status.held')} note={t('status.held-note')}>
        <TextLink to="/held" fz="1.8rem" fw={600}>
          {most(status.held, i18n.language)}
        </TextLink>
      </Figure>
    </SimpleGrid>
  );
}

type FigureProps = {
  readonly title: string;
  readonly note: React.ReactNode;
  readonly children: React.ReactNode;
};
function Figure({ title, note, children }: FigureProps): React.JSX.Element {
  return (
    <Card withBorder bg="var(--gate-card)">
      <Title order={2} fz="sm" c="dimmed">
        {title}
      </Title>
      <Group h={48} align="center">
        {children}
      </Group>
      <Text size="sm" c="dimmed" component="div">
        {note}
      </Text>
    </Card>
  );
}

function Parts({ status }: { readonly status: Status }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Card withBorder bg="var(--gate-card)" component="section" aria-labelledby="parts">
      <Title order={2} id="parts" mb="sm">
        {t('status.parts')}
      </Title>
      <Stack gap="xs">
        {status.parts.map((p) => (
          <Group key={p.name} justify="space-between" wrap="nowrap">
            <div>
              <Text>{word(t, 'part', p.name)}</Text>
              {p.trouble !== null && (
                <Text size="sm" c="dimmed" lang="en">
                  {p.trouble}
                </Text>
              )}
            </div>
            <Mark tone={p.trouble === null ? 'good' : 'bad'}>
              {p.trouble === null ? t('status.works') : t('status.trouble')}
            </Mark>
          </Group>
        ))}
        {status.missingEngines.map((name) => (
          <Group key={name} justify="space-between" wrap="nowrap">
            <div>
              <Text>{word(t, 'part', name)}</Text>
              <Text size="sm" c="dimmed">
                {word(t, 'missing', name)}
              </Text>
            </div>
            <Mark tone="warn">{t('status.not-configured')}</Mark>
          </Group>
        ))}
      </Stack>
    </Card>
  );
}

function Verdicts({ status }: { readonly status: Status }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  return (
    <Card withBorder bg="var(--gate-card)" component="section" aria-labelledby="verdicts">
      <Title order={2} id="verdicts" mb="sm">
        {t('status.day')}
      </Title>
      <SimpleGrid cols={{ base: 2, sm: 5 }}>
        {status.verdicts.map((v) => (
          <div key={v.verdict}>
            <Mark tone={toneOf(v.verdict)}>{word(t, 'verdict', v.verdict)}</Mark>
            <Text mt={4}>
              <TextLink to="/messages" search={{ verdict: v.verdict }} fz="1.4rem" fw={600}>
                {most(v, i18n.language)}
              </TextLink>
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Card>
  );
}
