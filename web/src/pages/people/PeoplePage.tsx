/** The people of the tenant: found by name or address, invited with a link that works once. */
import { Button, Card, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, complaintAt } from '../../api/client.ts';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../../i18n.ts';
import { useAct } from '../../parts/act.ts';
import { FormDialog } from '../../parts/FormDialog.tsx';
import { type Column, List, Pages } from '../../parts/List.tsx';
import { Mark } from '../../parts/Mark.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, View } from '../../parts/States.tsx';
import { TextLink } from '../../parts/TextLink.tsx';
import { When } from '../../parts/When.tsx';
import { LinkDialog, type OneTimeLink } from './LinkDialog.tsx';
import { PERSON_TONES } from './PersonPage.tsx';

const route = getRouteApi('/people');
const LIMIT = 50;
const readPeople = (query: { search?: string; cursor?: string }) =>
  answer(api.GET('/api/v1/people', { params: { query: { ...query, limit: LIMIT } } }));
type Person = Awaited<ReturnType<typeof readPeople>>['items'][number];

export function PeoplePage(): React.JSX.Element {
  const { t } = useTranslation();
  const asked = route.useSearch();
  const navigate = useNavigate({ from: '/people' });
  const [isInviting, setInviting] = useState(false);
  const [link, setLink] = useState<OneTimeLink>();
  const query = useQuery({
    queryKey: ['people', asked],
    queryFn: () => readPeople(asked),
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title={t('people.title')}
      lead={t('people.lead')}
      actions={<Button onClick={() => setInviting(true)}>{t('people.invite')}</Button>}
    >
      <Find
        key={asked.search}
        search={asked.search ?? ''}
        ask={(search) => void navigate({ search: { search } })}
      />
      <View query={query}>
        {(found) =>
          found.items.length === 0 ? (
            <Empty title={t('people.none')} />
          ) : (
            <Stack>
              <Rows rows={found.items} />
              <Pages
                shown={found.items.length}
                isFirst={asked.cursor === undefined}
                next={found.next}
                go={(cursor) => void navigate({ search: { ...asked, cursor } })}
              />
            </Stack>
          )
        }
      </View>
      {isInviting && <Invite close={() => setInviting(false)} made={setLink} />}
      <LinkDialog link={link} close={() => setLink(undefined)} />
    </Page>
  );
}

function Find({
  search,
  ask,
}: {
  readonly search: string;
  readonly ask: (search: string) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(search);
  return (
    <Card withBorder bg="var(--gate-card)">
      <form
        role="search"
        onSubmit={(e) => {
          e.preventDefault();
          ask(draft.trim());
        }}
      >
        <Group align="flex-end">
          <TextInput
            label={t('people.search')}
            value={draft}
            onChange={(e) => setDraft(e.currentTarget.value)}
            w={320}
            maw="100%"
          />
          <Button type="submit">{t('messages.search')}</Button>
        </Group>
      </form>
    </Card>
  );
}

function Rows({ rows }: { readonly rows: readonly Person[] }): React.JSX.Element {
  const { t } = useTranslation();
  const columns: readonly Column<Person>[] = [
    {
      head: t('account.name'),
      cell: (p) => (
        <>
          <TextLink to="/people/$id" params={{ id: p.id }} size="sm">
            {p.name}
          </TextLink>
          <Text size="xs" c="dimmed">
            {p.email}
          </Text>
        </>
      ),
    },
    {
      head: t('steer.state'),
      cell: (p) => <Mark tone={PERSON_TONES[p.state]}>{t(`person-state.${p.state}`)}</Mark>,
    },
    { head: t('people.source'), cell: (p) => t(`person-source.${p.source}`) },
    {
      head: t('people.last-sign-in'),
      cell: (p) => (p.lastSignInAt === null ? t('people.never') : <When at={p.lastSignInAt} />),
    },
  ];
  return <List name={t('people.title')} rows={rows} keyOf={(p) => p.id} columns={columns} />;
}

type InviteProps = { readonly close: () => void; readonly made: (link: OneTimeLink) => void };
function Invite({ close, made }: InviteProps): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const own = LANGUAGES.find((l) => l === i18n.language) ?? 'en';
  const [draft, setDraft] = useState<{ name: string; email: string; language: Language }>({
    name: '',
    email: '',
    language: own,
  });
  const invite = useAct({
    run: (body: typeof draft) => answer(api.POST('/api/v1/people', { body })),
    changes: ['people'],
    said: ({ person }) => t('people.invited', { name: person.name }),
    after: ({ link }) => {
      close();
      made(link);
    },
    quiet: true,
  });
  return (
    <FormDialog
      opened
      title={t('people.invite')}
      does={t('people.invite')}
      error={invite.error}
      isBusy={invite.isPending}
      onSend={() => invite.mutate(draft)}
      onClose={close}
    >
      <TextInput
        label={t('account.name')}
        value={draft.name}
        onChange={(e) => setDraft({ ...draft, name: e.currentTarget.value })}
        error={complaintAt(invite.error, 'name')}
        required
        data-autofocus
      />
      <TextInput
        label={t('sign-in.email')}
        type="email"
        value={draft.email}
        onChange={(e) => setDraft({ ...draft, email: e.currentTarget.value })}
        error={complaintAt(invite.error, 'email')}
        required
      />
      <NativeSelect
        label={t('shell.language')}
        value={draft.language}
        onChange={(e) =>
          setDraft({ ...draft, language: LANGUAGES.find((l) => l === e.currentTarget.value) ?? 'en' })
        }
        data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
      />
    </FormDialog>
  );
}
