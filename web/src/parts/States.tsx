/** What a page shows while it loads, when there is nothing, and when it may not or cannot show what was asked for. */
import { Alert, Button, Code, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { UseQueryResult } from '@tanstack/react-query';
import { ApiProblem } from '../api/client.ts';
import { word } from './words.ts';

export function Loading(): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" role="status" aria-label={t('state.loading')}>
      {[1, 2, 3, 4].map((n) => (
        <Skeleton key={n} height={36} />
      ))}
    </Stack>
  );
}

type EmptyProps = { readonly title: string; readonly children?: React.ReactNode };
export function Empty({ title, children }: EmptyProps): React.JSX.Element {
  return (
    <Paper withBorder p="xl" ta="center" bg="var(--gate-card)">
      <Title order={2}>{title}</Title>
      {children !== undefined && (
        <Text c="dimmed" mt="xs" component="div">
          {children}
        </Text>
      )}
    </Paper>
  );
}

const kindOf = (error: unknown): string => {
  if (!(error instanceof ApiProblem)) return 'broken';
  if (error.status === 404) return 'not-found';
  if (error.status === 403) return 'forbidden';
  if (error.status >= 500) return error.status === 503 ? 'unavailable' : 'broken';
  return error.type;
};

/** One clear sentence in the reader's language; what the server said, in English, stands below it. */
export function Failed({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: () => unknown;
}): React.JSX.Element {
  const { t } = useTranslation();
  const kind = kindOf(error);
  const problem = error instanceof ApiProblem ? error.problem : undefined;
  const title = word(t, 'problem', kind);
  return (
    <Alert
      role="alert"
      color={kind === 'forbidden' ? 'yellow' : 'red'}
      variant="default"
      title={title === kind ? t('problem.other') : title}
    >
      <Stack gap="xs">
        {problem !== undefined && (
          <Text size="sm" lang="en">
            {problem.detail}
          </Text>
        )}
        {problem?.complaints !== undefined && problem.complaints.length > 1 && (
          <ul lang="en" style={{ margin: 0 }}>
            {problem.complaints.map((c) => (
              <li key={`${c.at} ${c.text}`}>
                <Code>{c.at.replace(/^body\./, '')}</Code> {c.text}
              </li>
            ))}
          </ul>
        )}
        {(kind === 'broken' || kind === 'unavailable') && problem !== undefined && (
          <Text size="xs">
            {t('problem.instance')} <Code>{problem.instance}</Code>
          </Text>
        )}
        {retry !== undefined && kind !== 'forbidden' && kind !== 'not-found' && (
          <Group>
            <Button size="xs" variant="default" onClick={() => void retry()}>
              {t('state.retry')}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

type ViewProps<T> = {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => React.ReactNode;
};
/** Loading, failed or there: nothing is shown of a list that could not be read, so that it is not taken for empty. */
export function View<T>({ query, children }: ViewProps<T>): React.JSX.Element {
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failed error={query.error} retry={query.refetch} />;
  return <>{children(query.data)}</>;
}
