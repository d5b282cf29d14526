/**
 * Reads a held message while access to it is open: its texts as plain text. Nothing of it is ever rendered, loaded or led to, and
 * nothing stays once the page is left.
 */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ApiProblem } from '../../api/client.ts';
import { Page } from '../../parts/Page.tsx';
import { Section } from '../../parts/Section.tsx';
import { Failed } from '../../parts/States.tsx';
import { formatBytes } from '../../parts/words.ts';
import { useProof } from '../../session/Proof.tsx';
import { type Letter, type LetterPart, readLetter } from './letter.ts';

const route = getRouteApi('/held/$id/read');

type Opened = { readonly letter: Letter; readonly untilMs: number };
/** No access lasts longer. */
const MOST_MS = 3_600_000;

async function open(id: string): Promise<Opened> {
  const { access, base64 } = await answer(
    api.POST('/api/v1/held/{id}/content', { params: { path: { id } } }),
  );
  const letter = readLetter(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
  return { letter, untilMs: await endOf(access) };
}

/** The reader was told when the access was opened, and of its end with it. */
async function endOf(access: string): Promise<number> {
  const told = await answer(api.GET('/api/v1/notices', { params: { query: { limit: 100 } } }));
  const ends = told.items
    .filter((n) => n.kind === 'content-access' && n.details['access'] === access)
    .map((n) => n.details['expiresAtMs']);
  const end = ends.find((ms) => typeof ms === 'number');
  return Math.min(end ?? Infinity, Date.now() + MOST_MS);
}

export function ReadPage(): React.JSX.Element {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const withProof = useProof();
  const opening = useMutation({ mutationFn: () => withProof(() => open(id)), gcTime: 0 });
  const { reset } = opening;
  useEffect(() => reset, [id, reset]);
  const untilMs = opening.data?.untilMs;
  useEffect(() => {
    if (untilMs === undefined) return undefined;
    const closing = setTimeout(reset, Math.max(0, untilMs - Date.now()));
    return () => clearTimeout(closing);
  }, [untilMs, reset]);
  return (
    <Page
      title={t('content.reader')}
      crumbs={[
        { text: t('nav.held'), to: '/held' },
        { text: t('held.one'), to: `/held/${id}` },
      ]}
      actions={
        opening.data !== undefined && (
          <Button variant="default" onClick={reset}>
            {t('content.close')}
          </Button>
        )
      }
    >
      {opening.data === undefined ? (
        <Stack>
          <Text>{t('content.open-lead')}</Text>
          {opening.isError && <Refused error={opening.error} />}
          <Group>
            <Button loading={opening.isPending} onClick={() => opening.mutate()}>
              {t('content.open-it')}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Shown letter={opening.data.letter} />
      )}
    </Page>
  );
}

/** No right, another place, too late: the server says the same to all of them. */
function Refused({ error }: { readonly error: Error }): React.JSX.Element {
  const { t } = useTranslation();
  if (error instanceof ApiProblem && (error.status === 403 || error.status === 404))
    return (
      <Alert role="alert" color="yellow" variant="default">
        {t('content.no-access')}
      </Alert>
    );
  return <Failed error={error} />;
}

function Shown({ letter }: { readonly letter: Letter }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Stack gap="lg">
      <Section title={t('content.head')}>
        <Verbatim text={letter.head} />
      </Section>
      <Section title={t('content.parts')}>
        <Stack>
          {letter.parts.length === 0 && <Text>{t('content.no-text')}</Text>}
          {letter.parts.map((part) => (
            <Part key={part.path} part={part} />
          ))}
          {letter.isCut && <Text c="dimmed">{t('content.cut')}</Text>}
        </Stack>
      </Section>
    </Stack>
  );
}

function Part({ part }: { readonly part: LetterPart }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const size = formatBytes(part.size, i18n.language);
  return (
    <div>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {t('content.part', { n: part.path, type: part.type })}
      </Text>
      {part.text === undefined ? (
        <Text>{t('content.not-shown', { size, name: part.name ?? t('content.no-name') })}</Text>
      ) : (
        <Verbatim text={part.text} />
      )}
      {part.type !== 'text/plain' && part.text !== undefined && (
        <Text size="sm" c="dimmed">
          {t('content.html')}
        </Text>
      )}
      {part.isCut && <Text c="dimmed">{t('content.cut')}</Text>}
    </div>
  );
}

/** `bdi`: characters that turn the direction of writing stay inside. */
function Verbatim({ text }: { readonly text: string }): React.JSX.Element {
  return (
    <pre className="gate-letter">
      <bdi>{text}</bdi>
    </pre>
  );
}
