/** `gatehouse person`: people, looked after by whoever is administrator of this machine. Passwords are never set from here. */
import { giveRole } from '#assurance/access/grants.ts';
import { findAccessSettings } from '#assurance/access/settings.ts';
import { makeLink, type LinkPurpose } from '#assurance/identity/links.ts';
import {
  addPerson,
  leavePerson,
  listPeople,
  PERSON_LANGUAGES,
  personByEmail,
  reactivatePerson,
  recordPerson,
  suspendPerson,
  type Language,
  type Person,
  type PersonRefusal,
} from '#assurance/identity/people.ts';
import type { Act } from '#assurance/identity/identity.ts';
import { PLATFORM_TENANT } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { CliContext } from './context.ts';
import {
  type Arguments,
  cliActor,
  commandOf,
  plain,
  print,
  table,
  tenantOf,
  usage,
  withAct,
  withTenant,
} from './subcommands.ts';

const MAX_LISTED = 1_000;
type Refused = { readonly text: string };

export const person = commandOf('person', 'People who sign in to the console.', {
  add: {
    summary: 'Invite a person: prints a link that works once, for a week.',
    positionals: ['EMAIL'],
    flags: {
      name: { type: 'string', value: 'NAME', help: 'What the person is called.' },
      language: { type: 'string', value: 'de|en|nl', help: 'The language of the console; en when left out.' },
      role: {
        type: 'string',
        multiple: true,
        value: 'ROLE',
        help: 'A role in the tenant; may be given again.',
      },
      operator: { type: 'boolean', help: 'Also an operator of the whole installation.' },
    },
    run: add,
  },
  list: {
    summary: 'List people by address.',
    positionals: ['[PART]'],
    flags: {},
    run: async (args, context) => {
      const asked = { search: args.positionals[0], after: '', limit: MAX_LISTED };
      const rows = await withTenant(args, context, (db, tenant) => listPeople(db, tenant, asked));
      const cells = rows.map((p) => [p.email, p.name, p.state, p.lastSignInAt?.toISOString() ?? '-']);
      print(
        context,
        args,
        rows,
        rows.length === 0 ? 'Nobody.\n' : table(['ADDRESS', 'NAME', 'STATE', 'SEEN'], cells),
      );
      return 0;
    },
  },
  suspend: state('Suspend a person; every session ends at once.', suspendPerson),
  reactivate: state('Let a suspended person in again.', reactivatePerson),
  leave: state('End an account for good; its record stays.', leavePerson),
  'reset-link': {
    summary: 'Print a link with which a person chooses a new password, or replaces lost factors.',
    positionals: ['EMAIL'],
    flags: { factors: { type: 'boolean', help: 'Lost passkeys and apps, not the password.' } },
    run: resetLink,
  },
});

async function add(args: Arguments, context: CliContext): Promise<number> {
  const email = args.positionals[0] ?? '';
  const language = (args.text('language') ?? 'en') as Language; // checked on the next line
  if (!PERSON_LANGUAGES.includes(language))
    return usage(
      context,
      'person add',
      `--language: "${language}" is none of ${PERSON_LANGUAGES.join(', ')}`,
    );
  if (!/^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u.test(email))
    return usage(context, 'person add', `"${email}" is no e-mail address`);
  const name = args.text('name') ?? email.split('@')[0] ?? email;
  const done = await withAct(args, context, async (act) => {
    const added = await addPerson(act, { email, name, language });
    if (!added.ok) return added;
    for (const role of args.texts('role')) {
      const given = await give(act, added.value, role);
      if (!given.ok) return given;
    }
    return ok({ person: added.value, ...(await makeLink(act, 'invite', added.value.id, Date.now())) });
  });
  if (!done.ok) return refuse(context, 'add', done.error);
  if (args.is('operator')) await makeOperator(args, context, done.value.person);
  return printLink(args, context, done.value);
}

async function give(
  { tx, tenant, actor }: Act,
  { id }: Person,
  role: string,
): Promise<Result<unknown, Refused>> {
  const { maxGrantS } = await findAccessSettings(tx, tenant);
  const expiresAtMs = Date.now() + maxGrantS * 1000;
  const given = await giveRole(tx, { tenant, person: id, role, expiresAtMs, by: actor });
  return given.ok ? given : err({ text: `--role ${role}: ${given.error.text}` });
}

async function makeOperator(args: Arguments, context: CliContext, { id }: Person): Promise<void> {
  await using db = await context.openDatabase();
  const personTenant = await tenantOf(args, db);
  await db.asTenant(PLATFORM_TENANT).transact(async (tx) => {
    const { maxGrantS } = await findAccessSettings(tx, PLATFORM_TENANT);
    const expiresAtMs = Date.now() + maxGrantS * 1000;
    const by = cliActor();
    await giveRole(tx, {
      tenant: PLATFORM_TENANT,
      person: id,
      personTenant,
      role: 'operator',
      expiresAtMs,
      by,
    });
  });
}

async function resetLink(args: Arguments, context: CliContext): Promise<number> {
  const done = await withAct(args, context, async (act) => {
    const found = await personByEmail(act.tx, act.tenant, args.positionals[0] ?? '');
    if (found === undefined) return err(MISSING);
    if (found.state === 'suspended') return err({ text: 'The person is suspended; reactivate first.' });
    const other: LinkPurpose = args.is('factors') ? 'factors' : 'password';
    const purpose = found.state === 'invited' ? 'invite' : other;
    await recordPerson(act, 'person.reset-started', found.id, { what: purpose });
    return ok({ person: found, ...(await makeLink(act, purpose, found.id, Date.now())) });
  });
  return done.ok ? printLink(args, context, done.value) : refuse(context, 'reset-link', done.error);
}

const MISSING: Refused = { text: 'There is no such person.' };

type Linked = { readonly person: Person; readonly token: string; readonly expiresAt: Date };

function printLink(
  args: Arguments,
  context: CliContext,
  { person: { id, email }, token, expiresAt }: Linked,
): number {
  const url = `${context.consoleUrl?.() ?? ''}/link#${token}`;
  const until = expiresAt.toISOString();
  print(
    context,
    args,
    { id, email, url, expiresAt: until },
    `${plain(email)}: works once, until ${until}\n${url}\n`,
  );
  return 0;
}

function state(summary: string, act: (act: Act, id: Person['id']) => Promise<Result<Person, PersonRefusal>>) {
  return {
    summary,
    positionals: ['EMAIL'],
    flags: {},
    run: async (args: Arguments, context: CliContext): Promise<number> => {
      const done = await withAct<Person, Refused>(args, context, async (a) => {
        const found = await personByEmail(a.tx, a.tenant, args.positionals[0] ?? '');
        return found === undefined ? err(MISSING) : await act(a, found.id);
      });
      if (!done.ok) return refuse(context, 'person', done.error);
      print(context, args, done.value, `${plain(done.value.email)} is ${done.value.state}.\n`);
      return 0;
    },
  };
}

function refuse(context: CliContext, verb: string, { text }: Refused): number {
  context.stderr(`gatehouse person ${verb}: ${plain(text)}\n`);
  return 1;
}

export const run = person.run;
