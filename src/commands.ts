/** Every command, one line each. A command's code is read only when it is called. */
import type { CliContext } from '#cli/context.ts';

type Run = (args: readonly string[], context: CliContext) => Promise<number>;
type Entry = { readonly summary: string; readonly load: () => Promise<Run> };

export const COMMANDS: Readonly<Record<string, Entry>> = {
  try: {
    summary: 'send sample messages through the running gateway',
    load: async () => (await import('#cli/try.ts')).run,
  },
  parse: {
    summary: 'the parts of a message, its defects, and every other reading',
    load: async () => (await import('#cli/parse.ts')).run,
  },
  domain: {
    summary: 'domains we own: add, list, show, remove, check their DNS',
    load: async () => (await import('#cli/domain.ts')).run,
  },
  address: {
    summary: 'recipients we know: import from CSV, add, list, remove',
    load: async () => (await import('#cli/address.ts')).run,
  },
  route: { summary: 'where mail goes next', load: async () => (await import('#cli/route.ts')).run },
  destination: {
    summary: 'limit, pause, hold or reroute deliveries to a destination',
    load: async () => (await import('#cli/destination.ts')).run,
  },
  queue: {
    summary: 'what waits to be delivered: list, show, retry',
    load: async () => (await import('#cli/queue.ts')).run,
  },
  dkim: {
    summary: 'the keys our mail is signed with: list, records, check, use, rotate, retire',
    load: async () => (await import('#cli/dkim.ts')).run,
  },
  tenant: {
    summary: 'retry schedule and source addresses of a tenant',
    load: async () => (await import('#cli/tenant.ts')).run,
  },
  role: {
    summary: 'roles: list, give to a person, take away',
    load: async () => (await import('#cli/role.ts')).run,
  },
  grant: {
    summary: 'who has which role until when: list, take',
    load: async () => (await import('#cli/grant.ts')).run,
  },
  person: {
    summary: 'people who sign in: add, list, suspend, reset-link',
    load: async () => (await import('#cli/person.ts')).run,
  },
  'api-key': {
    summary: 'keys of programs that use the API: create, list, revoke',
    load: async () => (await import('#cli/api-key.ts')).run,
  },
  policy: {
    summary: 'check a policy file',
    load: async () => (await import('#cli/policy.ts')).run,
  },
  sender: {
    summary: 'who may send through us: logins, networks, certificates',
    load: async () => (await import('#cli/sender.ts')).run,
  },
  ldap: {
    summary: 'directories that recipients are looked up in: add, list, show, remove, test',
    load: async () => (await import('#cli/ldap.ts')).run,
  },
  'people-source': {
    summary: 'directories that people are copied from: add, list, sync, remove',
    load: async () => (await import('#cli/people-source.ts')).run,
  },
  siem: {
    summary: 'where the audit log is streamed to: add, list, test, remove',
    load: async () => (await import('#cli/siem.ts')).run,
  },
  apply: {
    summary: 'make the directory what a file says',
    load: async () => (await import('#cli/apply.ts')).run,
  },
  config: { summary: 'check the configuration', load: async () => (await import('#cli/config.ts')).run },
  check: {
    summary: 'judge one message from a file; no database needed',
    load: async () => (await import('#cli/check.ts')).run,
  },
  sign: {
    summary: 'sign or seal a message from a file (DKIM, ARC)',
    load: async () => (await import('#cli/sign.ts')).run,
  },
  held: {
    summary: 'what is held: list, show, release, delete',
    load: async () => (await import('#cli/held.ts')).run,
  },
  search: {
    summary: 'find messages by sender, recipient, subject, time, verdict',
    load: async () => (await import('#cli/search.ts')).run,
  },
  explain: {
    summary: 'the whole story of one message',
    load: async () => (await import('#cli/explain.ts')).run,
  },
  audit: {
    summary: 'the signed log of everything that was done: export, verify, prove',
    load: async () => (await import('#cli/audit.ts')).run,
  },
  witness: {
    summary: 'a witness of audit logs, on a machine of its own: init, trust, follow, serve',
    load: async () => (await import('#cli/witness.ts')).run,
  },
  verify: {
    summary: 'hold the installation against its promises',
    load: async () => (await import('#cli/verify.ts')).run,
  },
  bench: {
    summary: 'measure Gatehouse beside its peers',
    load: async () => (await import('#cli/bench.ts')).run,
  },
};

/** The text of `gatehouse help`. */
export function help(): string {
  const rows = [
    ['up', 'start the gateway in the foreground'],
    ...Object.entries(COMMANDS).map(([name, c]) => [name, c.summary]),
  ];
  return [
    'gatehouse: one gate for an organisation’s mail',
    '',
    'Usage: gatehouse [--config FILE] [--data FOLDER] COMMAND [ARGUMENTS]',
    '',
    ...rows.map(([name = '', summary = '']) => `  ${name.padEnd(12)} ${summary}`),
    '',
    '"gatehouse COMMAND --help" tells more, "gatehouse --version" which this is. Exit codes: 0 good, 1 a negative result, 2 bad usage.',
    '',
  ].join('\n');
}
