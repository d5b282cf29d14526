/**
 * Sessions: 256 random bits, stored as a hash, new at each sign-in and each step-up, with an idle and an absolute limit. A
 * session is looked up with its person at every request and held nowhere in memory, so that one which was ended, or whose
 * person was suspended, is refused at the next request.
 */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import { newId, type TenantId } from '#core/id.ts';
import type { Database, Reader, Transaction } from '#platform/db.ts';
import type { Act, From, Granted, Identity, PersonId, SessionId } from './identity.ts';
import type { Language } from './people.ts';
import { hashToken, makeToken, tenantOfToken } from './tokens.ts';

/** `oidc` stands for both factors, `oidc-first` for one: a provider that did not say that there was a second. */
export type Proof = 'passkey' | 'password' | 'totp' | 'recovery-code' | 'link' | 'oidc' | 'oidc-first';
/** Whether these proofs are two factors; a link is none, nor is what was proved before the rights became more. */
export function isTwoFactors(proofs: readonly Proof[]): boolean {
  return proofs.some((p) => p === 'passkey' || p === 'totp' || p === 'recovery-code' || p === 'oidc');
}
export type Session = {
  readonly id: SessionId;
  readonly tenant: TenantId;
  readonly person: PersonId;
  readonly isEnrolling: boolean;
  readonly proofs: readonly Proof[];
  readonly provedAt: Date;
  readonly createdAt: Date;
  readonly seenAt: Date;
  readonly language: Language;
  readonly idleS: number;
  readonly absoluteS: number;
};
export type NewSession = { readonly token: string; readonly id: SessionId; readonly maxAgeS: number };

/** Nobody has so many browsers; the oldest make room. */
const MAX_SESSIONS = 50;
/** `seen_at` is written this often, not at each request. */
const SEEN_EVERY_MS = 30_000;
const DEFAULT_ABSOLUTE_S = 43_200;
const MAX_AGENT_CHARS = 256;

export type Starting = {
  readonly tenant: TenantId;
  readonly person: PersonId;
  readonly actor: Actor;
  readonly proofs: readonly Proof[];
  readonly isEnrolling: boolean;
  readonly from: From;
  readonly nowMs: number;
};

export async function startSession(tx: Transaction, s: Starting): Promise<NewSession> {
  const { tenant, person, nowMs } = s;
  const token = makeToken(tenant);
  const id = newId<'session'>();
  const at = new Date(nowMs);
  await tx.query(
    `delete from session where tenant_id = $1 and id in (
       select id from session where tenant_id = $1 and person_id = $2 order by seen_at desc offset $3)`,
    [tenant, person, MAX_SESSIONS - 1],
  );
  await tx.query(
    `insert into session (tenant_id, id, token_hash, person_id, is_enrolling, proofs, proved_at, created_at, seen_at, ip, user_agent)
     values ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8, $9)`,
    [
      tenant,
      id,
      hashToken(token),
      person,
      s.isEnrolling,
      s.proofs,
      at,
      s.from.ip,
      s.from.userAgent.slice(0, MAX_AGENT_CHARS),
    ],
  );
  await tx.query(
    `update person set last_sign_in_at = $3, state = case when state = 'invited' then 'active' else state end
     where tenant_id = $1 and id = $2`,
    [tenant, person, at],
  );
  const [policy] = await tx.query<{ absoluteS: number }>(
    'select absolute_s as "absoluteS" from sign_in_policy where tenant_id = $1',
    [tenant],
  );
  await appendAudit(tx, [
    {
      tenant,
      actor: s.actor,
      what: 'session.started',
      subject: `person:${person}`,
      details: { session: id, proofs: s.proofs, enrolling: s.isEnrolling },
    },
  ]);
  return { token, id, maxAgeS: policy?.absoluteS ?? DEFAULT_ABSOLUTE_S };
}

/** The session of a token that is good now. What is over its limits ends here, with its event. */
export async function findSession(db: Database, token: string, nowMs: number): Promise<Session | undefined> {
  const tenant = tenantOfToken(token);
  if (tenant === undefined) return undefined;
  const own = db.asTenant(tenant);
  const [row] = await own.query<Session>(
    `select s.id, s.tenant_id as tenant, s.person_id as person, s.is_enrolling as "isEnrolling", s.proofs,
       s.proved_at as "provedAt", s.created_at as "createdAt", s.seen_at as "seenAt", p.language,
       coalesce(o.idle_s, 1800) as "idleS", coalesce(o.absolute_s, 43200) as "absoluteS"
     from session s
     join person p on p.tenant_id = s.tenant_id and p.id = s.person_id and p.state = 'active'
     left join sign_in_policy o on o.tenant_id = s.tenant_id
     where s.tenant_id = $1 and s.token_hash = $2`,
    [tenant, hashToken(token)],
    'identity.session',
  );
  if (row === undefined) return undefined;
  const idleMs = nowMs - row.seenAt.getTime();
  if (idleMs > row.idleS * 1000 || nowMs - row.createdAt.getTime() > row.absoluteS * 1000) {
    await own.transact((tx) => endExpired(tx, row));
    return undefined;
  }
  if (idleMs > SEEN_EVERY_MS)
    await own.query('update session set seen_at = $3 where tenant_id = $1 and id = $2', [
      tenant,
      row.id,
      new Date(nowMs),
    ]);
  return row;
}

async function endExpired(tx: Transaction, { tenant, id, person }: Session): Promise<void> {
  const gone = await tx.query('delete from session where tenant_id = $1 and id = $2 returning id', [
    tenant,
    id,
  ]);
  if (gone.length === 0) return;
  await appendAudit(tx, [
    {
      tenant,
      actor: 'system:sessions',
      what: 'session.expired',
      subject: `person:${person}`,
      details: { session: id },
    },
  ]);
}

/** The same session under a new token, proved now; the old token is worth nothing from here on. */
export async function renewSession(
  act: Act,
  session: { readonly id: SessionId; readonly person: PersonId },
  change: { readonly proofs: readonly Proof[] | undefined; readonly isEnrolling: boolean },
  nowMs: number,
): Promise<NewSession | undefined> {
  const { tx, tenant, actor } = act;
  const token = makeToken(tenant);
  const [row] = await tx.query<{ createdAt: Date; absoluteS: number }>(
    `update session s set token_hash = $3, is_enrolling = $4, seen_at = $6,
       proofs = coalesce($5::text[], proofs), proved_at = case when $5::text[] is null then proved_at else $6 end
     where tenant_id = $1 and id = $2 returning created_at as "createdAt",
       coalesce((select absolute_s from sign_in_policy where tenant_id = $1), 43200) as "absoluteS"`,
    [tenant, session.id, hashToken(token), change.isEnrolling, change.proofs ?? null, new Date(nowMs)],
  );
  if (row === undefined) return undefined;
  await appendAudit(tx, [
    {
      tenant,
      actor,
      what: 'session.proved',
      subject: `person:${session.person}`,
      details: { session: session.id, proofs: change.proofs ?? [] },
    },
  ]);
  const endMs = row.createdAt.getTime() + row.absoluteS * 1000;
  return { token, id: session.id, maxAgeS: Math.max(1, Math.floor((endMs - nowMs) / 1000)) };
}

/** How long the session may idle, and when it ends whatever happens. */
export async function limitsOf(
  db: Reader,
  tenant: TenantId,
  id: SessionId,
): Promise<{ readonly idleS: number; readonly endsAt: Date } | undefined> {
  const [row] = await db.query<{ idleS: number; endsAt: Date }>(
    `select coalesce(o.idle_s, 1800) as "idleS",
       s.created_at + make_interval(secs => coalesce(o.absolute_s, 43200)) as "endsAt"
     from session s left join sign_in_policy o on o.tenant_id = s.tenant_id where s.tenant_id = $1 and s.id = $2`,
    [tenant, id],
  );
  return row;
}

export type ListedSession = {
  readonly id: SessionId;
  readonly createdAt: Date;
  readonly seenAt: Date;
  readonly ip: string;
  readonly userAgent: string;
  readonly proofs: readonly Proof[];
};

export async function listSessions(
  db: Reader,
  tenant: TenantId,
  person: PersonId,
): Promise<readonly ListedSession[]> {
  return await db.query<ListedSession>(
    `select id, created_at as "createdAt", seen_at as "seenAt", ip, user_agent as "userAgent", proofs
     from session where tenant_id = $1 and person_id = $2 order by seen_at desc limit ${MAX_SESSIONS}`,
    [tenant, person],
  );
}

/** Ends the sessions that are meant: one, or all but one; how many there were. */
export async function endSessions(
  { tx, tenant, actor }: Act,
  person: PersonId,
  which: { readonly only: SessionId } | { readonly except: SessionId | undefined },
): Promise<number> {
  const only = 'only' in which ? which.only : null;
  const except = 'except' in which ? (which.except ?? null) : null;
  const gone = await tx.query<{ id: SessionId }>(
    `delete from session where tenant_id = $1 and person_id = $2 and ($3::uuid is null or id = $3)
       and ($4::uuid is null or id <> $4) returning id`,
    [tenant, person, only, except],
  );
  await appendAudit(
    tx,
    gone.map(({ id }) => ({
      tenant,
      actor,
      what: 'session.ended',
      subject: `person:${person}`,
      details: { session: id },
    })),
  );
  return gone.length;
}

/** How the record calls a person: by what it may do now. */
export function actorOf(identity: Identity, person: PersonId, granted: Granted): Actor {
  return identity.isPrivileged(granted) ? `admin:${person}` : `employee:${person}`;
}
