/**
 * The addresses we know, imported from a CSV file: read as a whole, every mistake told with its line, then applied as a whole
 * or not at all. What would change can be seen before it does.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Complaint } from '#core/complaint.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader } from '#platform/db.ts';
import { parseMailbox } from '#protocol/address/mailbox.ts';
import type { TenantId } from '#core/id.ts';
import { listThings, type Act } from './commands.ts';
import { readCsv } from './csv.ts';
import { domainKind } from './kinds.ts';
import type { DomainValue } from './values.ts';

export type ImportMode = 'merge' | 'replace';
export type ImportOptions = {
  /** `replace` removes the addresses that the file does not name, in the domains it names. */
  readonly mode: ImportMode;
  /** Only addresses of this domain may be in the file; with `replace` an empty file then empties the domain. */
  readonly domain: string | undefined;
  readonly dryRun: boolean;
};
export type ImportPreview = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
};

type Known = { readonly domain: string; readonly local: string; readonly written: string };

/** Applies the file, or says what applying it would do. A file with any mistake changes nothing. */
export async function importAddresses(
  act: Act,
  bytes: Uint8Array,
  options: ImportOptions,
): Promise<Result<ImportPreview, readonly Complaint[]>> {
  const domains = new Map((await listThings(act.tx, act.tenant, domainKind)).map((d) => [d.name, d]));
  if (options.domain !== undefined && !domains.has(options.domain))
    return err([{ at: '', text: `There is no domain named "${options.domain}".` }]);
  const csv = readCsv(bytes, ['address', 'email', 'e-mail']);
  const parsed = parseAddresses(csv.ok ? csv.value : [], domains, options.domain);
  const complaints = [...(csv.ok ? [] : csv.error), ...parsed.complaints];
  if (complaints.length > 0) return err(complaints);
  return ok(await apply(act, parsed.known, options));
}

function parseAddresses(
  rows: readonly { readonly line: number; readonly text: string }[],
  domains: ReadonlyMap<string, DomainValue>,
  only: string | undefined,
): { readonly known: Known[]; readonly complaints: Complaint[] } {
  const seen = new Map<string, number>();
  const known: Known[] = [];
  const complaints: Complaint[] = [];
  for (const { line, text } of rows) {
    const found = readAddress(text, domains, only);
    if (!found.ok) {
      complaints.push({ at: `line ${line}`, text: found.error });
      continue;
    }
    const key = `${found.value.local}@${found.value.domain}`;
    const earlier = seen.get(key);
    if (earlier === undefined) known.push(found.value);
    else
      complaints.push({
        at: `line ${line}`,
        text: `"${text.slice(0, 254)}" is the same as line ${earlier}.`,
      });
    seen.set(key, earlier ?? line);
  }
  return { known, complaints };
}

/** One address as it is stored, or a sentence on why it cannot be. */
export function readAddress(
  text: string,
  domains: ReadonlyMap<string, DomainValue>,
  only?: string,
): Result<Known, string> {
  const shown = text.slice(0, 254).replaceAll(/[\u0000-\u001f\u007f]/g, '\u{fffd}');
  const mailbox = parseMailbox(text, { smtpUtf8: true });
  if (!mailbox.ok || mailbox.value.isLiteral) return err(`"${shown}" is no e-mail address.`);
  const { localpart, domain } = mailbox.value;
  if (only !== undefined && domain !== only) return err(`"${shown}" is not in ${only}.`);
  const owner = domains.get(domain);
  if (owner === undefined) return err(`"${shown}": ${domain} is not a domain of ours; add it first.`);
  const local = owner.caseSensitive ? localpart : localpart.toLowerCase();
  return ok({ domain, local, written: localpart });
}

async function apply(act: Act, known: readonly Known[], options: ImportOptions): Promise<ImportPreview> {
  const { tx, tenant } = act;
  await tx.query('create temporary table wanted (domain text, local text, written text) on commit drop');
  await tx.query('insert into wanted select * from unnest($1::text[], $2::text[], $3::text[])', [
    known.map((k) => k.domain),
    known.map((k) => k.local),
    known.map((k) => k.written),
  ]);
  const added = await tx.query<Known>(
    `select w.domain, w.local, w.written from wanted w
     where not exists (select from address a where (a.tenant_id, a.domain, a.local) = ($1, w.domain, w.local))
     order by w.domain, w.local`,
    [tenant],
  );
  const scope = options.domain === undefined ? [...new Set(known.map((k) => k.domain))] : [options.domain];
  const removed =
    options.mode === 'merge'
      ? []
      : await tx.query<Known>(
          `select a.domain, a.local, a.written from address a where a.tenant_id = $1 and a.domain = any ($2)
             and not exists (select from wanted w where (w.domain, w.local) = (a.domain, a.local))
           order by a.domain, a.local`,
          [tenant, scope],
        );
  if (!options.dryRun) await write(act, added, removed, scope, options.mode);
  await tx.query('drop table wanted');
  const text = (k: Known): string => `${k.written}@${k.domain}`;
  return { added: added.map(text), removed: removed.map(text), unchanged: known.length - added.length };
}

async function write(
  act: Act,
  added: readonly Known[],
  removed: readonly Known[],
  domains: readonly string[],
  mode: ImportMode,
): Promise<void> {
  if (added.length === 0 && removed.length === 0) return;
  await act.tx.query(
    `delete from address where tenant_id = $1
       and (domain, local) in (select * from unnest($2::text[], $3::text[]))`,
    [act.tenant, removed.map((r) => r.domain), removed.map((r) => r.local)],
  );
  await act.tx.query(
    `insert into address (tenant_id, domain, local, written)
     select $1, * from unnest($2::text[], $3::text[], $4::text[])`,
    [act.tenant, added.map((a) => a.domain), added.map((a) => a.local), added.map((a) => a.written)],
  );
  await appendAudit(act.tx, [
    {
      tenant: act.tenant,
      what: 'address.imported',
      actor: act.actor,
      subject: domains.join(' '),
      details: { mode, added: added.length, removed: removed.length },
    },
  ]);
}

/** Adds and removes single addresses: an import of a few lines. */
export async function changeAddresses(
  act: Act,
  add: readonly string[],
  remove: readonly string[],
  only?: string,
): Promise<Result<ImportPreview, readonly Complaint[]>> {
  const domains = new Map((await listThings(act.tx, act.tenant, domainKind)).map((d) => [d.name, d]));
  const read = (texts: readonly string[]) =>
    texts.map((t) => ({ text: t, found: readAddress(t, domains, only) }));
  const [adding, removing] = [read(add), read(remove)];
  const complaints = [...adding, ...removing].flatMap(({ text, found }) =>
    found.ok ? [] : [{ at: text, text: found.error }],
  );
  if (complaints.length > 0) return err(complaints);
  const values = (list: typeof adding): Known[] =>
    list.flatMap(({ found }) => (found.ok ? [found.value] : []));
  const present = await presentAmong(act, [...values(adding), ...values(removing)]);
  const isThere = (k: Known): boolean => present.has(`${k.local}@${k.domain}`);
  const gone = values(removing).filter((k) => !isThere(k));
  if (gone.length > 0)
    return err(gone.map((k) => ({ at: `${k.written}@${k.domain}`, text: 'There is no such address.' })));
  const fresh = values(adding).filter((k) => !isThere(k));
  const all = [...values(adding), ...values(removing)];
  await write(act, fresh, values(removing), [...new Set(all.map((k) => k.domain))], 'merge');
  const text = (k: Known): string => `${k.written}@${k.domain}`;
  return ok({
    added: fresh.map(text),
    removed: values(removing).map(text),
    unchanged: values(adding).length - fresh.length,
  });
}

async function presentAmong(act: Act, known: readonly Known[]): Promise<Set<string>> {
  const rows = await act.tx.query<{ domain: string; local: string }>(
    `select domain, local from address where tenant_id = $1
       and (domain, local) in (select * from unnest($2::text[], $3::text[]))`,
    [act.tenant, known.map((k) => k.domain), known.map((k) => k.local)],
  );
  return new Set(rows.map((r) => `${r.local}@${r.domain}`));
}

/** A page of the addresses of one domain, in order of their local part. */
export async function listAddresses(
  db: Reader,
  tenant: TenantId,
  domain: string,
  after: string,
  limit: number | null,
): Promise<{ local: string; address: string }[]> {
  const rows = await db.query<{ local: string; written: string }>(
    `select local, written from address where tenant_id = $1 and domain = $2 and local > $3 collate "C"
     order by local collate "C" limit $4`,
    [tenant, domain, after, limit],
  );
  return rows.map((r) => ({ local: r.local, address: `${r.written}@${domain}` }));
}
