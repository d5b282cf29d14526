/** Everything a page stands on: styles with the nonce of this answer, queries, notices, routes. */
import { DirectionProvider, MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { ApiProblem } from './api/client.ts';
import { Notices } from './parts/Notices.tsx';
import { router } from './router.tsx';
import { theme, variables } from './theme.ts';

const isWorthRetrying = (error: Error): boolean =>
  error instanceof ApiProblem && (error.type === 'offline' || error.status === 503);

const queries = new QueryClient({
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
            <RouterProvider router={router} />
          </Notices>
        </QueryClientProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}
