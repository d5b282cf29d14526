/** `gatehouse ldap`: the directories that recipients are looked up in, for domains with --recipients ldap. */
import { ConfigError } from '#core/errors.ts';
import { addThing, changeThing, findThing } from '#mail/directory/commands.ts';
import { ldapKind } from '#mail/directory/kinds.ts';
import { openLdapSource } from '#mail/directory/ldap.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import type { CliContext } from './context.ts';
import { readText } from './hop-flags.ts';
import { badValues, commandOf, inOneAct, print, tenantOf, usage, type Arguments } from './subcommands.ts';
import { listVerb, nameOf, refuse, removeVerb, REPLACE, showVerb } from './things.ts';

const text = (value: string, help: string) => ({ type: 'string', value, help }) as const;

export const ldap = commandOf('ldap', 'Directories that recipients are looked up in.', {
  add: {
    summary:
      'Name an LDAP server to look recipients up in; domains use it with --recipients ldap --ldap NAME.',
    positionals: ['NAME'],
    flags: {
      url: text('URL', 'ldaps://ldap.example.org, or ldap:// with --start-tls.'),
      'start-tls': { type: 'boolean', help: 'STARTTLS on an ldap:// connection.' },
      ca: text('FILE', 'PEM file of anchors, instead of those of the system.'),
      'base-dn': text('DN', 'Where people are searched, with everything below it.'),
      'bind-dn': text('DN', 'Who asks; anonymous when left out.'),
      'bind-password-file': text('FILE', 'File with its password; - for standard input. Stored encrypted.'),
      filter: text(
        'FILTER',
        'With {address}, or {local} and {domain}; mail and proxyAddresses when left out.',
      ),
      ...REPLACE,
    },
    run: add,
  },
  list: listVerb(ldapKind, ['NAME', 'URL', 'BASE', 'BIND'], (l) => [
    l.name,
    l.url,
    l.baseDn,
    l.bindDn ?? 'anonymous',
  ]),
  show: showVerb('ldap show', ldapKind),
  remove: removeVerb('ldap remove', ldapKind),
  test: {
    summary:
      'Ask a source for an address, as the gateway would. Exits 1 when it is unknown or nobody answers.',
    positionals: ['NAME', 'ADDRESS'],
    flags: {},
    run: ask,
  },
});

async function add(args: Arguments, context: CliContext): Promise<number> {
  const [name = ''] = args.positionals;
  if (args.text('url') === undefined) return usage(context, 'ldap add', '--url is missing');
  if (args.text('base-dn') === undefined) return usage(context, 'ldap add', '--base-dn is missing');
  const file = args.text('bind-password-file');
  const password =
    file === undefined ? undefined : readText('--bind-password-file', file).replace(/\r?\n$/, '');
  const ca = args.text('ca');
  await using stores = await context.openStores();
  const { db, keys } = stores;
  const tenant = await tenantOf(args, db);
  if (password !== undefined) await keys.ensureTenant(tenant);
  const fields = {
    name,
    url: args.text('url'),
    startTls: args.is('start-tls'),
    baseDn: args.text('base-dn'),
    bindDn: args.text('bind-dn'),
    filter: args.text('filter'),
    caPem: ca === undefined ? undefined : readText('--ca', ca),
    bindPasswordSealed:
      password === undefined
        ? undefined
        : Buffer.from(keys.seal(tenant, `ldap/${name}`, Buffer.from(password, 'utf8'))).toString('base64'),
  };
  const raw = Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));
  const parsed = ldapKind.schema.safeParse(raw);
  if (!parsed.success) return badValues(context, 'ldap add', zodComplaints(parsed.error, ldapKind.schema));
  const done = await inOneAct(db, tenant, async (act) => {
    const before = args.is('replace') ? await findThing(act.tx, act.tenant, ldapKind, name) : undefined;
    return before === undefined
      ? await addThing(act, ldapKind, parsed.data)
      : await changeThing(act, ldapKind, parsed.data);
  });
  if (!done.ok) return refuse(context, 'ldap add', done.error.text);
  print(
    context,
    args,
    { name },
    `The LDAP source "${name}" is in force; "gatehouse ldap test ${name} ADDRESS" asks it.\n`,
  );
  return 0;
}

async function ask(args: Arguments, context: CliContext): Promise<number> {
  const [, address = ''] = args.positionals;
  const at = address.lastIndexOf('@');
  if (at < 1) return usage(context, 'ldap test', `"${address}" is no e-mail address`);
  await using stores = await context.openStores();
  const { db, keys } = stores;
  const tenant = await tenantOf(args, db);
  const source = await findThing(db.asTenant(tenant), tenant, ldapKind, nameOf(args));
  if (source === undefined) throw new ConfigError([`There is no LDAP source named "${nameOf(args)}".`]);
  if (source.bindPasswordSealed !== undefined) await keys.ensureTenant(tenant);
  const sealed = source.bindPasswordSealed;
  const password =
    sealed === undefined
      ? undefined
      : Buffer.from(keys.open(tenant, `ldap/${source.name}`, Buffer.from(sealed, 'base64'))).toString('utf8');
  const opened = openLdapSource(source, password);
  const answer = await opened.lookup(address.slice(0, at), address.slice(at + 1));
  await opened.close();
  if (answer.kind === 'unavailable') return refuse(context, 'ldap test', answer.detail);
  print(context, args, answer, `${source.name}: ${address} is ${answer.kind}.\n`);
  return answer.kind === 'known' ? 0 : 1;
}

export const run = ldap.run;
