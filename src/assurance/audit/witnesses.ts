/**
 * Who signs with us. A witness has seen the log grow and says so under its own key; with a quorum of them, rewriting the log
 * would need their help. What they sign is kept beside the checkpoint they signed, so that proofs can carry it.
 */
import type { Actor } from '#core/actor.ts';
import { equalBytes, fromUtf8 } from '#core/bytes.ts';
import type { TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import { formatKey, type NoteKey, parseKey } from '#protocol/tlog/keys.ts';
import { sha256, verifySignature } from '#protocol/tlog/node-crypto.ts';
import { formatNote, formatSignature } from '#protocol/tlog/note.ts';
import { openCheckpoint, type OpenCheckpoint } from '#protocol/tlog/open-checkpoint.ts';
import type { Policy } from '#protocol/tlog/policy.ts';
import { rootFromTiles } from '#protocol/tlog/prove.ts';
import { appendAudit } from './audit.ts';
import { logVkeys } from './log-keys.ts';
import { type LogHead, readHead, tilesOfLog } from './log.ts';

export type Witness = {
  readonly name: string;
  readonly vkeys: readonly string[];
  /** The largest tree it has signed, and when it says it did. */
  readonly size: number | null;
  readonly signedAtMs: number | null;
};

export async function listWitnesses(db: Reader, tenant: TenantId): Promise<Witness[]> {
  return await db.query<Witness>(
    `select w.name, w.vkeys, c.size, (extract(epoch from c.signed_at) * 1000)::int8 as "signedAtMs"
     from audit_witness w left join lateral (
       select size, signed_at from audit_cosignature c where c.tenant_id = w.tenant_id and c.witness = w.name
       order by size desc, signed_at desc limit 1) c on true
     where w.tenant_id = $1 order by w.name`,
    [tenant],
    'audit.list-witnesses',
  );
}

/** The trust policy of a log as its owner sees it: its own keys, its witnesses, how many of them must have signed. */
export async function logPolicy(db: Reader, tenant: TenantId, quorum: number): Promise<Policy> {
  const logs = await parsed(await logVkeys(db, tenant));
  const rows = await listWitnesses(db, tenant);
  const witnesses: Policy['witnesses'][number][] = [];
  const groups: Policy['groups'][number][] = [];
  const members: string[] = [];
  for (const row of rows) {
    const keys = await parsed(row.vkeys);
    const names = keys.map((_, i) => (keys.length === 1 ? row.name : `${row.name}/${i + 1}`));
    for (const [i, key] of keys.entries()) witnesses.push({ name: names[i]!, key, url: undefined }); // `!`: one name for each
    if (keys.length > 1) groups.push({ name: row.name, threshold: 1, members: names });
    members.push(row.name);
  }
  const threshold = Math.min(quorum, members.length);
  if (threshold > 0) groups.push({ name: 'witnesses', threshold, members });
  return {
    logs: logs.map((key) => ({ key, url: undefined })),
    witnesses,
    groups,
    quorum: threshold > 0 ? 'witnesses' : 'none',
  };
}

/** Keys that were checked when they were stored; one that has become unreadable counts as nobody. */
async function parsed(vkeys: readonly string[]): Promise<NoteKey[]> {
  const keys = await Promise.all(vkeys.map((v) => parseKey(sha256, v)));
  return keys.flatMap((k) => (k.ok ? [k.value] : []));
}

export type Witnessed = {
  readonly size: number;
  /** When the last of the quorum says it signed. */
  readonly signedAtMs: number;
  /** The checkpoint with the log's signatures and all cosignatures we have of it. */
  readonly note: string;
};

/** The largest tree that a quorum has signed; undefined when there is none, or no witness at all. */
export async function witnessed(db: Reader, tenant: TenantId, head: LogHead): Promise<Witnessed | undefined> {
  const rows = await db.query<{ size: number; signedAtMs: number; note: string; lines: string[] }>(
    `select c.size, c.note, array_agg(s.line order by s.witness, s.key_id) as lines,
       (extract(epoch from max(s.signed_at)) * 1000)::int8 as "signedAtMs"
     from audit_checkpoint c join audit_cosignature s using (tenant_id, size)
     where c.tenant_id = $1 group by c.tenant_id, c.size, c.note having count(distinct s.witness) >= $2
     order by c.size desc limit 1`,
    [tenant, Math.max(1, head.quorum)],
    'audit.witnessed',
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return { size: row.size, signedAtMs: row.signedAtMs, note: row.note + row.lines.join('') };
}

/** Why a cosigned checkpoint was not taken: told to whoever brought it. */
export type CosignatureRefusal =
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'not-ours'; readonly reason: string }
  | { readonly kind: 'no-witness'; readonly reason: string };

/**
 * Keeps the cosignatures on a checkpoint of ours. It must carry our own signature, say the root that our tree has at that
 * size, and be signed by witnesses that were added; signatures of others are nothing.
 */
export async function acceptCosignatures(
  tx: Transaction,
  tenant: TenantId,
  note: string,
): Promise<Result<{ readonly size: number; readonly witnesses: readonly string[] }, CosignatureRefusal>> {
  const head = await readHead(tx, tenant);
  const policy = await logPolicy(tx, tenant, 0);
  const own = policy.logs.map((l) => l.key);
  const rows = await listWitnesses(tx, tenant);
  const keys = policy.witnesses.map((w) => w.key);
  const opened = await openCheckpoint(fromUtf8(note), [...own, ...keys], verifySignature);
  if (!opened.ok) return err({ kind: 'malformed', reason: opened.error });
  const { checkpoint, signers } = opened.value;
  const isOurs =
    head !== undefined && checkpoint.origin === head.origin && signers.some((s) => own.includes(s.key));
  if (!isOurs || checkpoint.size > head.size || checkpoint.size === 0)
    return err({ kind: 'not-ours', reason: 'this is no checkpoint that this log has signed' });
  const root = await rootFromTiles(sha256, tilesOfLog(tx, tenant), checkpoint.size);
  if (!equalBytes(root, checkpoint.root))
    return err({ kind: 'not-ours', reason: 'the root is not the one this log had at that size' });
  const names = new Set<string>();
  for (const { key, timeS } of signers.filter((s) => keys.includes(s.key))) {
    const name = rows.find((r) => r.vkeys.includes(formatKey(key)))!.name; // `!`: the keys came from the rows
    if (names.size === 0) await keepCheckpoint(tx, tenant, opened.value, own);
    names.add(name);
    await keepCosignature(tx, tenant, opened.value, { name, key, timeS });
  }
  return names.size === 0
    ? err({ kind: 'no-witness', reason: 'no witness that was added has signed it' })
    : ok({ size: checkpoint.size, witnesses: [...names] });
}

async function keepCheckpoint(
  tx: Transaction,
  tenant: TenantId,
  { note, checkpoint }: OpenCheckpoint,
  own: readonly NoteKey[],
): Promise<void> {
  const signatures = note.signatures.filter((s) => own.some((k) => k.name === s.name && k.id === s.keyId));
  await tx.query(
    'insert into audit_checkpoint (tenant_id, size, note) values ($1, $2, $3) on conflict do nothing',
    [tenant, checkpoint.size, formatNote({ text: note.text, signatures })],
  );
}

async function keepCosignature(
  tx: Transaction,
  tenant: TenantId,
  { note, checkpoint }: OpenCheckpoint,
  by: { readonly name: string; readonly key: NoteKey; readonly timeS: number },
): Promise<void> {
  const line = note.signatures.find((s) => s.name === by.key.name && s.keyId === by.key.id);
  await tx.query(
    `insert into audit_cosignature (tenant_id, size, witness, key_id, line, signed_at)
     values ($1, $2, $3, $4, $5, to_timestamp($6)) on conflict do nothing`,
    [tenant, checkpoint.size, by.name, by.key.id, formatSignature(line!), by.timeS], // `!`: its signature was just checked
  );
}

export type WitnessAct = { readonly tx: Transaction; readonly tenant: TenantId; readonly actor: Actor };

/** Adds a witness, with the event of it, after its keys were read. */
export async function addWitness(
  { tx, tenant, actor }: WitnessAct,
  name: string,
  vkeys: readonly string[],
): Promise<Result<void, string>> {
  if (!WITNESS_NAME.test(name) || name === 'none') return err(`"${name}" cannot name a witness`);
  for (const vkey of vkeys) {
    const key = await parseKey(sha256, vkey);
    if (!key.ok) return err(key.error);
    if (key.value.kind === 'note') return err('a witness key makes cosignatures, this one makes plain notes');
  }
  const added = await tx.query(
    `insert into audit_witness (tenant_id, name, vkeys) select $1, $2, $3::text[]
     where not exists (select from audit_witness where tenant_id = $1 and vkeys && $3::text[])
     on conflict do nothing returning name`,
    [tenant, name, vkeys],
  );
  if (added.length === 0) return err('a witness of this name, or with this key, is there already');
  await appendAudit(tx, [
    { tenant, actor, what: 'audit-witness.added', subject: name, details: { vkeys: [...vkeys] } },
  ]);
  return ok(undefined);
}

export const WITNESS_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Removes a witness, with the event of it; false when there is none of that name. */
export async function removeWitness({ tx, tenant, actor }: WitnessAct, name: string): Promise<boolean> {
  const gone = await tx.query('delete from audit_witness where tenant_id = $1 and name = $2 returning name', [
    tenant,
    name,
  ]);
  if (gone.length === 0) return false;
  await appendAudit(tx, [{ tenant, actor, what: 'audit-witness.removed', subject: name, details: {} }]);
  return true;
}

/** Cosigned checkpoints that nobody needs any more: all but the newest ones, and one of each day. */
export async function forgetCheckpoints(db: Reader, keep: number): Promise<number> {
  const gone = await db.query(
    `delete from audit_checkpoint c using (
       select tenant_id, size, rank() over (partition by tenant_id order by size desc) as nth,
         row_number() over (partition by tenant_id, day order by size) as of_day
       from (select tenant_id, size, min(signed_at)::date as day from audit_cosignature group by tenant_id, size) s) o
     where c.tenant_id = o.tenant_id and c.size = o.size and o.nth > $1 and o.of_day > 1 returning 1`,
    [keep],
  );
  return gone.length;
}
