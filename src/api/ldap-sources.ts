/** The directories that recipients are looked up in. Their passwords come in, are sealed at once, and never go out again. */
import { z } from 'zod';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { addThing, changeThing, findThing } from '#mail/directory/commands.ts';
import { ldapKind } from '#mail/directory/kinds.ts';
import { openLdapSource } from '#mail/directory/ldap.ts';
import { ldapValue, type LdapValue } from '#mail/directory/values.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import { conflict, invalid, notFound, type Problem } from './problem.ts';
import { readRoute, writeRoute, type Route, type WriteCall } from './route.ts';
import { problemOf, thingRoutes } from './things.ts';

const { bindPasswordSealed: _sealed, ...fields } = ldapValue.shape;
const body = z.strictObject({
  ...fields,
  bindPassword: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'Stored encrypted and never shown. Left out, the one that is stored stays, for the same server and name.',
    ),
});
type Body = z.output<typeof body>;

const shown = z.object({
  name: z.string(),
  url: z.string(),
  startTls: z.boolean(),
  caPem: z.string().optional(),
  bindDn: z.string().optional(),
  baseDn: z.string(),
  filter: z.string(),
  timeoutMs: z.int(),
  cacheS: z.int(),
  negativeCacheS: z.int(),
});
const show = (value: LdapValue): z.input<typeof shown> => {
  const { bindPasswordSealed: _secret, ...rest } = value;
  return rest;
};

const PATH = '/ldap-sources';
const PERMISSIONS = { read: 'ldap-source.read', write: 'ldap-source.write' } as const;
const params = z.strictObject({ name: z.string().min(1).max(255) });
const WRITE = { permission: PERMISSIONS.write, scope: 'tenant', rate: 'write', body, reply: shown } as const;

export function ldapSourceRoutes(keys: KeyStore): readonly Route[] {
  const plain = thingRoutes(ldapKind, { path: PATH, ...PERMISSIONS }, shown);
  return [
    // Those that take a value take a password with it.
    ...plain.filter((r) => r.method === 'get' || r.method === 'delete'),
    writeRoute({
      ...WRITE,
      method: 'post',
      path: PATH,
      status: 201,
      summary: 'Adds a LDAP source.',
      audit: 'ldap-source.added',
      handle: async (input, call) => {
        const value = await sealed(keys, call, input.body, undefined);
        if ('status' in value) return value;
        const done = await addThing(call, ldapKind, value);
        return done.ok ? show(done.value) : problemOf(done.error, ldapKind.words);
      },
    }),
    writeRoute({
      ...WRITE,
      method: 'put',
      path: `${PATH}/{name}`,
      status: 200,
      summary: 'Replaces a LDAP source as a whole; the stored password stays when none is given.',
      audit: 'ldap-source.changed',
      params,
      handle: async (input, call) => {
        if (input.body.name !== input.params.name)
          return conflict('The name in the body is not the one in the path; names do not change.');
        const before = await findThing(call.tx, call.tenant, ldapKind, input.params.name);
        if (before === undefined) return notFound(ldapKind.words);
        const value = await sealed(keys, call, input.body, before);
        if ('status' in value) return value;
        const done = await changeThing(call, ldapKind, value);
        return done.ok ? show(done.value) : problemOf(done.error, ldapKind.words);
      },
    }),
    lookupRoute(keys),
  ];
}

/** The value with its password sealed. The stored one goes to the server it was given for, and to no other. */
async function sealed(
  keys: KeyStore,
  call: WriteCall,
  { bindPassword, ...rest }: Body,
  before: LdapValue | undefined,
): Promise<LdapValue | Problem> {
  let secret = isSameServer(rest, before) ? before?.bindPasswordSealed : undefined;
  if (bindPassword !== undefined) {
    await keys.ensureTenant(call.tenant);
    const bytes = keys.seal(call.tenant, `ldap/${rest.name}`, Buffer.from(bindPassword, 'utf8'));
    secret = Buffer.from(bytes).toString('base64');
  }
  const value = { ...rest, ...(secret === undefined ? {} : { bindPasswordSealed: secret }) };
  const parsed = ldapValue.safeParse(value);
  return parsed.success ? parsed.data : invalid(zodComplaints(parsed.error, ldapValue, 'body'));
}

function isSameServer(now: Omit<Body, 'bindPassword'>, before: LdapValue | undefined): boolean {
  return (
    before !== undefined &&
    now.url === before.url &&
    now.startTls === before.startTls &&
    now.caPem === before.caPem &&
    now.bindDn === before.bindDn
  );
}

function lookupRoute(keys: KeyStore): Route {
  return readRoute({
    path: `${PATH}/{name}/lookup`,
    summary: 'Asks a source for an address, as the gateway would.',
    permission: PERMISSIONS.read,
    scope: 'tenant',
    rate: 'costly',
    params,
    query: z.strictObject({
      address: z
        .string()
        .max(320)
        .regex(/^.+@[^@]+$/, 'must be an e-mail address'),
    }),
    reply: z.object({ answer: z.enum(['known', 'unknown', 'unavailable']), detail: z.string().optional() }),
    handle: async ({ params: { name }, query: { address } }, { db, tenant }) => {
      const value = await findThing(db, tenant, ldapKind, name);
      if (value === undefined) return notFound(ldapKind.words);
      await keys.ensureTenant(tenant);
      const secret = value.bindPasswordSealed;
      const password =
        secret === undefined
          ? undefined
          : Buffer.from(keys.open(tenant, `ldap/${name}`, Buffer.from(secret, 'base64'))).toString('utf8');
      const source = openLdapSource(value, password);
      const at = address.lastIndexOf('@');
      const { kind, ...more } = await source.lookup(address.slice(0, at), address.slice(at + 1));
      await source.close();
      return { answer: kind, ...more };
    },
  });
}
