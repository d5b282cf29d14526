/**
 * Two tenants that hold the same kinds of things, and every route of the API asked by the one with ids, names and cursors of
 * the other, in path, query and body. Nothing of the other may come back, nothing of it may change, and each answer must be
 * the one that an id gets which never existed. Routes and tables are enumerated: a new one is in here by itself.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { destroyDue } from '#assurance/tenants/deletion.ts';
import { askForExport } from '#assurance/tenants/exports.ts';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import type { Caller } from '#api/caller.ts';
import type { Route } from '#api/route.ts';
import { buildApi } from '#api/server.ts';
import { permissionsOf } from '#assurance/access/permissions.ts';
import { relyingPartyOf } from '#assurance/identity/relying-party.ts';
import { type Id, newId, PLATFORM_TENANT, type TenantId } from '#core/id.ts';
import { systemClock } from '#core/time.ts';
import { insertMessages } from '#mail/queue/insert.ts';
import { silentLog } from '#platform/log.ts';
import { createRegistry } from '#platform/metrics.ts';
import { zoneResolver } from '#protocol/dns/zone-resolver.ts';
import { mightyCaller } from '#test/support/caller.ts';
import { stopTestDatabases, testDatabase, type TestDatabase } from '#test/support/database.ts';
import { addPerson } from '#test/support/people.ts';
import { sampleEnvelope, sampleToCommit } from '#test/support/messages.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { apiRoutes } from '../../src/api-routes.ts';
import { runs } from './runs.ts';

const folder = tempDir('tenant-fuzz');
after(async () => {
  folder[Symbol.dispose]();
  await stopTestDatabases();
});

/** In values of the other tenant that no request contains: where it comes back, something leaked. */
const CANARY = 'leakcanary';
/** The names of the other tenant's things, and as long a word that names nothing anywhere. */
const [FOREIGN, NEVER] = ['bravo', 'quark'] as const;

type Side = {
  readonly tenant: TenantId;
  readonly person: Id<'person'>;
  readonly session: Id<'session'>;
  readonly ids: readonly string[];
};

/** One of each kind; `secret` is what only its tenant may see. */
async function fill(db: TestDatabase, tenant: TenantId, word: string, secret: string): Promise<Side> {
  const insert = (table: string, row: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const all = { tenant_id: tenant, ...row };
    const places = Object.keys(all).map((_, i) => `$${i + 1}`);
    return db.query(
      `insert into ${table} (${Object.keys(all).join(', ')}) values (${places.join(', ')})`,
      Object.values(all),
    );
  };
  await db.query('insert into tenant (id, name) values ($1, $2)', [tenant, word]);
  const hop = { hop_host: `${secret}.example`, hop_port: 25, hop_protocol: 'smtp', hop_tls: 'none' };
  await insert('ldap_source', {
    name: word,
    url: `ldap://${secret}.example`,
    start_tls: false,
    base_dn: `dc=${secret}`,
    filter: '(mail={address})',
    timeout_ms: 1000,
    cache_s: 60,
    negative_cache_s: 60,
  });
  await insert('domain', {
    name: `${word}.example`,
    subdomains: false,
    ...hop,
    hop_fingerprints: [],
    recipient_source: 'list',
    subaddress: '',
    case_sensitive: false,
  });
  await insert('address', { domain: `${word}.example`, local: word, written: `${word}-${secret}` });
  const mayUse = [`@${secret}.example`];
  await insert('sender_login', {
    name: word,
    password_hash: `$argon2id$v=19$m=64,t=1,p=1$${'c'.repeat(22)}$${secret.padEnd(43, 'c')}`,
    may_use: mayUse,
  });
  await insert('sender_network', { name: word, network: '192.0.2.0/24', may_use: mayUse });
  await insert('sender_certificate', {
    name: word,
    sha256: Buffer.from(word.padEnd(32, '.')).toString('hex'),
    may_use: mayUse,
  });
  await insert('cloud_pin', {
    name: word,
    networks: ['192.0.2.0/24'],
    kind: 'header',
    header_name: 'X-Pin',
    header_value: secret.padEnd(16, '0'),
    may_use: mayUse,
  });
  await insert('partner_route', {
    name: `${word}.example`,
    subdomains: false,
    kind: 'host',
    tls: 'none',
    host: `${secret}.example`,
    port: 25,
    protocol: 'smtp',
    fingerprints: [],
  });
  await insert('destination_rule', { name: `${word}.example`, state: 'pause', reason: secret });
  await insert('tenant_settings', { helo_name: `${secret}.example` });
  await insert('dkim_key', {
    domain: `${word}.example`,
    selector: word,
    algorithm: 'ed25519-sha256',
    sealed: Buffer.from('00', 'hex'),
    record: `v=DKIM1; n=${secret}`,
    state: 'published',
    created_at: new Date(),
  });
  const ids: string[] = [tenant];
  for (const action of ['accept', 'hold'] as const) {
    const address = { address: `${word}@${secret}.example`, domain: `${secret}.example` };
    const message = sampleToCommit({
      envelope: sampleEnvelope({
        tenant,
        mailFrom: `${secret}@${word}.example`,
        recipients: [{ ...address, notify: undefined, orcpt: undefined }],
      }),
      subject: `${secret} ${word}`,
      messageIdHeader: `<${word}@${word}.example>`,
    });
    const verdict = {
      ...message.verdict,
      recipients: message.verdict.recipients.map((r) => ({ ...r, action, address: address.address })),
    };
    await insertMessages(db, [{ ...message, verdict }], undefined);
    ids.push(message.envelope.id);
  }
  const id = newId<'export'>();
  await db
    .asTenant(tenant)
    .transact((tx) => askForExport({ tx, actor: `admin:${secret}` }, tenant, id, false));
  const person = await addPerson(db, tenant, `${word}.${secret}@${word}.example`);
  const session = newId<'session'>();
  const now = new Date();
  await insert('session', {
    id: session,
    token_hash: Buffer.from(`${word}-${secret}`),
    person_id: person,
    is_enrolling: false,
    proofs: ['password', 'totp'],
    proved_at: now,
    created_at: now,
    seen_at: now,
    ip: '192.0.2.1',
    user_agent: secret,
  });
  const more = await fillRights(insert, { tenant, person, word, secret });
  return { tenant, person, session, ids: [...ids, id, person, session, ...more] };
}

type Insert = (table: string, row: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** What people and services may do, and what was asked about it. Returns the ids. */
async function fillRights(
  insert: Insert,
  of: {
    readonly tenant: TenantId;
    readonly person: Id<'person'>;
    readonly word: string;
    readonly secret: string;
  },
): Promise<readonly string[]> {
  const { tenant, person, word, secret } = of;
  const ids = Array.from({ length: 8 }, () => newId<'thing'>());
  const [group, service, key, passkey, grant, demand, campaign, notice] = ids;
  const now = new Date();
  const later = new Date(now.getTime() + 86_400_000);
  await insert('"group"', { id: group, name: `${word} ${secret}` });
  await insert('group_member', { group_id: group, person_id: person });
  await insert('service_account', {
    id: service,
    name: word,
    purpose: secret,
    created_by: `admin:${secret}`,
  });
  await insert('api_key', {
    id: key,
    service_id: service,
    token_hash: Buffer.from(`key-${word}`),
    permissions: ['domain.read'],
    platform_permissions: [],
    created_by: `admin:${secret}`,
    expires_at: later,
  });
  await insert('passkey', {
    id: passkey,
    person_id: person,
    credential_id: `${word}${secret}`,
    public_key: Buffer.from(secret),
    counter: 0,
    transports: [],
    is_backed_up: false,
    name: secret,
  });
  await insert('role_grant', {
    id: grant,
    person_tenant_id: tenant,
    person_id: person,
    role: 'helpdesk',
    source: 'given',
    reason: secret,
    given_by: person,
    expires_at: later,
  });
  await insert('demand', {
    id: demand,
    act: 'role.grant',
    subject: secret,
    details: JSON.stringify({ reason: secret }),
    hash: Buffer.alloc(32),
    approval: 'tenant-admin',
    requester_tenant_id: tenant,
    requester_id: person,
    reason: secret,
    created_at: now,
    expires_at: later,
    state: 'open',
    state_at: now,
  });
  await insert('campaign', { id: campaign, name: secret, owner_id: person, starts_at: now, ends_at: later });
  await insert('notice', {
    id: notice,
    person_id: person,
    kind: 'break-glass',
    details: { secret },
    at: now,
  });
  return ids;
}

const hexOf = (name: string): string => Buffer.from(name.padEnd(32, '.')).toString('hex');

/** Values that stand for their neighbour in the twin request: the same shape, and nothing anywhere has them. */
function twinOf(text: string, twins: ReadonlyMap<string, string>): string {
  let twin = text.replaceAll(FOREIGN, NEVER);
  for (const [id, other] of twins) twin = twin.replaceAll(id, other);
  return twin;
}

type Asked = {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
};
type Answer = { readonly status: number; readonly text: string };

/** What a schema takes, made of the other tenant's words wherever it takes words. */
function sampler(pool: readonly string[], random: (below: number) => number): (schema: unknown) => unknown {
  const pick = (): string => pool[random(pool.length)] ?? '';
  const sample = (schema: unknown): unknown => {
    const s = (schema ?? {}) as Record<string, unknown>;
    const options = (s['anyOf'] ?? s['oneOf'] ?? s['enum']) as readonly unknown[] | undefined;
    if (s['const'] !== undefined) return s['const'];
    if (options !== undefined && options.length > 0) {
      const one = options[random(options.length)];
      return s['enum'] === undefined ? sample(one) : one;
    }
    switch (s['type']) {
      case 'object': {
        const required = new Set((s['required'] as readonly string[] | undefined) ?? []);
        const entries = Object.entries((s['properties'] as Record<string, unknown> | undefined) ?? {});
        const kept = entries.filter(([name]) => required.has(name) || random(2) === 0);
        return Object.fromEntries(kept.map(([name, value]) => [name, sample(value)]));
      }
      case 'array':
        return Array.from({ length: Math.max(Number(s['minItems'] ?? 0), random(2)) }, () =>
          sample(s['items']),
        );
      case 'integer':
      case 'number':
        return Math.max(Number(s['minimum'] ?? 0), random(100));
      case 'boolean':
        return random(2) === 0;
      case 'null':
        return null;
      default:
        return pick();
    }
  };
  return sample;
}

const schemaOf = (schema: z.ZodType | undefined): unknown =>
  schema === undefined ? undefined : z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });

/** Where a name is unique over all tenants, since the mail world knows no tenants: that it is taken can be noticed. */
const SHARED_NAMES = /^(post \/(domains|senders|logins|certificates|apply)|put \/certificates)/;

function world(db: TestDatabase, routes: readonly Route[]) {
  let address = 0;
  /** What the log says of the last failure inside. */
  let trouble = '';
  const app = buildApi({
    routes,
    db: db.as('app'),
    authenticate: async ({ bearer }) => callers.get(bearer ?? ''),
    log: { ...silentLog, error: (_message, fields) => void (trouble = JSON.stringify(fields)) },
    probes: [],
    metrics: createRegistry(),
  });
  const callers = new Map<string, Caller>();
  const ask = async (
    who: string,
    route: Route,
    asked: Asked,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer & { readonly headers: Readonly<Record<string, unknown>> }> => {
    const query = new URLSearchParams(asked.query).toString();
    const isCsv = route.kind === 'write' && route.bodyType === 'text/csv';
    const hasBody = asked.body !== undefined && route.method !== 'get';
    const reply = await app.inject({
      method: route.method,
      url: `/api/v1${asked.path}${query === '' ? '' : `?${query}`}`,
      // Each from a network of its own, so that no limit of requests answers instead of the route.
      remoteAddress: `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address++ & 255}`,
      headers: {
        host: 'localhost',
        authorization: `Bearer ${who}`,
        'gatehouse-csrf': '1',
        ...(hasBody ? { 'content-type': isCsv ? 'text/csv' : 'application/json' } : {}),
        ...headers,
      },
      ...(hasBody
        ? { payload: isCsv && typeof asked.body === 'string' ? asked.body : JSON.stringify(asked.body) }
        : {}),
    });
    const text = reply.statusCode < 500 ? reply.body : `${reply.body} ${trouble}`;
    return { status: reply.statusCode, text, headers: reply.headers };
  };
  return { callers, ask };
}

const withoutInstance = (text: string): string =>
  text.replaceAll(/"instance":"[^"]*"/g, '""').replaceAll(/"now":"[^"]*"/g, '""');

/** Everything of a tenant, as a digest per table. */
async function digest(db: TestDatabase, tenant: TenantId): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const table of await tablesOf(db)) {
    const [row] = await db.query<{ n: number; digest: string }>(
      `select count(*)::int as n, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from ${table} t where tenant_id = $1`,
      [tenant],
    );
    all[table] = `${row?.n} ${row?.digest}`;
  }
  return all;
}

async function tablesOf(db: TestDatabase): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(
    `select quote_ident(c.relname) as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  );
  return rows.map((r) => r.name);
}

async function open() {
  const db = await testDatabase();
  const ours = await fill(db, newId<'tenant'>(), 'alpha', 'oursecret');
  const theirs = await fill(db, newId<'tenant'>(), FOREIGN, CANARY);
  const keys = await openFileKeys(folder.in('keys'), db);
  for (const side of [ours, theirs]) await keys.ensureTenant(side.tenant);
  const about = {
    hostname: 'gate.example',
    probes: [],
    missingEngines: [],
    resolver: zoneResolver({ nodes: new Map(), parents: new Set(), secure: [] }),
    fetchStsPolicy: async () => ({ ok: false as const, error: 'not here' }),
    tlsKeys: () => undefined,
    operator: {},
    tenants: { deletionGraceS: 60, locations: [] },
  };
  // `as`: bodies and known tenants are for routes of mail, which ask no more of them here.
  const identity = {
    db: db.as('app'),
    keys,
    permissionsOf,
    isPrivileged: () => true,
    relyingParty: relyingPartyOf(undefined),
    now: systemClock,
  };
  const routes = apiRoutes({
    stores: { db, keys } as never,
    about: about as never,
    identity,
    publicUrl: () => 'http://localhost',
  });
  const { callers, ask } = world(db, routes);
  const us: Caller = {
    ...mightyCaller,
    tenant: ours.tenant,
    person: ours.person,
    session: ours.session,
    provedAtMs: Date.now(),
    platform: new Set(),
  };
  callers.set('us', us);
  callers.set('them', { ...us, tenant: theirs.tenant, person: theirs.person, session: theirs.session });
  callers.set('nobody', { ...us, permissions: new Set() });
  callers.set('operator', {
    ...us,
    person: undefined,
    session: undefined,
    tenant: PLATFORM_TENANT,
    platform: new Set(['*'] as const),
  });
  const twins = new Map(theirs.ids.map((id) => [id, newId<'never'>()]));
  const pool = [
    ...theirs.ids,
    FOREIGN,
    `${FOREIGN}.example`,
    `@${FOREIGN}.example`,
    `${FOREIGN}@${FOREIGN}.example`,
    `<${FOREIGN}@${FOREIGN}.example>`,
    hexOf(FOREIGN),
  ];
  return { db, ours, theirs, routes, ask, twins, pool };
}

test('no route gives out or changes anything of another tenant, nor tells that it exists', async (t) => {
  const { db, theirs, routes, ask, twins, pool } = await open();
  try {
    const before = await digest(db, theirs.tenant);
    const asked: Record<string, number> = {};
    const reads = routes.filter((r) => r.kind === 'read');
    const writes = routes.filter((r) => r.kind === 'write');
    assert.ok(reads.length > 15 && writes.length > 15, 'the routes are there');
    // Reads first: what the writes leave is our own, though it has their names.
    for (const route of [...reads, ...writes])
      for (const who of ['us', 'nobody', 'operator']) await fuzzRoute(route, who);
    assert.deepEqual(await digest(db, theirs.tenant), before, 'nothing of theirs has changed');
    t.diagnostic(`${routes.length} routes, answers by status: ${JSON.stringify(asked)}`);

    async function fuzzRoute(route: Route, who: string): Promise<void> {
      const isOperators = route.scope === 'installation';
      // What operators may do to a tenant is theirs to do; that they see no content is looked at.
      if (isOperators && who === 'operator' && route.kind === 'write') return;
      const name = `${route.method} ${route.path} as ${who}`;
      const schemas = [route.params, route.query, route.kind === 'read' ? undefined : route.body].map((s) =>
        schemaOf(s),
      );
      const count = who === 'nobody' ? 2 : route.params === undefined && route.kind === 'read' ? 6 : 12;
      await fc.assert(
        fc.asyncProperty(fc.infiniteStream(fc.nat()), async (stream) => {
          const random = (below: number): number => (stream.next().value ?? 0) % Math.max(1, below);
          const sample = sampler(pool, random);
          const request = requestOf(route, schemas, sample);
          const answer = await ask(who, route, request);
          asked[answer.status] = (asked[answer.status] ?? 0) + 1;
          assert.ok(
            !answer.text.includes(CANARY),
            `${name} leaks: ${JSON.stringify(request)}\n${answer.text}`,
          );
          assert.ok(answer.status < 500, `${name}: ${JSON.stringify(request)}\n${answer.text}`);
          const twinText = twinOf(JSON.stringify(request), twins);
          // Where nothing of theirs was asked for there is nothing to compare.
          if ((isOperators && who === 'operator') || twinText === JSON.stringify(request)) return;
          const twin = JSON.parse(twinText) as Asked;
          // Not asked at all: what a twin made would be our own from then on, and no name that nobody has.
          if (SHARED_NAMES.test(name)) return;
          const other = await ask(who, route, twin);
          // Failed proofs of a person are counted, whatever was tried.
          // What the first made under a name that both have stands in the way of the second.
          if (answer.status < 300 && other.status === 409) return;
          if (answer.status === 429 || other.status === 429) return;
          assert.equal(
            other.status,
            answer.status,
            `${name}: ${JSON.stringify(request)}\n${answer.text}\n${other.text}`,
          );
          if (answer.status >= 400 || route.kind === 'read')
            assert.equal(
              withoutInstance(other.text),
              withoutInstance(twinOf(answer.text, twins)),
              `${name}: ${JSON.stringify(request)}`,
            );
        }),
        runs(count),
      );
    }
  } finally {
    await db[Symbol.asyncDispose]();
  }
});

function requestOf(route: Route, schemas: readonly unknown[], sample: (schema: unknown) => unknown): Asked {
  const [params, query, body] = schemas.map((s) => (s === undefined ? undefined : sample(s)));
  const values = (params ?? {}) as Record<string, unknown>;
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values[name])),
  );
  const asText = Object.entries((query ?? {}) as Record<string, unknown>).map(([k, v]) => [k, String(v)]);
  // Whoever waits for news would wait here for nothing.
  const short = Object.fromEntries(asText.filter(([k]) => k !== 'waitS' && k !== 'waitMs')) as Record<
    string,
    string
  >;
  return { path, query: short, body };
}

test('cursors and idempotency keys of another tenant are worth nothing', async () => {
  const { db, theirs, routes, ask } = await open();
  try {
    let cursors = 0;
    for (const route of routes.filter(
      (r) => r.kind === 'read' && r.query !== undefined && r.params === undefined,
    )) {
      if (!('limit' in (route.query?.shape ?? {})) || route.scope !== 'tenant') continue;
      const first = await ask('them', route, { path: route.path, query: { limit: '1' }, body: undefined });
      const { next } = JSON.parse(first.text) as { next?: string };
      if (next === undefined) continue;
      cursors++;
      const answer = await ask('us', route, {
        path: route.path,
        query: { limit: '5', cursor: next },
        body: undefined,
      });
      assert.ok(answer.status === 200 || answer.status === 400, `${route.path}: ${answer.text}`);
      assert.ok(
        !answer.text.includes(CANARY) && !answer.text.includes(FOREIGN),
        `${route.path}: ${answer.text}`,
      );
    }
    assert.ok(cursors > 0, 'some lists have more than a page');
    const add =
      routes.find((r) => r.method === 'post' && r.path === '/senders/networks') ??
      routes.find((r) => r.method === 'post' && r.path.includes('network'));
    assert.ok(add !== undefined);
    const asked = {
      path: add.path,
      query: {},
      body: { name: 'same', network: '198.51.100.0/24', mayUse: [] },
    };
    const key = { 'idempotency-key': 'the-same' };
    const first = await ask('them', add, asked, key);
    assert.equal(first.status, 201, first.text);
    const again = await ask('them', add, asked, key);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    const ours = await ask('us', add, asked, key);
    assert.equal(ours.status, 201);
    assert.equal(ours.headers['idempotency-replayed'], undefined, 'theirs is not replayed to us');
    assert.ok(theirs.ids.length > 0);
  } finally {
    await db[Symbol.asyncDispose]();
  }
});

test('an answer takes as long for what another tenant has as for what nobody has', async () => {
  const { db, theirs, routes, ask } = await open();
  try {
    const route = routes.find((r) => r.method === 'get' && r.path === '/messages/{id}');
    assert.ok(route !== undefined);
    const times: [number[], number[]] = [[], []];
    // One after the other, so that both meet the same load.
    for (let i = 0; i < 60; i++)
      for (const [side, id] of [theirs.ids[1], newId<'message'>()].entries()) {
        const startedMs = performance.now();
        const answer = await ask('us', route, { path: `/messages/${id}`, query: {}, body: undefined });
        assert.equal(answer.status, 404);
        times[side as 0 | 1].push(performance.now() - startedMs);
      }
    const [a = 0, b = 0] = times.map((all) => all.toSorted((x, y) => x - y)[30]);
    assert.ok(Math.max(a, b) < 3 * Math.min(a, b) + 5, `medians ${a.toFixed(1)} and ${b.toFixed(1)} ms`);
  } finally {
    await db[Symbol.asyncDispose]();
  }
});

test('direct SQL under the application role sees one tenant, in every table', async (t) => {
  const { db, ours, theirs } = await open();
  try {
    const app = db.as('app').asTenant(ours.tenant);
    const unseen: string[] = [];
    let tables = 0;
    for (const table of await tablesOf(db)) {
      const [there] = await db.query<{ n: number }>(
        `select count(*)::int as n from ${table} where tenant_id = $1`,
        [theirs.tenant],
      );
      if (there?.n === 0) unseen.push(table);
      const tries = [
        `select count(*)::int as n from ${table} where tenant_id <> $1`,
        `with d as (delete from ${table} where tenant_id <> $1 returning 1) select count(*)::int as n from d`,
        `with u as (update ${table} set tenant_id = $1 where tenant_id <> $1 returning 1) select count(*)::int as n from u`,
      ];
      for (const sql of tries) {
        const [row] = await app.query<{ n: number }>(sql, [ours.tenant]).catch((error: unknown) => {
          assert.match(String(error), /permission denied/, `${table}: ${String(error)}`);
          return [{ n: 0 }];
        });
        assert.equal(row?.n, 0, `${table}: ${sql}`);
      }
      tables++;
    }
    assert.ok(tables > 20);
    t.diagnostic(`${tables} tables; without rows of the other tenant here: ${unseen.join(', ')}`);
  } finally {
    await db[Symbol.asyncDispose]();
  }
});

test('a deletion leaves nothing of a tenant but its audit log, and everything of the others', async () => {
  const { db, ours, theirs } = await open();
  try {
    const before = await digest(db, ours.tenant);
    await db.query(
      `update tenant set state = 'deleting', delete_after = now() - interval '1 second' where id = $1`,
      [theirs.tenant],
    );
    assert.equal(await destroyDue(db.as('system'), new AbortController().signal), 1);
    const left = Object.entries(await digest(db, theirs.tenant)).filter(([, d]) => !d.startsWith('0 '));
    const kept = ['tenant_deletion', 'tenant_key'];
    assert.deepEqual(
      left.map(([table]) => table).filter((t) => !t.startsWith('audit_') && !kept.includes(t)),
      [],
    );
    const keys = await db.query('select 1 from tenant_key where tenant_id = $1 and length(wrapped) > 0', [
      theirs.tenant,
    ]);
    assert.deepEqual(keys, []);
    assert.deepEqual(await digest(db, ours.tenant), before);
  } finally {
    await db[Symbol.asyncDispose]();
  }
});
