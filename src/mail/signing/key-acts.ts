/**
 * What an operator does with DKIM keys, as acts in one transaction each: have a successor made, let a key sign on one's own
 * word, put one away. What must stand in DNS is said as lines of a zone file.
 */
import type { KeyStore } from '#assurance/keys/keys.ts';
import { err, ok, type Result } from '#core/result.ts';
import { generateDkimKey } from '#protocol/dkim/keys.ts';
import { type Act, findThing, missing, type Refusal } from '../directory/commands.ts';
import { domainKind } from '../directory/kinds.ts';
import { type DkimKeyRow, insertKey, KINDS, listDkimKeys, selectorAt } from './dkim-keys.ts';
import { removeKey, retireKey, startSigning } from './rotate.ts';

/**
 * Makes the next pair. It takes over by itself once DNS has shown its records for a while (rotate.ts); the keys that sign go
 * on until then. Where a pair waits already nothing is made.
 */
export async function makeSuccessors(
  act: Act,
  keys: KeyStore,
  domain: string,
  nowMs: number,
): Promise<Result<DkimKeyRow[], Refusal>> {
  if ((await findThing(act.tx, act.tenant, domainKind, domain)) === undefined)
    return err(missing(domainKind, domain));
  const before = await listDkimKeys(act.tx, act.tenant, domain);
  const wanted = KINDS.filter(
    (k) => !before.some((b) => b.algorithm === k.algorithm && b.state === 'published'),
  );
  if (wanted.length === 0)
    return err({
      kind: 'exists',
      text: `The next keys of ${domain} are made already and wait for their records in DNS.`,
    });
  await keys.ensureTenant(act.tenant);
  const made: string[] = [];
  for (const { algorithm, kind, letter } of wanted) {
    const selector = selectorAt(nowMs, letter);
    const pair = await generateDkimKey(kind);
    const key = { tenant: act.tenant, domain, selector, algorithm, pair };
    if (await insertKey(act.tx, keys, key, nowMs, act.actor)) made.push(selector);
  }
  if (made.length < wanted.length)
    return err({ kind: 'exists', text: 'Keys were made in this very second; try again.' });
  const after = await listDkimKeys(act.tx, act.tenant, domain);
  return ok(after.filter((k) => made.includes(k.selector)));
}

/** Lets the named key sign, or the newest that waits of each algorithm, whether or not DNS was seen to show it. */
export async function useKeys(
  act: Act,
  domain: string,
  selector: string | undefined,
  nowMs: number,
): Promise<Result<DkimKeyRow[], Refusal>> {
  const rows = await listDkimKeys(act.tx, act.tenant, domain);
  const chosen =
    selector === undefined
      ? KINDS.flatMap(
          (k) => rows.findLast((r) => r.algorithm === k.algorithm && r.state === 'published') ?? [],
        )
      : rows.filter((r) => r.selector === selector);
  const begun: string[] = [];
  for (const row of chosen)
    if (await startSigning(act.tx, act, domain, row.selector, nowMs, true)) begun.push(row.selector);
  if (begun.length === 0) return err(noKey(domain, selector, 'that could begin to sign'));
  return ok((await listDkimKeys(act.tx, act.tenant, domain)).filter((k) => begun.includes(k.selector)));
}

/**
 * Signs with the key no more. `destroy` is for a key that others may know: the private key goes at once, and its record
 * must be taken out of DNS by hand, or forgers may go on.
 */
export async function putAway(
  act: Act,
  domain: string,
  selector: string,
  destroy: boolean,
  nowMs: number,
): Promise<Result<{ readonly stillSigning: number }, Refusal>> {
  const done = await (destroy ? removeKey : retireKey)(act.tx, act, domain, selector, nowMs);
  if (!done) return err(noKey(domain, selector, destroy ? 'that could be destroyed' : 'in use'));
  const rows = await listDkimKeys(act.tx, act.tenant, domain);
  return ok({ stillSigning: rows.filter((r) => r.state === 'signing').length });
}

function noKey(domain: string, selector: string | undefined, which: string): Refusal {
  const name = selector === undefined ? domain : `${selector}._domainkey.${domain}`;
  return { kind: 'missing', text: `There is no DKIM key ${which} at ${name}.` };
}

/** RFC 1035 §3.3: a character-string of a TXT record holds at most 255 bytes; readers put them together again. */
const MAX_STRING = 255;
const TTL_S = 3600;

/** The record as a line of a zone file, ready to paste. */
export function zoneLine(row: Pick<DkimKeyRow, 'selector' | 'domain' | 'record'>): string {
  return `${row.selector}._domainkey.${row.domain}. ${TTL_S} IN TXT ${txtStrings(row.record)}`;
}

/** The data of a TXT record, as one or more character-strings. */
export function txtStrings(text: string): string {
  const strings: string[] = [];
  for (let i = 0; i === 0 || i < text.length; i += MAX_STRING)
    strings.push(`"${text.slice(i, i + MAX_STRING).replaceAll(/["\\]/g, '\\$&')}"`);
  return strings.length === 1 ? strings.join('') : `( ${strings.join(' ')} )`;
}

/** What stands in the way of a key, or that nothing does, for a person. */
export function keyNote(row: DkimKeyRow): string {
  const dns =
    row.dnsSays === null
      ? 'DNS not asked yet'
      : row.dnsSays === 'right'
        ? 'in DNS'
        : row.dnsSays === 'missing'
          ? 'not in DNS'
          : `DNS is wrong: ${row.dnsSays}`;
  switch (row.state) {
    case 'published':
      return row.dnsSays === 'right' ? `${dns}, will sign by itself` : `${dns}: publish its record`;
    case 'signing':
      return row.dnsSays === 'right' ? dns : `${dns}: receivers cannot verify it`;
    case 'retired':
      return 'keep its record until it is removed';
    case 'removed':
      return 'its record may go';
  }
  return row.state satisfies never;
}
