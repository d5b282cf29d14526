/** An API with real people on a real database: what tests of signing in and of rights stand on. */
import { createHash } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { accountRoutes } from '#api/account.ts';
import { authenticator } from '#api/authenticate.ts';
import type { Route } from '#api/route.ts';
import { buildApi } from '#api/server.ts';
import { permissionsOf } from '#assurance/access/permissions.ts';
import { sessionRoutes } from '#api/session.ts';
import { signInRoutes } from '#api/sign-in.ts';
import type { Granted, Identity, PersonId } from '#assurance/identity/identity.ts';
import { setPassword } from '#assurance/identity/passwords.ts';
import { addPerson } from '#assurance/identity/people.ts';
import { relyingPartyOf } from '#assurance/identity/relying-party.ts';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import { DEFAULT_TENANT, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { testDatabase, type TestDatabase } from './database.ts';

export const PASSWORD = 'vier graue Elefanten im Nebel';

export type IdentityWorld = {
  readonly db: TestDatabase;
  readonly identity: Identity;
  readonly app: FastifyInstance;
  /** What each person may do; employees when not set. */
  readonly rights: Map<PersonId, Granted>;
  /** Moves the clock. */
  readonly later: (ms: number) => void;
  readonly person: (email: string, options?: { password?: string; tenant?: TenantId }) => Promise<PersonId>;
  readonly browser: (options?: { ip?: string }) => Browser;
  readonly events: (what: string, tenant?: TenantId) => Promise<readonly Record<string, unknown>[]>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** A client with a cookie jar. */
export type Browser = {
  readonly cookies: Map<string, string>;
  readonly send: (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<LightMyRequestResponse>;
  readonly signIn: (email: string, password?: string) => Promise<LightMyRequestResponse>;
};

const EMPLOYEE: Granted = { tenant: new Set(), platform: new Set() };
export const ADMIN: Granted = {
  tenant: new Set(['person.read', 'person.write', 'api-key.read', 'api-key.write']),
  platform: new Set(),
};

export async function identityWorld(
  moreRoutes: (identity: Identity) => readonly Route[] = () => [],
  /** Rights as they are granted, in place of `rights`. */
  isGranted = false,
): Promise<IdentityWorld> {
  const db = await testDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
  const keys = await openFileKeys(folder, db.as('system'));
  for (const tenant of [DEFAULT_TENANT, PLATFORM_TENANT]) await keys.ensureTenant(tenant);
  const rights = new Map<PersonId, Granted>();
  let nowMs = Date.now();
  const identity: Identity = {
    db: db.as('app'),
    keys,
    permissionsOf: isGranted
      ? permissionsOf
      : async (_reader, _tenant, person) => rights.get(person) ?? EMPLOYEE,
    isPrivileged: (g) =>
      g.platform.size > 0 || (isGranted ? g.tenant.size > 0 : g.tenant.has('person.write')),
    relyingParty: relyingPartyOf(undefined),
    now: () => nowMs,
  };
  const app = buildApi({
    routes: [
      ...signInRoutes(identity),
      ...sessionRoutes(identity),
      ...accountRoutes(identity),
      ...moreRoutes(identity),
    ],
    db: identity.db,
    authenticate: authenticator(identity),
    log: silentLog,
    probes: [],
    metrics: createRegistry(),
    now: identity.now,
  });
  return {
    db,
    identity,
    app,
    rights,
    later: (ms) => void (nowMs += ms),
    person: async (email, { password = PASSWORD, tenant = DEFAULT_TENANT } = {}) =>
      await db.transact(async (tx) => {
        const act = { tx, tenant, actor: 'admin:test' } as const;
        const added = await addPerson(act, { email, name: 'Somebody', language: 'de', state: 'active' });
        if (!added.ok) throw new Error(added.error.text);
        await setPassword(act, added.value.id, password);
        return added.value.id;
      }),
    browser: ({ ip = '192.0.2.7' } = {}) => makeBrowser(app, ip),
    events: async (what, tenant = DEFAULT_TENANT) =>
      await db.query(
        'select actor, subject, details from audit_event where tenant_id = $1 and what = $2 order by id',
        [tenant, what],
      ),
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await db[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeBrowser(app: FastifyInstance, ip: string): Browser {
  const cookies = new Map<string, string>();
  const send: Browser['send'] = async (method, path, body, headers = {}) => {
    const cookie = [...cookies].map(([k, v]) => `${k}=${v}`).join('; ');
    const response = await app.inject({
      method,
      url: `/api/v1${path}`,
      remoteAddress: ip,
      headers: {
        host: 'localhost:8080',
        'gatehouse-csrf': '1',
        'user-agent': 'test browser',
        ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    for (const { name, value, maxAge } of response.cookies as {
      name: string;
      value: string;
      maxAge?: number;
    }[])
      if (maxAge === 0) cookies.delete(name);
      else cookies.set(name, value);
    return response;
  };
  return {
    cookies,
    send,
    signIn: (email, password = PASSWORD) => send('POST', '/sign-in/password', { email, password }),
  };
}

/** What an authenticator app shows for a secret at a moment. */
export function codeAt(secret: string, atMs: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: atMs });
}

export function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
