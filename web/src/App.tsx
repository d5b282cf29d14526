/** Everything a page stands on: styles with the nonce of this answer, queries, notices, routes. */
import { DirectionProvider, MantineProvider } from '@mantine/core';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { ApiProblem } from './api/client.ts';
import { Notices } from './parts/Notices.tsx';
import { router } from './router.tsx';
import { Proofs } from './session/Proof.tsx';
import { sessionQuery } from './session/session.ts';
import { theme, variables } from './theme.ts';

const isWorthRetrying = (error: Error): boolean =>
  error instanceof ApiProblem && (error.type === 'offline' || error.status === 503);

/** A session that ended meanwhile: whatever was asked, the door is asked next. */
const isOver = (error: Error): boolean => error instanceof ApiProblem && error.type === 'sign-in-required';

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (isOver(error)) void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  }),
  mutationCache: new MutationCache({
    onError: (error) => {
      if (isOver(error)) void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  }),
  defaultOptions: {
    queries: { staleTime: 5_000, retry: (count, error) => count < 2 && isWorthRetrying(error) },
    mutations: { retry: false },
  },
});

export function App({ nonce }: { readonly nonce: string }): React.JSX.Element {
  return (
    <DirectionProvider>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
        deduplicateInlineStyles={false}
      >
        <QueryClientProvider client={queries}>
          <Notices>
            <Proofs>
              <RouterProvider router={router} />
            </Proofs>
          </Notices>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}
