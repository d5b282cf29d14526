/** `gatehouse role`: the roles there are, and who has them; for the machine's administrator. */
import { listCustomRoles } from '#assurance/access/custom-roles.ts';
import { giveRole, type Grant, type GrantId, listGrants, revokeGrant } from '#assurance/access/grants.ts';
import { missing, type Refusal } from '#assurance/access/refusal.ts';
import { isPrivileged, RIGHTS, ROLES } from '#assurance/access/roles.ts';
import { findAccessSettings } from '#assurance/access/settings.ts';
import { emailKey } from '#assurance/identity/people.ts';
import { parseDurationS } from '#core/duration.ts';
import { type Id, parseId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { Database } from '#platform/db.ts';
import type { CliContext } from './context.ts';
import { type Arguments, cliActor, commandOf, print, usage, withTenant } from './subcommands.ts';

const FOR = {
  type: 'string',
  value: 'SPAN',
  help: 'How long, as 30d; the longest that is allowed when left out. Above employee every role ends.',
} as const;

const list = {
  summary: 'List the roles and what each may do.',
  positionals: [],
  flags: {},
  run: async (args: Arguments, context: CliContext): Promise<number> => {
    const own = await withTenant(args, context, listCustomRoles);
    const all = [
      ...ROLES.map((name) => ({ name, ...RIGHTS[name] })),
      ...own.map(({ name, permissions }) => ({ name, tenant: permissions, platform: [] })),
    ];
    const lines = all.map((r) => `${r.name}\n  ${[...r.tenant, ...r.platform].join(' ') || 'one’s own'}\n`);
    print(context, args, all, lines.join(''));
    return 0;
  },
};

export const role = commandOf('role', 'Roles, and who has them.', {
  list,
  give: {
    summary: 'Give a person a role. "operator" is for the installation, whichever tenant the person is of.',
    positionals: ['EMAIL', 'ROLE'],
    flags: { for: FOR },
    run: give,
  },
  take: {
    summary: 'Take a role away from a person, every grant of it.',
    positionals: ['EMAIL', 'ROLE'],
    flags: {},
    run: take,
  },
});

export const grant = commandOf('grant', 'Who has which role until when.', {
  list: {
    summary: 'List the grants that count now.',
    positionals: [],
    flags: {},
    run: async (args: Arguments, context: CliContext): Promise<number> => {
      const grants = await withTenant(args, context, (db, tenant) =>
        listGrants(db, tenant, { limit: 10_000, before: undefined, nowMs: Date.now() }),
      );
      print(context, args, grants, grants.map(line).join(''));
      return 0;
    },
  },
  take: {
    summary: 'Take one grant away.',
    positionals: ['ID'],
    flags: {},
    run: async (args: Arguments, context: CliContext): Promise<number> => {
      const id = parseId<'grant'>(args.positionals[0] ?? '');
      if (id === undefined) return usage(context, 'grant take', 'ID is no id');
      const done = await withTenant(args, context, (db, tenant) => takeAll(db, tenant, [id]));
      return end(context, args, 'grant take', done > 0 ? ok({ taken: done }) : missing('grant'));
    },
  },
});

async function give(args: Arguments, context: CliContext): Promise<number> {
  const [email = '', name = ''] = args.positionals;
  const span = args.text('for');
  const forS = span === undefined ? undefined : parseDurationS(span);
  if (span !== undefined && forS === undefined)
    return usage(context, 'role give', '--for is no span such as 30d');
  const done = await withTenant(args, context, async (db, personTenant) => {
    const person = await personOf(db, personTenant, email);
    if (!person.ok) return person;
    const tenant = name === 'operator' ? PLATFORM_TENANT : personTenant;
    return await db.asTenant(tenant).transact(async (tx) => {
      const { maxGrantS } = await findAccessSettings(tx, tenant);
      const nowMs = Date.now();
      const endsMs =
        isPrivileged(name) || forS !== undefined ? nowMs + (forS ?? maxGrantS) * 1000 : undefined;
      const who = { tenant, person: person.value, personTenant, role: name };
      return await giveRole(tx, { ...who, expiresAtMs: endsMs, by: cliActor(), nowMs });
    });
  });
  return end(context, args, 'role give', done.ok ? ok({ grant: done.value }) : done);
}

async function take(args: Arguments, context: CliContext): Promise<number> {
  const [email = '', name = ''] = args.positionals;
  const done = await withTenant(args, context, async (db, personTenant) => {
    const person = await personOf(db, personTenant, email);
    if (!person.ok) return person;
    const tenant = name === 'operator' ? PLATFORM_TENANT : personTenant;
    const rows = await db.asTenant(tenant).query<{ id: GrantId }>(
      `select id from role_grant where tenant_id = $1 and person_tenant_id = $2 and person_id = $3 and role = $4
         and revoked_at is null and (expires_at is null or expires_at > now())`,
      [tenant, personTenant, person.value, name],
    );
    if (rows.length === 0) return missing('grant of this role');
    return ok(
      await takeAll(
        db.asTenant(tenant),
        tenant,
        rows.map((r) => r.id),
      ),
    );
  });
  return end(context, args, 'role take', done.ok ? ok({ taken: done.value }) : done);
}

async function takeAll(db: Database, tenant: TenantId, ids: readonly GrantId[]): Promise<number> {
  return await db.transact(async (tx) => {
    let taken = 0;
    for (const id of ids) if (await revokeGrant(tx, tenant, id, cliActor(), Date.now())) taken++;
    return taken;
  });
}

async function personOf(
  db: Database,
  tenant: TenantId,
  email: string,
): Promise<Result<Id<'person'>, Refusal>> {
  const [row] = await db.query<{ id: Id<'person'> }>(
    `select id from person where tenant_id = $1 and email_key = $2 and state <> 'left'`,
    [tenant, emailKey(email)],
  );
  return row === undefined
    ? err({ kind: 'missing', text: 'There is no person with this address in the tenant.' })
    : ok(row.id);
}

function line(g: Grant): string {
  const until = g.expiresAtMs === null ? 'no end' : new Date(g.expiresAtMs).toISOString();
  return `${g.id}  ${g.role ?? g.permission ?? ''}  ${g.person ?? `group ${g.group ?? ''}`}  ${until}  ${g.source}  ${g.by}\n`;
}

function end(
  context: CliContext,
  args: Arguments,
  name: string,
  done: Result<Readonly<Record<string, unknown>>, Refusal>,
): number {
  if (done.ok) {
    print(context, args, done.value, 'done\n');
    return 0;
  }
  context.stderr(`gatehouse ${name}: ${done.error.text}\n`);
  return 1;
}

export const run = role.run;
