/**
 * One request: what exactly is asked, who answered what, and the answer. An approver's passkey signs the request's hash, so that
 * the approval stands for this request and no other.
 */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { PersonName } from '../../parts/PersonName.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { approveRequest } from '../../session/approve.ts';
import { useStanding } from '../../session/session.ts';
import { REQUEST_TONES } from './RequestsPage.tsx';

const route = getRouteApi('/requests/$id');
const readRequest = (id: string) => answer(api.GET('/api/v1/requests/{id}', { params: { path: { id } } }));
type Shown = Awaited<ReturnType<typeof readRequest>>;
type Word = 'approve' | 'refuse' | 'withdraw' | 'execute';

export function RequestPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const query = useQuery({ queryKey: ['requests', 'one', id], queryFn: () => readRequest(id) });
  return (
    <Page
      title={query.data?.request.subject ?? t('requests.one')}
      crumbs={[{ text: t('nav.requests'), to: '/requests' }]}
      actions={query.data !== undefined && <Answer shown={query.data} />}
    >
      <View query={query}>
        {(shown) => (
          <Stack gap="lg">
            <Asked request={shown.request} />
            <Section title={t('requests.answers')}>
              {shown.answers.length === 0 ? (
                <Text>{t('requests.no-answer')}</Text>
              ) : (
                <Stack gap="xs">
                  {shown.answers.map((a) => (
                    <Group key={`${a.person} ${a.at}`} gap="sm">
                      <Mark tone={a.word === 'approve' ? 'good' : 'bad'}>{t(`requests.said-${a.word}`)}</Mark>
                      <PersonName id={a.person} />
                      <Text size="sm" c="dimmed" component="div">
                        <When at={a.at} /> · {t(a.isWeaker ? 'requests.by-step-up' : 'requests.by-passkey')}
                      </Text>
                    </Group>
                  ))}
                </Stack>
              )}
            </Section>
          </Stack>
        )}
      </View>
    </Page>
  );
}

function Asked({ request: r }: { readonly request: Shown['request'] }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Section title={t('requests.one')}>
      <Facts
        facts={[
          [
            t('steer.state'),
            <Mark key="s" tone={REQUEST_TONES[r.state]}>
              {t(`request-state.${r.state}`)}
            </Mark>,
          ],
          [
            t('requests.what'),
            <span key="w" className="gate-mono">
              {r.act}
            </span>,
          ],
          [t('requests.requester'), <PersonName key="r" id={r.requester} />],
          [t('steer.reason'), r.reason],
          [t('requests.ticket'), r.ticket ?? '–'],
          [
            t('requests.approval'),
            <span key="a" className="gate-mono">
              {r.approval}
            </span>,
          ],
          [t('requests.since'), <When key="since" at={r.createdAt} />],
          [t('requests.until'), <When key="until" at={r.expiresAt} />],
          [
            t('record.details'),
            <pre key="d" className="gate-mono" style={{ margin: 0, whiteSpace: 'pre-wrap' }}>
              {JSON.stringify(r.details, null, 2)}
            </pre>,
          ],
          [
            t('requests.hash'),
            <span key="h" className="gate-mono">
              {r.hash}
            </span>,
          ],
        ]}
      />
    </Section>
  );
}

function Answer({ shown: { request, mayAnswer } }: { readonly shown: Shown }): React.JSX.Element | null {
  const { t } = useTranslation();
  const standing = useStanding().data;
  const [asking, setAsking] = useState<Word>();
  const act = useAct({
    run: async (word: Word): Promise<unknown> => {
      const params = { path: { id: request.id } };
      switch (word) {
        case 'approve':
          return await approveRequest(request.id, request.hash);
        case 'refuse':
          return await answer(api.POST('/api/v1/requests/{id}/refuse', { params }));
        case 'withdraw':
          return await answer(api.POST('/api/v1/requests/{id}/withdraw', { params }));
        case 'execute':
          return await answer(api.POST('/api/v1/requests/{id}/execute', { params }));
      }
    },
    changes: ['requests', 'session'],
    said: (_done, word) => t(`requests.${word}-done`),
  });
  if (request.state !== 'open') return null;
  const isMine = standing?.kind === 'person' && standing.session.person.id === request.requester;
  const words: readonly Word[] = [
    ...(mayAnswer ? (['approve', 'refuse'] as const) : []),
    ...(isMine ? (['execute', 'withdraw'] as const) : []),
  ];
  const word = asking ?? 'approve';
  return (
    <>
      {words.map((w) => (
        <Button key={w} variant={w === 'approve' ? 'filled' : 'default'} onClick={() => setAsking(w)}>
          {t(`requests.${w}`)}
        </Button>
      ))}
      <Confirm
        opened={asking !== undefined}
        title={t(`requests.${word}-title`)}
        does={t(`requests.${word}`)}
        isHarmful={word === 'refuse' || word === 'withdraw'}
        isBusy={act.isPending}
        onClose={() => setAsking(undefined)}
        onYes={() => act.mutate(word, { onSettled: () => setAsking(undefined) })}
      >
        {t(`requests.${word}-lead`)}
      </Confirm>
    </>
  );
}
