/**
 * Guessing is slowed down by growing delays, and nobody can lock somebody else out by it.
 *
 * Failures are counted in buckets: an account from one network, an account from anywhere, a network. A delay only ever binds
 * whoever falls into the bucket. A browser that has signed in before carries a sealed device token and then has a bucket of
 * its own, so that what strangers do to the account does not reach it; passkeys, which cannot be guessed, ask no bucket at
 * all. Towards strangers the account as a whole is slowed to one try in `account.capS`, never closed.
 */
import type { KeyStore } from '#assurance/keys/keys.ts';
import { fromUtf8 } from '#core/bytes.ts';
import { PermanentError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import { parseIp } from '#core/ip.ts';
import type { Database, Transaction } from '#platform/db.ts';
import type { From, PersonId } from './identity.ts';

type Rule = { readonly free: number; readonly capS: number; readonly forgetS: number };
const RULES = {
  'account-network': { free: 5, capS: 900, forgetS: 86_400 },
  account: { free: 50, capS: 30, forgetS: 3_600 },
  network: { free: 100, capS: 60, forgetS: 3_600 },
  device: { free: 10, capS: 900, forgetS: 86_400 },
  'factor-network': { free: 5, capS: 900, forgetS: 86_400 },
  factor: { free: 20, capS: 300, forgetS: 86_400 },
} as const satisfies Readonly<Record<string, Rule>>;
type RuleName = keyof typeof RULES;

export type Bucket = { readonly rule: RuleName; readonly key: Uint8Array };
export type Meant = {
  readonly tenant: TenantId;
  /** Address or person id: what an attempt is made against, whether it exists or not. */
  readonly account: string;
  readonly from: From;
  /** The token of a device that this account has signed in from before. */
  readonly device: string | undefined;
};

export function bucketsOf(keys: KeyStore, meant: Meant, step: 'password' | 'factor'): readonly Bucket[] {
  const { tenant, account, device } = meant;
  const bucket = (rule: RuleName, ...parts: readonly string[]): Bucket => ({
    rule,
    key: keys.mac(tenant, `sign-in/${rule}`, fromUtf8(parts.join('\n'))),
  });
  if (device !== undefined) return [bucket('device', account, device, step)];
  const network = networkOf(meant.from.ip);
  if (step === 'factor') return [bucket('factor-network', account, network), bucket('factor', account)];
  return [
    bucket('account-network', account, network),
    bucket('account', account),
    bucket('network', network),
  ];
}

/** Says within a transaction that it is to be undone: a bucket refused. */
class Blocked extends Error {}

/**
 * Counts a try as failed before it is looked at, so that a hundred at once are a hundred, and says how many seconds it has
 * to wait; 0 when it may go on. `forgive` takes it back when it succeeds.
 */
export async function takeTurn(
  db: Database,
  tenant: TenantId,
  buckets: readonly Bucket[],
  nowMs: number,
): Promise<number> {
  // Sorted, so that two tries at once take the rows in the same order.
  const sorted = buckets.toSorted((a, b) => Buffer.compare(a.key, b.key));
  try {
    await db.transact(async (tx) => {
      await forgetOld(tx, tenant, nowMs);
      for (const bucket of sorted) if (!(await countTry(tx, tenant, bucket, nowMs))) throw new Blocked();
    });
    return 0;
  } catch (error) {
    if (!(error instanceof Blocked)) throw error;
  }
  const [row] = await db.query<{ nextAt: Date | null }>(
    `select max(next_at) as "nextAt" from sign_in_failure where tenant_id = $1 and bucket = any ($2)`,
    [tenant, sorted.map((b) => b.key)],
  );
  return Math.max(1, Math.ceil(((row?.nextAt?.getTime() ?? nowMs) - nowMs) / 1000));
}

/** Nothing for the first `free` failures, then 1, 2, 4 … seconds up to the cap; false while the delay runs. */
async function countTry(tx: Transaction, tenant: TenantId, bucket: Bucket, nowMs: number): Promise<boolean> {
  const { free, capS, forgetS } = RULES[bucket.rule];
  const rows = await tx.query(
    `insert into sign_in_failure as f (tenant_id, bucket, failures, last_at, next_at) values ($1, $2, 1, $3, $3)
     on conflict (tenant_id, bucket) do update set last_at = $3,
       failures = case when f.last_at < $3::timestamptz - make_interval(secs => $6) then 1 else least(f.failures, 1000000) + 1 end,
       next_at = $3::timestamptz + make_interval(secs => case
         when f.last_at < $3::timestamptz - make_interval(secs => $6) or f.failures + 1 < $4 then 0
         else least($5::int, 2 ^ least(f.failures + 1 - $4, 20)) end)
     where f.next_at <= $3 returning 1 as counted`,
    [tenant, bucket.key, new Date(nowMs), free, capS, forgetS],
  );
  return rows.length === 1;
}

async function forgetOld(tx: Transaction, tenant: TenantId, nowMs: number): Promise<void> {
  await tx.query(
    `delete from sign_in_failure where tenant_id = $1 and bucket in (
       select bucket from sign_in_failure where tenant_id = $1 and last_at < $2 limit 100 for update skip locked)`,
    [tenant, new Date(nowMs - 86_400_000)],
  );
}

/** Whoever got in is no longer guessing from there; of the shared buckets only this try is taken back. */
export async function forgive(
  tx: Transaction,
  tenant: TenantId,
  buckets: readonly Bucket[],
  nowMs: number,
): Promise<void> {
  const isOwn = (b: Bucket): boolean => ['account-network', 'device', 'factor-network'].includes(b.rule);
  await tx.query('delete from sign_in_failure where tenant_id = $1 and bucket = any ($2)', [
    tenant,
    buckets.filter(isOwn).map((b) => b.key),
  ]);
  await tx.query(
    `update sign_in_failure set failures = greatest(0, failures - 1), next_at = $3
     where tenant_id = $1 and bucket = any ($2)`,
    [tenant, buckets.filter((b) => !isOwn(b)).map((b) => b.key), new Date(nowMs)],
  );
}

/** The network a try comes from: /24 of IPv4, /48 of IPv6, which is what one customer usually has. */
export function networkOf(ip: string): string {
  const address = parseIp(ip);
  if (address === undefined) return 'unknown';
  const bytes = address.bytes;
  return Buffer.from(bytes.subarray(0, bytes.length === 4 ? 3 : 6)).toString('hex');
}

const DEVICE_LIFE_MS = 365 * 86_400_000;
export const DEVICE_LIFE_S: number = DEVICE_LIFE_MS / 1000;

export function makeDevice(keys: KeyStore, tenant: TenantId, person: PersonId, nowMs: number): string {
  const plain = fromUtf8(String(nowMs));
  return Buffer.from(keys.seal(tenant, `device/${person}`, plain)).toString('base64url');
}

/** The device token itself where it was made for this person, else undefined. */
export function knownDevice(
  keys: KeyStore,
  tenant: TenantId,
  person: PersonId,
  token: string | undefined,
  nowMs: number,
): string | undefined {
  if (token === undefined || !/^[A-Za-z0-9_-]{40,200}$/.test(token)) return undefined;
  try {
    const plain = keys.open(tenant, `device/${person}`, Buffer.from(token, 'base64url'));
    return nowMs - Number(Buffer.from(plain).toString()) < DEVICE_LIFE_MS ? token : undefined;
  } catch (error) {
    if (error instanceof PermanentError) return undefined; // somebody else's, or not ours: an unknown device
    throw error;
  }
}
