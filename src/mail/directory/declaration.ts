/**
 * The directory as one file (`gatehouse apply`): what a section names is what shall be there, so whatever else is there of
 * that kind goes; a section that is absent is left alone. The plan is shown first, and applied as a whole or not at all.
 */
import { z } from 'zod';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Complaint } from '#core/complaint.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { TenantId } from '#core/id.ts';
import { loadConfig } from '#platform/config/load.ts';
import { addThing, changeThing, listThings, removeThing, withoutSecrets, type Act } from './commands.ts';
import * as kinds from './kinds.ts';
import type { Kind, Named } from './kinds.ts';
import * as values from './values.ts';

const ldapEntry = z.strictObject({
  ...values.ldapValue.shape,
  bindPasswordFile: z
    .string()
    .optional()
    .describe('File with the bind password, relative to the declaration; its last line end is dropped.'),
});

export const declarationSchema = z.strictObject({
  ldap: z.array(ldapEntry).max(100).optional(),
  domains: z.array(values.domainValue).max(10_000).optional(),
  logins: z.array(values.loginValue).max(100_000).optional(),
  networks: z.array(values.networkValue).max(10_000).optional(),
  certificates: z.array(values.certificateValue).max(10_000).optional(),
  cloudPins: z.array(values.pinValue).max(1_000).optional(),
  partners: z.array(values.partnerValue).max(10_000).optional(),
  destinations: z.array(values.destinationValue).max(10_000).optional(),
});
type Declaration = z.output<typeof declarationSchema>;
type Section = keyof Declaration;
const SECTIONS = Object.keys(declarationSchema.shape) as Section[];
export const DECLARATION_SECTIONS: readonly string[] = SECTIONS;

export type Step = {
  readonly verb: 'add' | 'change' | 'remove';
  /** `domain`, `login`, `network rule`, … */
  readonly what: string;
  readonly name: string;
  /** For `change`: each field that differs, secrets struck out. */
  readonly changes: readonly { readonly field: string; readonly from: string; readonly to: string }[];
};
export type SecretReader = (file: string) => Result<string, string>;
export type ApplyOptions = {
  readonly keys: Pick<KeyStore, 'seal' | 'open' | 'ensureTenant'>;
  readonly readSecret: SecretReader;
  /** Whether what a section no longer names may go; without it a plan that removes anything is refused. */
  readonly mayRemove: boolean;
};
type Task = Step & {
  readonly section: Section;
  readonly run: () => Promise<Result<unknown, { text: string }>>;
};

/**
 * Makes the directory what the file says, within the caller's transaction, and returns the steps it took. The caller rolls
 * back when there are complaints, or when it only wanted to see the plan.
 */
export async function applyDeclaration(
  act: Act,
  file: { readonly name: string; readonly text: string },
  options: ApplyOptions,
): Promise<Result<Step[], readonly Complaint[]>> {
  const loaded = loadConfig(declarationSchema, SECTIONS.map(uniqueNames), {
    file,
    overrides: [],
    workingDirectory: '/',
  });
  if (!loaded.ok) return loaded;
  const declared = loaded.value.config;
  const ldap = await sealLdap(act, declared.ldap, options);
  if (!ldap.ok) return ldap;
  const tasks = [
    ...(await tasksOf(act, 'ldap', kinds.ldapKind, ldap.value)),
    ...(await tasksOf(act, 'domains', kinds.domainKind, declared.domains)),
    ...(await tasksOf(act, 'logins', kinds.loginKind, declared.logins)),
    ...(await tasksOf(act, 'networks', kinds.networkKind, declared.networks)),
    ...(await tasksOf(act, 'certificates', kinds.certificateKind, declared.certificates)),
    ...(await tasksOf(act, 'cloudPins', kinds.pinKind, declared.cloudPins)),
    ...(await tasksOf(act, 'partners', kinds.partnerKind, declared.partners)),
    ...(await tasksOf(act, 'destinations', kinds.destinationKind, declared.destinations)),
  ].toSorted((a, b) => turn(a) - turn(b));
  const going = options.mayRemove ? [] : tasks.filter((t) => t.verb === 'remove');
  if (going.length > 0)
    return err(going.map((t) => ({ at: file.name, text: `would remove the ${t.what} "${t.name}"` })));
  const complaints: Complaint[] = [];
  for (const task of tasks) {
    const done = await task.run();
    if (!done.ok) complaints.push({ at: file.name, text: done.error.text });
  }
  if (complaints.length > 0) return err(complaints);
  return ok(tasks.map(({ verb, what, name, changes }) => ({ verb, what, name, changes })));
}

/** What goes first, so that a renamed rule finds its fingerprint free; LDAP sources last, when no domain uses them any more. */
function turn(task: Task): number {
  if (task.verb !== 'remove') return 1;
  return task.section === 'ldap' ? 2 : 0;
}

function uniqueNames(section: Section): {
  sections: [Section];
  check: (d: Declaration) => { path: PropertyKey[]; text: string }[];
} {
  return {
    sections: [section],
    check: (d) => {
      const seen = new Set<string>();
      return (d[section] ?? []).flatMap(({ name }: Named, i) => {
        if (seen.has(name)) return [{ path: [section, i, 'name'], text: `"${name}" is there twice` }];
        seen.add(name);
        return [];
      });
    },
  };
}

async function tasksOf<T extends Named>(
  act: Act,
  section: Section,
  kind: Kind<T>,
  wanted: readonly T[] | undefined,
): Promise<Task[]> {
  if (wanted === undefined) return [];
  const present = new Map((await listThings(act.tx, act.tenant, kind)).map((t) => [t.name, t]));
  const step = (verb: Step['verb'], name: string): Omit<Task, 'run'> => ({
    section,
    verb,
    what: kind.words,
    name,
    changes: [],
  });
  const tasks: Task[] = [];
  for (const value of wanted) {
    const before = present.get(value.name);
    present.delete(value.name);
    if (before === undefined)
      tasks.push({ ...step('add', value.name), run: () => addThing(act, kind, value) });
    else if (canonical(before) !== canonical(value))
      tasks.push({
        ...step('change', value.name),
        changes: differences(kind, before, value),
        run: () => changeThing(act, kind, value),
      });
  }
  for (const name of present.keys())
    tasks.push({ ...step('remove', name), run: () => removeThing(act, kind, name) });
  return tasks;
}

/** The same text for the same value, in whatever order its keys stand. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) => {
    if (typeof v !== 'object' || v === null || Array.isArray(v)) return v;
    return Object.fromEntries(Object.entries(v).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function differences<T extends Named>(kind: Kind<T>, before: T, value: T): Step['changes'] {
  const from = flat(withoutSecrets(kind, before));
  const to = flat(withoutSecrets(kind, value));
  const fields = [...new Set([...from.keys(), ...to.keys()])];
  const changed = fields.filter((f) => from.get(f) !== to.get(f));
  // Where only a secret differs nothing else is left to show.
  if (changed.length === 0)
    return [{ field: kind.secrets.join(', '), from: '[secret]', to: '[another secret]' }];
  return changed.map((field) => ({
    field,
    from: from.get(field) ?? '(none)',
    to: to.get(field) ?? '(none)',
  }));
}

function flat(value: object, path = ''): Map<string, string> {
  const out = new Map<string, string>();
  for (const [k, v] of Object.entries(value)) {
    const at = path === '' ? k : `${path}.${k}`;
    if (typeof v === 'object' && v !== null && !Array.isArray(v)) for (const e of flat(v, at)) out.set(...e);
    else if (v !== undefined) out.set(at, JSON.stringify(v));
  }
  return out;
}

/** Bind passwords come from files and are stored sealed; one that did not change keeps its seal, so that nothing changes. */
async function sealLdap(
  act: Act,
  entries: Declaration['ldap'],
  options: ApplyOptions,
): Promise<Result<values.LdapValue[] | undefined, readonly Complaint[]>> {
  if (entries === undefined) return ok(undefined);
  const present = new Map((await listThings(act.tx, act.tenant, kinds.ldapKind)).map((l) => [l.name, l]));
  const sealed: values.LdapValue[] = [];
  const complaints: Complaint[] = [];
  for (const { bindPasswordFile, ...entry } of entries) {
    const secret = bindPasswordFile === undefined ? ok(undefined) : options.readSecret(bindPasswordFile);
    if (!secret.ok) {
      complaints.push({ at: `ldap "${entry.name}"`, text: secret.error });
      continue;
    }
    const value =
      secret.value === undefined
        ? entry
        : {
            ...entry,
            bindPasswordSealed: await sealOnce(
              act.tenant,
              entry.name,
              secret.value,
              present.get(entry.name),
              options,
            ),
          };
    const parsed = values.ldapValue.safeParse(value);
    if (parsed.success) sealed.push(parsed.data);
    else
      complaints.push(...parsed.error.issues.map((i) => ({ at: `ldap "${entry.name}"`, text: i.message })));
  }
  return complaints.length > 0 ? err(complaints) : ok(sealed);
}

async function sealOnce(
  tenant: TenantId,
  name: string,
  secret: string,
  before: values.LdapValue | undefined,
  { keys }: ApplyOptions,
): Promise<string> {
  await keys.ensureTenant(tenant);
  const old = before?.bindPasswordSealed;
  if (old !== undefined) {
    const plain = Buffer.from(keys.open(tenant, `ldap/${name}`, Buffer.from(old, 'base64'))).toString('utf8');
    if (plain === secret) return old;
  }
  return Buffer.from(keys.seal(tenant, `ldap/${name}`, Buffer.from(secret, 'utf8'))).toString('base64');
}
