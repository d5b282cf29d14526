/** One person: where signed in, a reset by link, suspending, and leaving for good. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { useAct } from '../../parts/act.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Facts } from '../../parts/Facts.tsx';
import { type Column, List } from '../../parts/List.tsx';
import { Mark, type Tone } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Reasoned } from '../../parts/Reasoned.tsx';
import { Section } from '../../parts/Section.tsx';
import { View } from '../../parts/States.tsx';
import { When } from '../../parts/When.tsx';
import { may, useStanding } from '../../session/session.ts';
import { GiveRole } from './GiveRole.tsx';
import { LinkDialog, type OneTimeLink } from './LinkDialog.tsx';

const route = getRouteApi('/people/$id');
const readPerson = (id: string) => answer(api.GET('/api/v1/people/{id}', { params: { path: { id } } }));
type Person = Awaited<ReturnType<typeof readPerson>>;
const readSessions = (id: string) =>
  answer(api.GET('/api/v1/people/{id}/sessions', { params: { path: { id } } }));
type OneSession = Awaited<ReturnType<typeof readSessions>>['items'][number];
type Word = 'suspend' | 'reactivate' | 'leave';
type Reset = 'invite' | 'password' | 'factors';

export const PERSON_TONES: Readonly<Record<Person['state'], Tone>> = {
  active: 'good',
  invited: 'info',
  suspended: 'warn',
  left: 'plain',
};

export function PersonPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const query = useQuery({ queryKey: ['people', 'one', id], queryFn: () => readPerson(id) });
  return (
    <Page title={query.data?.name ?? t('people.person')} crumbs={[{ text: t('nav.people'), to: '/people' }]}>
      <View query={query}>
        {(person) => (
          <Stack gap="lg">
            <Section title={t('people.person')}>
              <Facts
                facts={[
                  [t('sign-in.email'), person.email],
                  [
                    t('steer.state'),
                    <Mark key="state" tone={PERSON_TONES[person.state]}>
                      {t(`person-state.${person.state}`)}
                    </Mark>,
                  ],
                  [t('people.source'), t(`person-source.${person.source}`)],
                  [
                    t('people.last-sign-in'),
                    person.lastSignInAt === null ? (
                      t('people.never')
                    ) : (
                      <When key="last" at={person.lastSignInAt} />
                    ),
                  ],
                ]}
              />
            </Section>
            <Acts person={person} />
            <SessionsOf id={id} />
          </Stack>
        )}
      </View>
    </Page>
  );
}

function Acts({ person }: { readonly person: Person }): React.JSX.Element {
  const { t } = useTranslation();
  const standing = useStanding().data;
  const [asking, setAsking] = useState<Word>();
  const [isGiving, setGiving] = useState(false);
  const [link, setLink] = useState<OneTimeLink>();
  const isSelf = standing?.kind === 'person' && standing.session.person.id === person.id;
  const why = isSelf ? t('people.not-self') : person.state === 'left' ? t('people.has-left') : undefined;
  const reset = useAct({
    run: (what: Reset) =>
      answer(
        api.POST('/api/v1/people/{id}/reset-link', { params: { path: { id: person.id } }, body: { what } }),
      ),
    changes: ['people'],
    said: () => t('people.link-made'),
    after: (made) => setLink(made.link),
  });
  const resets: readonly Reset[] = person.state === 'invited' ? ['invite'] : ['password', 'factors'];
  return (
    <Section title={t('people.acts')}>
      <Group gap="xs">
        {may(standing, 'grant.write') && (
          <Reasoned size="sm" reason={why} onClick={() => setGiving(true)}>
            {t('roles.give')}
          </Reasoned>
        )}
        {resets.map((what) => (
          <Reasoned
            key={what}
            variant="default"
            size="sm"
            reason={why ?? (person.state === 'suspended' ? t('people.is-suspended') : undefined)}
            onClick={() => reset.mutate(what)}
          >
            {t(`people.reset-${what}`)}
          </Reasoned>
        ))}
        <Reasoned
          variant="default"
          size="sm"
          reason={why}
          onClick={() => setAsking(person.state === 'suspended' ? 'reactivate' : 'suspend')}
        >
          {t(person.state === 'suspended' ? 'people.reactivate' : 'people.suspend')}
        </Reasoned>
        <Reasoned color="red.9" size="sm" reason={why} onClick={() => setAsking('leave')}>
          {t('people.leave')}
        </Reasoned>
      </Group>
      <Ask person={person} word={asking} close={() => setAsking(undefined)} />
      {isGiving && <GiveRole person={person.id} close={() => setGiving(false)} />}
      <LinkDialog link={link} close={() => setLink(undefined)} />
    </Section>
  );
}

type AskProps = { readonly person: Person; readonly word: Word | undefined; readonly close: () => void };
function Ask({ person, word, close }: AskProps): React.JSX.Element {
  const { t } = useTranslation();
  const act = useAct({
    run: async (which: Word): Promise<unknown> => {
      const params = { path: { id: person.id } };
      switch (which) {
        case 'suspend':
          return await answer(api.POST('/api/v1/people/{id}/suspend', { params }));
        case 'reactivate':
          return await answer(api.POST('/api/v1/people/{id}/reactivate', { params }));
        case 'leave':
          return await answer(api.POST('/api/v1/people/{id}/leave', { params }));
      }
    },
    changes: ['people', 'sessions-of'],
    said: (_done, which) => t(`people.${which}-done`, { name: person.name }),
  });
  const which = word ?? 'suspend';
  return (
    <Confirm
      opened={word !== undefined}
      title={t(`people.${which}-title`, { name: person.name })}
      does={t(`people.${which}`)}
      isHarmful={which !== 'reactivate'}
      typed={which === 'leave' ? person.email : undefined}
      isBusy={act.isPending}
      onClose={close}
      onYes={() => act.mutate(which, { onSettled: close })}
    >
      {t(`people.${which}-lead`)}
    </Confirm>
  );
}

function SessionsOf({ id }: { readonly id: string }): React.JSX.Element {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['sessions-of', id], queryFn: () => readSessions(id) });
  const end = useAct({
    run: (session: string) =>
      answer(api.POST('/api/v1/people/{id}/sessions/end', { params: { path: { id } }, body: { session } })),
    changes: ['sessions-of'],
    said: ({ ended }) => t('account.ended', { count: ended }),
  });
  const columns: readonly Column<OneSession>[] = [
    {
      head: t('account.device'),
      cell: (s) => (
        <>
          <Text size="sm" lineClamp={2}>
            {s.userAgent === '' ? '–' : s.userAgent}
          </Text>
          <Text size="xs" c="dimmed">
            {s.ip}
          </Text>
        </>
      ),
    },
    { head: t('account.since'), cell: (s) => <When at={s.createdAt} /> },
    { head: t('account.used'), cell: (s) => <When at={s.seenAt} /> },
    {
      head: t('account.end'),
      isQuiet: true,
      align: 'right',
      cell: (s) => (
        <Button size="compact-xs" variant="default" onClick={() => end.mutate(s.id)}>
          {t('account.end')}
        </Button>
      ),
    },
  ];
  return (
    <Section title={t('people.sessions')}>
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Text>{t('people.no-sessions')}</Text>
          ) : (
            <List name={t('people.sessions')} rows={found.items} keyOf={(s) => s.id} columns={columns} />
          )
        }
      </View>
    </Section>
  );
}
