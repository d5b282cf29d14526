/**
 * Whether a known sender may use the author that the header shows. The envelope alone says little: what people read, and
 * what our signature vouches for, is the From field.
 */
import type { Directory, Sender } from '#mail/directory/types.ts';
import type { Finding } from '#mail/finding.ts';
import { readAuthors, soleAuthor } from '#protocol/message/author.ts';
import type { Header } from '#protocol/message/header.ts';

/** What is wrong with the author, as a finding of its own so that a policy can except a sender and `explain` can tell. */
export function authorFinding(
  directory: Pick<Directory, 'maySendAs'>,
  sender: Sender,
  header: Header,
): Finding | undefined {
  const authors = readAuthors(header);
  const author = soleAuthor(authors);
  const shown = authors.addresses.map((a) => a.address).join(', ');
  // RFC 6409 §6.1: a submission server may refuse an address that its client is not known to be allowed to use.
  if (author === undefined)
    return found('no-single-author', {
      who: sender.who,
      authors: shown,
      defects: authors.defects.map((d) => d.kind).join(' '),
    });
  if (directory.maySendAs(sender, `${author.localpart}@${author.domain ?? ''}`)) return undefined;
  return found('header-from', { who: sender.who, author: author.address });
}

function found(code: string, params: Finding['params']): Finding {
  return {
    check: 'sender',
    code,
    outcome: 'fail',
    class: 'auth',
    weight: 10,
    params,
    cites: ['RFC 6409 §6.1'],
    durationUs: 0,
  };
}
