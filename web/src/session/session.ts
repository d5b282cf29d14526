/** Who is signed in, as the server says. `local` is whoever sits at the machine itself while nobody has to sign in there. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { answer, api, ApiProblem } from '../api/client.ts';

const read = () => answer(api.GET('/api/v1/session'));
export type Session = Awaited<ReturnType<typeof read>>;
export type Standing =
  | { readonly kind: 'person'; readonly session: Session }
  | { readonly kind: 'local' }
  | { readonly kind: 'nobody' };

async function standing(): Promise<Standing> {
  try {
    return { kind: 'person', session: await read() };
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.status === 401) return { kind: 'nobody' };
    // A caller who is no person is told that this is not for it.
    if (error.status === 403 || error.status === 404) return { kind: 'local' };
    throw error;
  }
}

export const sessionQuery = queryOptions({ queryKey: ['session'], queryFn: standing, staleTime: 30_000 });
export const useStanding = () => useQuery(sessionQuery);

/** Whether the reader may do something; the server decides again, this only spares people a refusal. */
export function may(standing: Standing | undefined, permission: string | undefined): boolean {
  if (permission === undefined || standing?.kind !== 'person') return true;
  const { permissions, platform } = standing.session;
  return [permissions, platform].some((list) => list.includes('*') || list.includes(permission));
}

/** The same for a right over the installation, which no right in a tenant stands in for. */
export function mayOnPlatform(standing: Standing | undefined, permission: string | undefined): boolean {
  if (permission === undefined || standing?.kind !== 'person') return true;
  const { platform } = standing.session;
  return platform.includes('*') || platform.includes(permission);
}

/** Where to go after signing in: a page of ours, never another host. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])[\w\-./?=&%@~:+]*$/.test(next) && !next.startsWith('/sign-in')
    ? next
    : '/';
}
