/** A request to read content, in plain words, and the consent to it: signed with a passkey over the request's hash. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { Page } from '../../parts/Page.tsx';
import { PersonName } from '../../parts/PersonName.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { formatSpan } from '../../parts/words.ts';
import { approveRequest } from '../../session/approve.ts';
import { askedIn } from './scope-of.ts';
import { Scope } from './Scope.tsx';

const route = getRouteApi('/content/requests/$id');
const readRequest = (id: string) => answer(api.GET('/api/v1/requests/{id}', { params: { path: { id } } }));
type Shown = Awaited<ReturnType<typeof readRequest>>;
type Word = 'consent' | 'refuse';

export function ConsentPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const query = useQuery({ queryKey: ['requests', 'one', id], queryFn: () => readRequest(id) });
  return (
    <Page
      title={t('content.request')}
      lead={t('content.consent-lead')}
      crumbs={[{ text: t('nav.content'), to: '/content' }]}
    >
      <View query={query}>
        {(shown) => (
          <Stack gap="lg">
            <Asked request={shown.request} />
            <Answer shown={shown} />
          </Stack>
        )}
      </View>
    </Page>
  );
}

function Asked({ request: r }: { readonly request: Shown['request'] }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const asked = askedIn(r.details);
  const mono = (text: string): React.JSX.Element => <span className="gate-mono">{text}</span>;
  return (
    <Section title={t('content.request')}>
      <Facts
        facts={[
          [t('content.why'), r.reason],
          [t('content.ticket'), r.ticket ?? '–'],
          [t('content.who'), <PersonName key="w" id={r.requester} />],
          [t('content.scope'), <Scope key="s" message={asked.message} search={asked.search} />],
          [t('content.place'), mono(asked.place ?? '–')],
          [
            t('content.how-long'),
            asked.durationMs === undefined ? '–' : formatSpan(asked.durationMs / 1000, i18n.language),
          ],
          [t('content.asked'), <When key="a" at={r.createdAt} />],
          [t('content.answer-by'), <When key="b" at={r.expiresAt} />],
          [t('content.rule'), mono(r.approval)],
        ]}
      />
    </Section>
  );
}

function Answer({ shown: { request, mayAnswer } }: { readonly shown: Shown }): React.JSX.Element {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<Word>();
  const act = useAct({
    run: async (word: Word): Promise<unknown> =>
      word === 'consent'
        ? await approveRequest(request.id, request.hash)
        : await answer(api.POST('/api/v1/requests/{id}/refuse', { params: { path: { id: request.id } } })),
    changes: ['requests', 'content-access', 'notices'],
    said: (_done, word) => t(`content.${word}-done`),
  });
  if (request.state !== 'open') return <Text>{t('content.is-over')}</Text>;
  if (!mayAnswer) return <Text>{t('content.not-yours')}</Text>;
  const word = asking ?? 'consent';
  return (
    <Group gap="xs">
      <Button onClick={() => setAsking('consent')}>{t('content.consent')}</Button>
      <Button variant="default" onClick={() => setAsking('refuse')}>
        {t('content.refuse')}
      </Button>
      <Confirm
        opened={asking !== undefined}
        title={t(`content.${word}-title`)}
        does={t(`content.${word}`)}
        isHarmful={word === 'refuse'}
        isBusy={act.isPending}
        onClose={() => setAsking(undefined)}
        onYes={() => act.mutate(word, { onSettled: () => setAsking(undefined) })}
      >
        {t(word === 'consent' ? 'content.consent-sign' : 'content.refuse-lead')}
      </Confirm>
    </Group>
  );
}
