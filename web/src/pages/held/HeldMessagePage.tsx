/** One held message: for whom, why, and the two ways out. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { TextLink } from '../../parts/TextLink.tsx';
import { languageNow } from '../../i18n.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { Mark, toneOf } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { formatBytes, word } from '../../parts/words.ts';
import { Says } from '../content/Says.tsx';
import type { HeldItem } from './HeldPage.tsx';

const route = getRouteApi('/held/$id');
const readOne = (id: string, lang: 'de' | 'en' | 'nl') =>
  answer(api.GET('/api/v1/held/{id}', { params: { path: { id }, query: { lang } } }));
type Detail = Awaited<ReturnType<typeof readOne>>;
/** What a person decides: for one recipient, or for all that are held. */
type Decision = { readonly what: 'release' | 'delete'; readonly recipient: string | undefined };

export function HeldMessagePage(): React.JSX.Element {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const lang = languageNow();
  const [asking, setAsking] = useState<Decision>();
  const query = useQuery({ queryKey: ['held', id, lang], queryFn: () => readOne(id, lang) });
  const subject = query.data?.items[0]?.subject;
  return (
    <Page
      title={subject === undefined || subject === null || subject === '' ? t('held.one') : subject}
      crumbs={[{ text: t('nav.held'), to: '/held' }]}
      actions={query.data !== undefined && <Ways ask={(what) => setAsking({ what, recipient: undefined })} />}
    >
      <View query={query}>
        {(detail) => (
          <Stack gap="lg">
            <About detail={detail} id={id} />
            <ForEach items={detail.items} ask={setAsking} />
            <Says id={id} recipient={detail.items[0]?.recipient} />
            <Found findings={detail.findings} />
          </Stack>
        )}
      </View>
      <Ask id={id} decision={asking} close={() => setAsking(undefined)} />
    </Page>
  );
}

function Ways({ ask }: { readonly ask: (what: Decision['what']) => void }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <>
      <Button onClick={() => ask('release')}>{t('held.release')}</Button>
      <Button color="red.9" onClick={() => ask('delete')}>
        {t('held.delete')}
      </Button>
    </>
  );
}

function About({ detail, id }: { readonly detail: Detail; readonly id: string }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const [first] = detail.items;
  return (
    <Section title={t('held.about')}>
      <Facts
        facts={[
          [t('message.from'), first?.headerFrom ?? '–'],
          [t('message.mail-from'), first?.mailFrom === '' ? '<>' : (first?.mailFrom ?? '–')],
          [t('message.size'), formatBytes(first?.size ?? 0, i18n.language)],
        ]}
      />
      <Text mt="sm">
        <TextLink to="/messages/$id" params={{ id }}>
          {t('held.story')}
        </TextLink>
      </Text>
    </Section>
  );
}

type ForEachProps = { readonly items: readonly HeldItem[]; readonly ask: (decision: Decision) => void };
function ForEach({ items, ask }: ForEachProps): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Section title={t('held.recipients')}>
      <Stack>
        {items.map((h) => (
          <div key={h.n}>
            <Group justify="space-between">
              <Group gap="sm">
                <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
                  {h.recipient}
                </Text>
                <Mark tone="warn">{word(t, 'class', h.class)}</Mark>
                <Text size="sm" c="dimmed">
                  {t('held.since')} <When at={h.heldAt} />
                </Text>
              </Group>
              {items.length > 1 && (
                <Group gap="xs">
                  {(['release', 'delete'] as const).map((what) => (
                    <Button
                      key={what}
                      size="compact-sm"
                      variant="default"
                      onClick={() => ask({ what, recipient: h.recipient })}
                      aria-label={`${t(`held.${what}`)}: ${h.recipient}`}
                    >
                      {t(`held.${what}`)}
                    </Button>
                  ))}
                </Group>
              )}
            </Group>
            <ul style={{ margin: '0.3rem 0 0', paddingInlineStart: '1.2rem' }}>
              {h.reasons.map((r) => (
                <li key={`${r.rule} ${r.text}`}>{r.text}</li>
              ))}
            </ul>
          </div>
        ))}
      </Stack>
    </Section>
  );
}

const ORDER = ['fail', 'crashed', 'timeout', 'permerror', 'temperror', 'neutral', 'pass'];
const worstFirst = (a: { outcome: string }, b: { outcome: string }): number =>
  ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome);

function Found({ findings }: { readonly findings: Detail['findings'] }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Section title={t('message.checks')}>
      <ul className="gate-marked">
        {findings.toSorted(worstFirst).map((f) => (
          <li key={`${f.check} ${f.text}`}>
            <Mark tone={toneOf(f.outcome)}>{word(t, 'outcome', f.outcome)}</Mark>
            <Text size="sm">
              {f.text}{' '}
              <Text span size="sm" c="dimmed" className="gate-mono">
                {f.check}
              </Text>
            </Text>
          </li>
        ))}
      </ul>
    </Section>
  );
}

type AskProps = { readonly id: string; readonly decision: Decision | undefined; readonly close: () => void };
function Ask({ id, decision, close }: AskProps): React.JSX.Element {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const act = useAct({
    run: async ({ what, recipient }: Decision) =>
      what === 'release'
        ? await answer(
            api.POST('/api/v1/held/{id}/release', {
              params: { path: { id } },
              body: recipient === undefined ? {} : { recipient },
            }),
          )
        : await answer(api.DELETE('/api/v1/held/{id}', { params: { path: { id }, query: { recipient } } })),
    changes: ['held', 'message', 'messages', 'status'],
    said: (done, { what }) => t(`held.${what}d`, { count: done.items.length }),
    after: () => navigate({ to: '/held' }),
  });
  const what = decision?.what ?? 'release';
  return (
    <Confirm
      opened={decision !== undefined}
      title={t(`held.${what}-title`)}
      does={t(`held.${what}`)}
      isHarmful={what === 'delete'}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => {
        if (decision !== undefined) act.mutate(decision, { onSettled: close });
      }}
    >
      <Text>{t(`held.${what}-lead`)}</Text>
      <Text fw={600} mt="xs" style={{ overflowWrap: 'anywhere' }}>
        {decision?.recipient ?? t('held.all')}
      </Text>
    </Confirm>
  );
}
