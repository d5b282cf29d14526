/**
 * DMARC, RFC 9989: is the domain people see as the sender behind this message? (Section numbers are those of
 * draft-ietf-dmarc-dmarcbis-41, its last draft.) `evaluateDmarc` is the one door of the folder.
 *
 * It takes the results of SPF and DKIM and the author's domain, finds the policy record by the tree walk, and compares. It
 * does not read the message and does not decide what becomes of it. `pass` is said only for a message with exactly one
 * From field and one author domain, an applicable record, and an authenticated domain aligned with it. What was not
 * learned is `temperror`, never `pass`.
 */
import { domainIsOrUnder, toAsciiDomain } from '#protocol/address/domain.ts';
import type { Resolver } from '#protocol/dns/resolver.ts';
import type { Alignment, DmarcPolicy, DmarcRecord } from './record.ts';
import { dmarcLookup, organizationalDomain, walkTree, type Lookup } from './tree-walk.ts';

export type DmarcInput = {
  /** Domains of all addresses in all From fields, as they were found. */
  readonly authorDomains: readonly string[];
  /** How many From fields there are; 1 unless said. */
  readonly fromFields?: number;
  readonly spf: { readonly result: string; readonly domain: string } | undefined;
  readonly dkim: readonly { readonly result: string; readonly domain: string }[];
  readonly resolver: Resolver;
};

export type DmarcReason =
  | 'aligned'
  | 'not-aligned'
  | 'no-record'
  | 'unusable-record'
  | 'dns-failure'
  | 'no-author-domain'
  | 'bad-author-domain'
  | 'several-author-domains'
  | 'too-many-author-domains'
  | 'several-from-fields';

export type DmarcResult = {
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror';
  readonly reason: DmarcReason;
  /** More about the reason, for people; may be empty. */
  readonly detail: string;
  /** The author domain that was judged; of several, the one the result speaks of. Empty where there is none. */
  readonly domain: string;
  /** What the record asks for this domain (p, sp or np); undefined without a record. */
  readonly policy: DmarcPolicy | undefined;
  /** What the domain owner asks to be done with this message: the policy of a `fail` after t=y; else `none`. */
  readonly disposition: DmarcPolicy;
  readonly alignedBy: { readonly spf: boolean; readonly dkim: readonly string[] };
  /** Where the record was found. */
  readonly policyDomain: string | undefined;
  /** Undefined where no step needed it. */
  readonly orgDomain: string | undefined;
  readonly testing: boolean;
  readonly record: DmarcRecord | undefined;
  /** Whether a record was found, so that a failure is one of an explicit policy. */
  readonly explicit: boolean;
};

/** RFC 9989 §11.5: a limit on author domains, so that one message cannot cost hundreds of walks. */
const MAX_AUTHOR_DOMAINS = 8;
/** Each walk is bounded; signers of one organization are not, so their number is, too. */
const MAX_WALKS = 10;
const STRICTNESS: Readonly<Record<DmarcPolicy, number>> = { none: 0, quarantine: 1, reject: 2 };

/** Judges a message; never throws for what a sender or DNS does. */
export async function evaluateDmarc(input: DmarcInput): Promise<DmarcResult> {
  const authors = [...new Set(input.authorDomains.map((d) => toAsciiDomain(d) ?? d.toLowerCase()))];
  const lookup = dmarcLookup(input.resolver);
  if (authors.length === 0) return verdict('', 'permerror', 'no-author-domain');
  const results: DmarcResult[] = [];
  for (const author of authors.slice(0, MAX_AUTHOR_DOMAINS))
    results.push(await judgeAuthor(input, lookup, author));
  const doubt = doubtOf(authors.length, input.fromFields ?? 1);
  return doubt === undefined ? results[0]! : worst(results, doubt); // `!`: there is at least one author
}

function doubtOf(authors: number, fromFields: number): DmarcReason | undefined {
  if (authors > MAX_AUTHOR_DOMAINS) return 'too-many-author-domains';
  if (authors > 1) return 'several-author-domains';
  return fromFields === 1 ? undefined : 'several-from-fields';
}

/** RFC 9989 §11.5: each author domain is judged, the strictest failure wins; without a failure it is still no pass. */
function worst(results: readonly DmarcResult[], reason: DmarcReason): DmarcResult {
  const [fail] = results
    .filter((r) => r.result === 'fail')
    .toSorted((a, b) => STRICTNESS[b.disposition] - STRICTNESS[a.disposition]);
  if (fail !== undefined) return { ...fail, reason };
  const late = results.find((r) => r.result === 'temperror');
  if (late !== undefined) return { ...late, reason };
  return { ...results[0]!, result: 'permerror', reason, disposition: 'none' }; // `!`: callers have at least one
}

function verdict(
  domain: string,
  result: DmarcResult['result'],
  reason: DmarcReason,
  more: Partial<DmarcResult> = {},
): DmarcResult {
  return {
    result,
    reason,
    detail: '',
    domain,
    policy: undefined,
    disposition: 'none',
    alignedBy: { spf: false, dkim: [] },
    policyDomain: undefined,
    orgDomain: undefined,
    testing: false,
    record: undefined,
    explicit: false,
    ...more,
  };
}

async function judgeAuthor(input: DmarcInput, lookup: Lookup, author: string): Promise<DmarcResult> {
  if (toAsciiDomain(author) === undefined) return verdict(author, 'permerror', 'bad-author-domain');
  const discovered = await discoverPolicy(lookup, author);
  if (discovered === undefined) return verdict(author, 'none', 'no-record');
  if ('failure' in discovered)
    return verdict(author, 'temperror', 'dns-failure', { detail: discovered.failure });
  const { record } = discovered;
  const known = { ...discovered, testing: record.isTesting, explicit: true };
  if (!record.isUsable) return verdict(author, 'permerror', 'unusable-record', known);
  const policy = await policyFor(input.resolver, lookup, author, discovered);
  const compared = await compareIdentifiers(input, lookup, author, record);
  const found = {
    ...known,
    policy,
    alignedBy: compared.alignedBy,
    orgDomain: compared.orgDomain ?? known.orgDomain,
  };
  if (compared.alignedBy.spf || compared.alignedBy.dkim.length > 0)
    return verdict(author, 'pass', 'aligned', found);
  if (compared.doubt !== undefined)
    return verdict(author, 'temperror', 'dns-failure', { ...found, detail: compared.doubt });
  if (policy === undefined)
    return verdict(author, 'temperror', 'dns-failure', {
      ...found,
      detail: `DNS does not say whether ${author} exists`,
    });
  const disposition = record.isTesting ? milder(policy) : policy;
  return verdict(author, 'fail', 'not-aligned', { ...found, disposition });
}

/** RFC 9989 §4.7, tag t: one level below. */
function milder(policy: DmarcPolicy): DmarcPolicy {
  return policy === 'reject' ? 'quarantine' : 'none';
}

type Discovered = {
  readonly record: DmarcRecord;
  readonly policyDomain: string;
  readonly orgDomain: string | undefined;
};

/** RFC 9989 §4.10.1: the author's own record, else the organization's, else the public suffix's. */
async function discoverPolicy(
  lookup: Lookup,
  author: string,
): Promise<Discovered | { readonly failure: string } | undefined> {
  const own = await lookup(author);
  if (own.kind === 'record') return { record: own.record, policyDomain: author, orgDomain: undefined };
  if (own.kind === 'error') return { failure: own.reason };
  const walk = await walkTree(lookup, author);
  if (!walk.ok) return { failure: walk.reason };
  const orgDomain = organizationalDomain(author, walk.found);
  const org = walk.found.find((f) => f.domain === orgDomain);
  const psd = walk.found.find((f) => f.record.psd === 'y');
  const chosen = org ?? psd;
  return chosen && { record: chosen.record, policyDomain: chosen.domain, orgDomain };
}

/** p for the domain itself; below it sp, or np where the author domain does not exist. Undefined: DNS did not say. */
async function policyFor(
  resolver: Resolver,
  lookup: Lookup,
  author: string,
  { record, policyDomain }: Discovered,
): Promise<DmarcPolicy | undefined> {
  if (policyDomain === author) return record.policy;
  const existing = record.subdomainPolicy ?? record.policy;
  const nonexistent = record.nonexistentPolicy ?? existing;
  if (nonexistent === existing) return existing;
  const exists = await domainExists(resolver, lookup, author);
  return exists === undefined ? undefined : exists ? existing : nonexistent;
}

/** RFC 9989 §3.2.13: a name does not exist when DNS says NXDOMAIN for it; any type of query tells. */
async function domainExists(
  resolver: Resolver,
  lookup: Lookup,
  author: string,
): Promise<boolean | undefined> {
  const looked = await lookup(author);
  if (looked.kind === 'record' || (looked.kind === 'none' && looked.isKnownToExist)) return true;
  const answer = await resolver.a(author);
  if (answer.kind === 'error') return undefined;
  if (answer.kind !== 'nxdomain') return true;
  // The NXDOMAIN may be that of a CNAME's target; then the name itself exists.
  const alias = await resolver.cname(author);
  return alias.kind === 'error' ? undefined : alias.kind === 'records';
}

type Compared = {
  readonly alignedBy: DmarcResult['alignedBy'];
  readonly orgDomain: string | undefined;
  /** Why nothing aligned may still not be a fail: an aligned check, or the walk, did not come to an end. */
  readonly doubt: string | undefined;
};

async function compareIdentifiers(
  input: DmarcInput,
  lookup: Lookup,
  author: string,
  record: DmarcRecord,
): Promise<Compared> {
  const dkim: string[] = [];
  let spf = false;
  let doubt: string | undefined;
  const aligner = new Aligner(lookup, author);
  const identifiers = [
    ...(input.spf === undefined ? [] : [{ ...input.spf, by: 'spf' as const, mode: record.spfAlignment }]),
    ...input.dkim.map((d) => ({ ...d, by: 'dkim' as const, mode: record.dkimAlignment })),
  ].filter((i) => i.result === 'pass' || i.result === 'temperror');
  for (const { by, mode, result, domain } of identifiers) {
    const aligned = await aligner.isAligned(domain, mode);
    if (aligned === undefined) doubt ??= aligner.failure;
    // RFC 9989 §5.3.6: what did not complete can neither pass nor fail.
    else if (aligned && result === 'temperror') doubt ??= `${by} of ${domain} did not complete`;
    else if (aligned && by === 'spf') spf = true;
    else if (aligned) dkim.push(domain);
  }
  return { alignedBy: { spf, dkim: [...new Set(dkim)] }, orgDomain: aligner.orgDomain, doubt };
}

/** Compares domains with one author domain and keeps what the walk for that domain found. */
class Aligner {
  readonly #lookup: Lookup;
  readonly #author: string;
  orgDomain: string | undefined;
  failure: string | undefined;
  #walks = 0;

  constructor(lookup: Lookup, author: string) {
    this.#lookup = lookup;
    this.#author = author;
  }

  /** RFC 9989 §4.4; undefined where a walk failed. */
  async isAligned(written: string, mode: Alignment): Promise<boolean | undefined> {
    const domain = toAsciiDomain(written);
    if (domain === undefined) return false;
    // RFC 9989 §4.10.2: equal names need no walk, and strict alignment knows nothing else.
    if (domain === this.#author) return true;
    if (mode === 'strict') return false;
    this.orgDomain ??= await this.#organization(this.#author);
    // Names without a label in common have no organization in common, whatever the walk would have found.
    if (this.orgDomain === undefined)
      return lastLabel(domain) === lastLabel(this.#author) ? undefined : false;
    // An organization is the domain itself or above it, so a stranger's domain needs no walk of its own.
    if (!domainIsOrUnder(domain, this.orgDomain)) return false;
    const organization = await this.#organization(domain);
    return organization === undefined ? undefined : organization === this.orgDomain;
  }

  async #organization(domain: string): Promise<string | undefined> {
    if (++this.#walks > MAX_WALKS) {
      this.failure = `more than ${MAX_WALKS} domains would need a tree walk`;
      return undefined;
    }
    const walk = await walkTree(this.#lookup, domain);
    if (walk.ok) return organizationalDomain(domain, walk.found);
    this.failure = walk.reason;
    return undefined;
  }
}

const lastLabel = (domain: string): string => domain.slice(domain.lastIndexOf('.') + 1);
