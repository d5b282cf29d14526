/** A person's notices: what is read, how often it is asked anew, and which page a notice speaks of. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { answer, api } from '../../api/client.ts';
import { languageNow } from '../../i18n.ts';
import { useStanding } from '../../session/session.ts';

type Asked = { readonly unseen: boolean; readonly limit: number; readonly cursor?: string | undefined };
const readNotices = ({ unseen, ...page }: Asked) =>
  answer(
    api.GET('/api/v1/notices', {
      params: { query: { ...page, unseen: unseen ? 'true' : 'false', lang: languageNow() } },
    }),
  );
export type NoticeList = Awaited<ReturnType<typeof readNotices>>;
export type Notice = NoticeList['items'][number];

/** News of rights should be seen within seconds; the console asks, since nothing is pushed to it. */
export const NEWS_MS = 10_000;
/** The bell counts no further. */
export const MOST_COUNTED = 100;

/** Only people have notices: for a key and at the machine itself nothing is asked. */
export const useIsPerson = (): boolean => useStanding().data?.kind === 'person';

export function useNoticeList(asked: Asked): UseQueryResult<NoticeList> {
  const standing = useStanding().data;
  // Before there is a second factor the server refuses, and the log would be told of it every ten seconds.
  const isWhole = standing?.kind === 'person' && standing.session.state === 'signed-in';
  return useQuery({
    queryKey: ['notices', asked, languageNow()],
    queryFn: () => readNotices(asked),
    refetchInterval: NEWS_MS,
    enabled: isWhole,
  });
}
