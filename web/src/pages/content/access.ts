/** Who can read what messages say, as far as the reader may know it. */
import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../../api/client.ts';
import { may, useStanding } from '../../session/session.ts';
import { NEWS_MS } from '../notices/notices.ts';

export const LIMIT = 50;
export const readAccess = (cursor: string | undefined) =>
  answer(api.GET('/api/v1/content-access', { params: { query: { limit: LIMIT, cursor } } }));
export type Access = Awaited<ReturnType<typeof readAccess>>['items'][number];

export const isOpen = ({ endedAt, expiresAt }: Access, nowMs: number): boolean =>
  endedAt === null && Date.parse(expiresAt) > nowMs;

/** Those that are open now; empty while it is not known, and for readers who may not know. */
export function useOpenAccess(): readonly Access[] {
  const standing = useStanding().data;
  const query = useQuery({
    queryKey: ['content-access', undefined],
    queryFn: () => readAccess(undefined),
    refetchInterval: NEWS_MS,
    enabled:
      standing?.kind === 'person' && standing.session.state === 'signed-in' && may(standing, 'content.read'),
  });
  return query.data?.items.filter((a) => isOpen(a, Date.now())) ?? [];
}
