/**
 * Who may ask what: test/golden/permissions.tsv, route by role, read by people and compared here. A new route, role or
 * permission that is not in it fails; `GATEHOUSE_TEST_RENEW=1` writes it anew, and the difference is to be reviewed.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Caller, decide } from '#api/caller.ts';
import type { Route } from '#api/route.ts';
import { CATALOGUE, PERMISSIONS } from '#assurance/access/catalogue.ts';
import { RIGHTS, type Role, ROLES } from '#assurance/access/roles.ts';
import { DEFAULT_TENANT, type Id, newId } from '#core/id.ts';
import { apiRoutes } from './api-routes.ts';

const FILE = 'test/golden/permissions.tsv';
// Routes only close over what they are given; their declarations ask nothing of it.
const ROUTES = apiRoutes({ stores: {}, about: {}, identity: {} } as Parameters<typeof apiRoutes>[0]);
const ENTRIES: Readonly<Record<string, { readonly of: string; readonly planned?: true }>> = CATALOGUE;

/** Somebody with the role whose proof of both factors is old. */
const holderOf = (role: Role): Caller => ({
  actor: 'admin:x',
  tenant: DEFAULT_TENANT,
  person: newId<'person'>(),
  session: 's' as Id<'session'>,
  permissions: new Set(RIGHTS[role].tenant),
  platform: new Set(RIGHTS[role].platform),
  provedAtMs: 0,
});

function cell(route: Route, role: Role): string {
  if (route.scope === 'public') return 'open';
  const decision = decide(holderOf(role), route, Date.UTC(2026, 10, 21));
  if (decision === 'forbidden') return 'deny';
  const word = route.scope === 'person' ? 'own' : 'allow';
  return decision === 'step-up' ? `${word}+step-up` : word;
}

function table(): string {
  const head = ['route', 'scope', 'permission', 'four eyes', ...ROLES];
  const rows = ROUTES.map((r) => [
    `${r.method.toUpperCase()} ${r.path}`,
    r.scope,
    r.permission,
    r.kind === 'write' && r.fourEyes !== undefined ? 'by rule' : '-',
    ...ROLES.map((role) => cell(r, role)),
  ]).toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  return [head, ...rows].map((row) => row.join('\t')).join('\n') + '\n';
}

test('the table of routes and roles is the reviewed one (GATEHOUSE_TEST_RENEW=1 writes it)', () => {
  const made = table();
  if (process.env['GATEHOUSE_TEST_RENEW'] === '1') writeFileSync(FILE, made);
  assert.equal(readFileSync(FILE, 'utf8'), made);
});

test('every permission of the catalogue is asked for by a route, or marked as planned', () => {
  const used = new Set<string>(ROUTES.map((r) => r.permission));
  assert.ok(used.size > 30, 'there are routes');
  assert.deepEqual(
    PERMISSIONS.filter((p) => !used.has(p) && ENTRIES[p]?.planned !== true),
    [],
  );
});

test('no role may ask for content, and what is vetted always needs a second person', () => {
  let seen = 0;
  for (const r of ROUTES) {
    if (r.scope === 'public') continue;
    const { of } = CATALOGUE[r.permission];
    if (of === 'content') for (const role of ROLES) assert.equal(cell(r, role), 'deny', `${role} ${r.path}`);
    if (of === 'vetted')
      assert.ok(r.kind === 'write' && r.fourEyes !== undefined, `${r.path} needs no approval`);
    if (of === 'person' || of === 'nobody') assert.equal(r.scope, 'person', r.path);
    if (of === 'content' || of === 'vetted') seen++;
  }
  assert.ok(seen > 0, 'there are such routes');
});

test('the auditor changes nothing, employees and guests reach only their own, operators no tenant', () => {
  for (const r of ROUTES) {
    if (r.scope === 'public' || r.scope === 'person') continue;
    if (r.kind === 'write') assert.equal(cell(r, 'auditor'), 'deny', r.path);
    for (const role of ['employee', 'guest'] as const) assert.equal(cell(r, role), 'deny', r.path);
    if (r.scope === 'tenant') assert.equal(cell(r, 'operator'), 'deny', r.path);
    else for (const role of ROLES) if (role !== 'operator') assert.equal(cell(r, role), 'deny', r.path);
  }
});
