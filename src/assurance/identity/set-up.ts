/**
 * The first administrator of an installation. As long as nobody has an account there is one link, printed at each start;
 * whoever opens it, from wherever the console is reached, becomes administrator of the first tenant and operator.
 */
import { findAccessSettings } from '#assurance/access/settings.ts';
import { giveRole } from '#assurance/access/grants.ts';
import { SET_UP_ROLES } from '#assurance/access/roles.ts';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import { InvariantError } from '#core/errors.ts';
import { DEFAULT_TENANT, newId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import type { Database, Transaction } from '#platform/db.ts';
import type { From, Identity, PersonId } from './identity.ts';
import { findLink, makeLink, takeLink, type MadeLink } from './links.ts';
import { addPerson, type Language } from './people.ts';
import { afterProof, attempt, type SignInOutcome } from './sign-in.ts';

/** The link to print, or undefined once somebody has an account. */
export async function setUpLink(db: Database, by: Actor, nowMs: number): Promise<MadeLink | undefined> {
  const [row] = await db.query<{ nobody: boolean }>('select nobody_yet() as nobody');
  if (row?.nobody !== true) return undefined;
  return await db.asTenant(PLATFORM_TENANT).transact(async (tx) => {
    const act = { tx, tenant: PLATFORM_TENANT, actor: by };
    const event = {
      tenant: PLATFORM_TENANT,
      actor: by,
      what: 'set-up.offered',
      subject: 'installation',
      details: {},
    };
    await appendAudit(tx, [event]);
    return await makeLink(act, 'setup', null, nowMs);
  });
}

export type SetUpGiven = {
  readonly token: string;
  readonly name: string;
  readonly email: string;
  readonly language: Language;
  /** What the first tenant is to be called from now on. */
  readonly organisation?: string | undefined;
  readonly from: From;
};

/** Undefined for a link that is none, was used, or comes after somebody has an account. */
export async function setUp(identity: Identity, given: SetUpGiven): Promise<SignInOutcome | undefined> {
  const person = newId<'person'>();
  const actor: Actor = `admin:${person}`;
  // The link first: of two who open it at once only one goes on. Should the rest fail, the next start prints a new one.
  const taken = await attempt(identity.db.asTenant(PLATFORM_TENANT), async (tx) => {
    const link = await findLink(tx, PLATFORM_TENANT, given.token, identity.now());
    const [row] = await tx.query<{ nobody: boolean }>('select nobody_yet() as nobody');
    if (link?.purpose !== 'setup' || row?.nobody !== true) return undefined;
    if (!(await takeLink(tx, PLATFORM_TENANT, link))) return undefined;
    if (given.organisation !== undefined)
      await tx.query('select name_first_tenant($1)', [given.organisation]);
    return true;
  });
  if (taken === undefined) return undefined;
  const tenant = DEFAULT_TENANT;
  const db = identity.db.asTenant(tenant);
  await db.transact(async (tx) => {
    const { name, email, language } = given;
    const added = await addPerson(
      { tx, tenant, actor },
      { id: person, name, email, language, state: 'active' },
    );
    if (!added.ok) throw new InvariantError('somebody has an account although nobody had');
    for (const role of SET_UP_ROLES) await give(identity, tx, tenant, person, role, actor);
  });
  // Rows of two tenants, so two transactions: cut between them, there is an administrator who is no operator yet.
  const platform = identity.db.asTenant(PLATFORM_TENANT);
  await platform.transact((tx) => give(identity, tx, PLATFORM_TENANT, person, 'operator', actor));
  return await db.transact((tx) =>
    afterProof(identity, tx, { tenant, person, from: given.from, proofs: ['link'] }),
  );
}

async function give(
  identity: Identity,
  tx: Transaction,
  tenant: TenantId,
  person: PersonId,
  role: string,
  by: Actor,
): Promise<void> {
  const nowMs = identity.now();
  const { maxGrantS } = await findAccessSettings(tx, tenant);
  const expiresAtMs = nowMs + maxGrantS * 1000;
  const given = await giveRole(tx, {
    tenant,
    person,
    personTenant: DEFAULT_TENANT,
    role,
    expiresAtMs,
    by,
    source: 'set-up',
    nowMs,
  });
  if (!given.ok) throw new InvariantError(`set-up could not give ${role}`);
}
