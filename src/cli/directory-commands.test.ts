import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from '#core/errors.ts';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import { DECLARATION_SECTIONS } from '#mail/directory/declaration.ts';
import { openBlobDirectory } from '#platform/blob-directory.ts';
import { openDatabase } from '#platform/db.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { run as address } from './address.ts';
import { run as apply } from './apply.ts';
import { run as config } from './config.ts';
import type { CliContext } from './context.ts';
import { run as domain } from './domain.ts';
import { run as ldap } from './ldap.ts';
import { run as route } from './route.ts';
import { run as sender } from './sender.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
after(async () => {
  rmSync(folder, { recursive: true });
  await stopTestDatabases();
});
const commands = { address, apply, config, domain, ldap, route, sender };
type Said = { code: number; out: string; err: string };

/** Runs a command line as the frame would; without a URL there is no installation. */
async function gatehouse(line: readonly string[], url?: string): Promise<Said> {
  const said: Said = { code: -1, out: '', err: '' };
  const none = () => Promise.reject(new ConfigError(['there is no installation here']));
  const context: CliContext = {
    stdout: (text) => void (said.out += text),
    stderr: (text) => void (said.err += text),
    openDatabase: async () =>
      url === undefined
        ? none()
        : openDatabase({ url, maxConnections: 2, statementTimeoutMs: 5000, applicationName: 'cli-test' }),
    openStores: async () => {
      if (url === undefined) return await none();
      const db = openDatabase({
        url,
        maxConnections: 2,
        statementTimeoutMs: 5000,
        applicationName: 'cli-test',
      });
      return {
        db,
        system: db,
        [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
        keys: await openFileKeys(join(folder, 'keys'), db),
        blobs: await openBlobDirectory(join(folder, 'blobs')),
      };
    },
    globals: {},
  };
  const [name = '', ...args] = line;
  said.code = await commands[name as keyof typeof commands](args, context);
  return said;
}
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test('from nothing to a domain with people and senders', async () => {
  await using db = await testDatabase();
  const good = async (...line: string[]): Promise<string> => {
    const { code, out, err } = await gatehouse(line, db.url);
    assert.equal(code, 0, `${line.join(' ')}: ${err}`);
    return out;
  };
  await good('domain', 'add', 'Example.org', '--next-hop', 'store.example.org:2525', '--tls', 'required');
  assert.match(
    await good('domain', 'list'),
    /^DOMAIN .*\nexample.org +smtp:\/\/store.example.org:2525 +required +list\n$/,
  );
  const csv = file('people.csv', 'address\nann@example.org\nbob@example.org\n');
  assert.match(
    await good('address', 'import', csv, '--dry-run'),
    /\+ ann@example.org\n.*\nWould be: 2 added, 0 removed/s,
  );
  assert.equal(await good('address', 'list', 'example.org'), 'No address of example.org is known.\n');
  await good('address', 'import', csv);
  await good('address', 'add', 'carl@example.org');
  await good('address', 'remove', 'bob@example.org');
  assert.deepEqual(JSON.parse(await good('address', 'list', 'example.org', '--json')), [
    'ann@example.org',
    'carl@example.org',
  ]);
  await good('route', 'set', 'example.org', '--next-hop', '[2001:db8::1]:24', '--lmtp');
  await good('route', 'partner', 'bank.example', '--tls', 'verified');
  assert.match(
    await good('route', 'list'),
    /ours +example.org +lmtp:\/\/2001:db8::1:24[^]*partner +bank.example +by MX +verified/,
  );
  const password = file('password', 'correct horse battery\n');
  await good('sender', 'add-login', 'ann', '--password-file', password, '--may-use', 'ann@example.org');
  await good('sender', 'add-network', 'lan', '10.0.0.0/8');
  await good(
    'sender',
    'add-pin',
    'm365',
    '40.92.0.0/15',
    '52.100.0.0/14',
    '--header',
    'X-Org: 0123456789abcdef0123',
  );
  assert.match(await good('sender', 'pins'), /m365 +40.92.0.0\/15 52.100.0.0\/14 +header X-Org/);
  assert.doesNotMatch(await good('sender', 'logins', '--json'), /argon2/);
  await good('domain', 'remove', 'example.org');
  const [row] = await db.query<{ n: number }>('select count(*) as n from address');
  assert.equal(row?.n, 0);
  const [event] = await db.query<{ actor: string }>('select actor from audit_event limit 1');
  assert.match(event?.actor ?? '', /^admin:cli\//);
});

test('apply shows its plan, applies it, and then finds nothing to do', async () => {
  await using db = await testDatabase();
  const yaml = file('org.yaml', 'domains:\n  - {name: a.example, nextHop: {host: h.example}}\n');
  const dry = await gatehouse(['apply', yaml, '--dry-run'], db.url);
  assert.deepEqual([dry.code, dry.out], [0, '+ domain a.example\n1 step would be taken.\n']);
  assert.equal((await gatehouse(['apply', yaml], db.url)).out, '+ domain a.example\n1 step taken.\n');
  assert.equal((await gatehouse(['apply', yaml], db.url)).out, 'Everything is already as the file says.\n');
  const bad = await gatehouse(['apply', file('bad.yaml', 'domain: []\n')], db.url);
  assert.equal(bad.code, 1);
  assert.match(
    bad.err,
    /bad.yaml:1:1: domain: unknown key; did you mean "domains"\?\nNothing was changed.\n$/,
  );
});

test('apply removes nothing without --delete, and says what would go', async () => {
  await using db = await testDatabase();
  const both = file(
    'both.yaml',
    'domains:\n  - {name: a.example, nextHop: {host: h}}\n  - {name: b.example, nextHop: {host: h}}\n',
  );
  const one = file('one.yaml', 'domains:\n  - {name: a.example, nextHop: {host: h}}\n');
  assert.equal((await gatehouse(['apply', both], db.url)).code, 0);
  const refused = await gatehouse(['apply', one], db.url);
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /would remove the domain "b\.example"\nNothing was changed; --delete allows removing\.\n$/,
  );
  assert.match((await gatehouse(['domain', 'list'], db.url)).out, /b\.example/);
  const dry = await gatehouse(['apply', one, '--dry-run'], db.url);
  assert.match(dry.out, /^- domain b\.example\n1 of them removes: that needs --delete\./);
  assert.equal((await gatehouse(['apply', one, '--delete'], db.url)).code, 0);
  assert.doesNotMatch((await gatehouse(['domain', 'list'], db.url)).out, /b\.example/);
});

test('an LDAP source is added with its password sealed, asked, used and removed', async () => {
  await using db = await testDatabase();
  const password = file('bind', 'geheim geheim\n');
  const url = 'ldap://127.0.0.1:1';
  const bind = ['--base-dn', 'dc=x', '--bind-dn', 'cn=gate', '--bind-password-file', password];
  const added = await gatehouse(['ldap', 'add', 'ad', '--url', url, ...bind], db.url);
  assert.equal(added.code, 0, added.err);
  const shown = await gatehouse(['ldap', 'show', 'ad'], db.url);
  assert.match(shown.out, /"bindPasswordSealed": "\[secret\]"/);
  assert.match((await gatehouse(['ldap', 'list'], db.url)).out, /ad +ldap:\/\/127\.0\.0\.1:1 +dc=x +cn=gate/);
  const clear = await gatehouse(['ldap', 'add', 'no', '--url', 'ldap://far.example', ...bind], db.url);
  assert.match(clear.err, /url: would send the bind password in clear/);
  const asked = await gatehouse(['ldap', 'test', 'ad', 'ann@a.example'], db.url);
  assert.deepEqual([asked.code, asked.out], [1, '']);
  assert.match(asked.err, /LDAP source ad: .*ECONNREFUSED/);
  assert.equal((await gatehouse(['ldap', 'test', 'none', 'ann@a.example'], db.url)).code, 1);
  await gatehouse(
    ['domain', 'add', 'a.example', '--next-hop', 'h', '--recipients', 'ldap', '--ldap', 'ad'],
    db.url,
  );
  assert.match((await gatehouse(['ldap', 'remove', 'ad'], db.url)).err, /still in use/);
  await gatehouse(['domain', 'remove', 'a.example'], db.url);
  assert.equal((await gatehouse(['ldap', 'remove', 'ad'], db.url)).code, 0);
});

test('the example of the documentation is applied as it stands', async () => {
  await using db = await testDatabase();
  const page = readFileSync(new URL('../../docs/operations/directory-file.md', import.meta.url), 'utf8');
  const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? '';
  file('ldap-password', 'geheim\n');
  const said = await gatehouse(['apply', file('example.yaml', example), '--dry-run'], db.url);
  assert.equal(said.code, 0, said.err);
  for (const what of [
    'LDAP source',
    'domain',
    'login',
    'network rule',
    'certificate rule',
    'cloud pin',
    'partner route',
    'destination rule',
  ])
    assert.match(said.out, new RegExp(`^\\+ ${what} `, 'm'));
  const help = (await gatehouse(['apply', '--help'])).out;
  for (const section of DECLARATION_SECTIONS)
    assert.ok(help.includes(section) && page.includes(`\`${section}\``), section);
});

test('each bad argument gets one clear sentence', async () => {
  await using db = await testDatabase();
  await gatehouse(['domain', 'add', 'a.example', '--next-hop', 'h.example'], db.url);
  const twice = file('twice.csv', 'x@a.example\ny@a.example\nx@a.example\nz\n');
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ['domain', 2, /Usage: gatehouse domain VERB/],
    ['domain ad', 2, /^gatehouse domain: there is no "ad"; did you mean "add"\?\n$/],
    ['domain add', 2, /^gatehouse domain add: NAME is missing\n$/],
    ['domain add b.example', 2, /^gatehouse domain add: --next-hop is missing/],
    [
      'domain add b.example --next-hop h.example --tsl none',
      2,
      /^gatehouse domain add: there is no --tsl; did you mean --tls\?\n$/,
    ],
    [
      'domain add b.example --next-hop h.example --tls safe',
      2,
      /^gatehouse domain add: --tls: must be one of "none"/,
    ],
    ['domain add b.example c.example --next-hop h.example', 2, /"c.example" is one argument too many/],
    ['domain add b_ad..example --next-hop h.example', 2, /name: "b_ad..example" is no domain name/],
    ['domain add b.example --next-hop h.example:99999', 2, /--next-hop: must be at most 65535/],
    [
      'domain add b.example --next-hop h.example --ca /nonexistent',
      1,
      /--ca: \/nonexistent cannot be read \(ENOENT\)/,
    ],
    ['domain add a.example --next-hop h.example', 1, /There is already a domain named "a.example"\.\n$/],
    ['domain remove b.example', 1, /There is no domain named "b.example"\.\n$/],
    ['domain list --tenant nobody', 1, /--tenant: there is no tenant named "nobody"/],
    ['address import /nonexistent', 1, /FILE.csv: \/nonexistent cannot be read/],
    [
      `address import ${twice}`,
      1,
      /line 3: "x@a.example" is the same as line 1\.\n.*line 4: "z" is no e-mail address\.\nNothing was changed: 2 mistakes\.\n$/,
    ],
    ['address add', 2, /ADDRESS is missing/],
    ['address remove no@a.example', 1, /no@a.example: There is no such address/],
    ['route set b.example --next-hop h.example', 1, /There is no domain named "b.example"/],
    ['sender add-network all 0.0.0.0/0', 2, /network: "0.0.0.0\/0" is too wide/],
    ['sender add-network lan 10.0.0.1/24', 1, /did you mean 10\.0\.0\.0\/24 or 10\.0\.0\.1\?\n$/],
    ['sender add-network lan 10.0.0.0/24 --may-use @b.example', 1, /b\.example is not a domain of ours/],
    ['route partner a.example', 1, /"a\.example" is a domain of ours/],
    ['domain add \u001b[31mb --next-hop h', 2, /^[^\u001b\u0007]+\n$/],
    ['domain \u001b[31m\u0007', 2, /^[^\u001b\u0007]+\n$/],
    ['sender add-pin x 40.92.0.0/15', 2, /an address range alone is never enough/],
    ['sender add-login ann', 2, /--password-file is missing/],
    [`sender add-login ann --password-file ${file('short', 'x\n')}`, 2, /fewer than 12 characters/],
    ['sender add-certificate x 1234', 2, /sha256: must be a SHA-256 fingerprint/],
    ['domain check --zone x', 2, /NAME is missing/],
    [
      'domain check a.example --hostname g.example --zone /nonexistent',
      1,
      /--zone: \/nonexistent cannot be read/,
    ],
  ];
  for (const [line, code, want] of cases) {
    const said = await gatehouse(line.split(' '), db.url);
    assert.match(said.err, want, line);
    assert.equal(said.code, code, `${line}: ${said.err}`);
    assert.equal(said.out, '', line);
  }
});

test('every verb has help, and needs no installation for it', async () => {
  for (const [name, run] of Object.entries({ domain, address, ldap, route, sender, config })) {
    const said = await gatehouse([name, '--help']);
    assert.equal(said.code, 0);
    const verbs = [...said.out.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map((m) => m[1] ?? '');
    assert.ok(verbs.length > 0, name);
    for (const verb of verbs) {
      const help = await gatehouse([name, verb, '--help']);
      assert.equal(help.code, 0, `${name} ${verb}`);
      assert.match(help.out, new RegExp(`Usage: gatehouse ${name} ${verb}.*--json`, 's'));
    }
    assert.equal(typeof run, 'function');
  }
  assert.equal((await gatehouse(['apply', '--help'])).code, 0);
});

test('domain check answers from a zone file without network or installation', async () => {
  const zone = file(
    'zone.json',
    JSON.stringify({ 'a.example': [{ MX: [10, 'g.example'] }], 'g.example': [{ A: '192.0.2.1' }] }),
  );
  const said = await gatehouse([
    'domain',
    'check',
    'a.example',
    '--zone',
    zone,
    '--hostname',
    'g.example',
    '--json',
  ]);
  assert.equal(said.code, 1);
  const check = JSON.parse(said.out);
  assert.equal(check.domain, 'a.example');
  assert.ok(
    check.publish.some(
      (p: { name: string; value: string }) =>
        p.name === 'a.example' && p.value === 'v=spf1 ip4:192.0.2.1 -all',
    ),
  );
});

test('config check names every mistake, and never shows a password', async () => {
  const bad = file('bad-config.yaml', 'htpt: {}\nhttp: {port: x}\n');
  const said = await gatehouse(['config', 'check', bad]);
  assert.equal(said.code, 1);
  assert.match(
    said.err,
    /bad-config.yaml:1:1: htpt: unknown key; did you mean "http"\?\n.*:2:8: http.port: must be a number\n$/,
  );
  const good = file('good-config.yaml', 'database: {url: "postgresql://u:geheim@db.example/x"}\n');
  const fine = await gatehouse(['config', 'check', good, '--json']);
  assert.equal(fine.code, 0, fine.err);
  assert.doesNotMatch(fine.out, /geheim/);
});
