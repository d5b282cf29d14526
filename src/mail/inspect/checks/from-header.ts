/**
 * Whether every mail program shows the same single author. SPF, DKIM and DMARC prove a domain; this check asks whether it is
 * the one a person sees.
 */
import {
  isSingleAuthor,
  readAuthors,
  type AuthorDefectKind,
  type Authors,
} from '#protocol/message/author.ts';
import type { Check, CheckFinding } from '../check.ts';

const DISGUISES: ReadonlySet<AuthorDefectKind> = new Set([
  'look-alike-character',
  'bidi-control',
  'invisible-character',
  'nul',
  'control-character',
]);

/** An address of somebody else in the name, and nothing worse. */
const ONLY_A_NAME: ReadonlySet<AuthorDefectKind> = new Set([
  'address-in-display-name',
  'address-like-name',
  'comment',
  'not-utf8',
]);

export const fromHeader: Check = {
  name: 'from-header',
  timeoutMs: 1_000,
  run: ({ message }) => {
    const authors = readAuthors(message.header);
    const isPlain = isSingleAuthor(authors) && !authors.defects.some((d) => d.kind === 'address-like-name');
    return isPlain ? [] : [judge(authors)];
  },
};

/** The worst thing about the From field: one finding, so that one odd header is not counted five times. */
function judge(authors: Authors): CheckFinding {
  const shown = authors.addresses.map((a) => a.address).join(', ');
  const defects = authors.defects.map((d) => d.kind);
  const params = { authors: shown, defects: defects.join(' ') };
  // RFC 5322 §3.6: exactly one From field.
  const common = { class: 'impersonation', params, cites: ['RFC 5322 §3.6'] } as const;
  if (authors.addresses.length === 0) return { code: 'none', outcome: 'fail', weight: 6, ...common };
  if (authors.fromFields > 1 || authors.addresses.length > 1)
    return { code: 'several', outcome: 'fail', weight: 8, ...common };
  if (defects.some((d) => DISGUISES.has(d)))
    return { code: 'disguised', outcome: 'fail', weight: 6, ...common };
  // Lists and ticket systems write "ann@a.example via List" honestly; so this one counts, and does not decide alone.
  if (defects.every((d) => ONLY_A_NAME.has(d)))
    return {
      code: 'display-name',
      outcome: 'neutral',
      weight: defects.includes('address-in-display-name') ? 5 : 3,
      ...common,
    };
  return { code: 'ambiguous', outcome: 'fail', weight: 5, ...common };
}
