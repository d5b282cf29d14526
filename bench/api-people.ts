/**
 * Who works in the data set of the API benchmark: in each tenant two administrators with sessions of a moment ago, and
 * colleagues who can sign in with a password.
 */
import { hashToken, makeToken } from '#assurance/identity/tokens.ts';
import type { Id, TenantId } from '#core/id.ts';
import { hashPassword } from '#platform/password-hash.ts';
import type { Database } from '#platform/db.ts';
import { loadApiData } from './api-data.ts';

export type ApiPeople = {
  readonly password: string;
  readonly tenants: readonly {
    readonly name: string;
    /** Tokens of the two sessions; what one asks for the other approves. */
    readonly admin: string;
    readonly colleague: string;
    /** Numbers of those who sign in with the password: from 2 to below this. */
    readonly people: number;
  }[];
};

const ROLES = `insert into role_grant (tenant_id, id, person_tenant_id, person_id, role, source, reason, given_by, expires_at)
  select tenant_id, gen_random_uuid(), tenant_id, id, role, 'set-up', '', 'system:bench',
    case when role <> 'employee' then now() + interval '30 days' end
  from (select tenant_id, id, email ~ '^p[01]@' as is_admin from person where email like 'p%@bench-%') p
  cross join unnest(array['tenant-admin', 'mail-admin', 'employee']) role where is_admin or role = 'employee'`;
const ADMINS = `select t.id as tenant, t.name, p.id as person, split_part(p.email, '@', 1) as who
  from tenant t join person p on p.tenant_id = t.id and p.email ~ '^p[01]@' where t.name like 'bench-%' order by t.name, who`;
const SESSIONS = `insert into session (tenant_id, id, token_hash, person_id, is_enrolling, proofs, proved_at, created_at, seen_at, ip, user_agent)
  select s.tenant, gen_random_uuid(), s.hash, s.person, false, '{passkey}', now(), now(), now(), '127.0.0.1', 'bench'
  from unnest($1::uuid[], $2::bytea[], $3::uuid[]) as s (tenant, hash, person)`;

type Admin = {
  readonly tenant: TenantId;
  readonly name: string;
  readonly person: Id<'person'>;
  readonly who: string;
};

/** Fills an empty installation. `owner` is the owner of its schema. */
export async function fillApiPeople(
  owner: Database,
  size: { readonly tenants: number; readonly people: number; readonly messages: number },
): Promise<ApiPeople> {
  const password = 'correct-horse-battery-bench';
  const passwordHash = await hashPassword(password);
  await loadApiData(owner, { ...size, passwordHash });
  await owner.query(ROLES);
  const admins = await owner.query<Admin>(ADMINS);
  const signedIn = admins.map((a) => ({ ...a, token: makeToken(a.tenant) }));
  await owner.query(SESSIONS, [
    signedIn.map((a) => a.tenant),
    signedIn.map((a) => hashToken(a.token)),
    signedIn.map((a) => a.person),
  ]);
  await owner.query('analyze');
  const people = Math.min(20, Math.floor(size.people / size.tenants));
  const tenants = [...Map.groupBy(signedIn, (a) => a.name)].map(([name, [admin, colleague]]) => {
    if (admin === undefined || colleague === undefined) throw new Error(`${name} lacks an administrator`);
    return { name, admin: admin.token, colleague: colleague.token, people };
  });
  return { password, tenants };
}
