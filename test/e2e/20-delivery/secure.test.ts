/**
 * Transport security against real others: a zone signed by Knot, validated by unbound, Postfix as the mail host, an HTTPS
 * server for MTA-STS. What must be delivered is, what must not is kept back, and the result says why.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type DeliveryDeps, attemptDelivery } from '#mail/deliver/attempt.ts';
import type { AttemptResult, DeliveryJob } from '#mail/deliver/types.ts';
import { type WireResolver, createWireResolver } from '#platform/dns/resolver.ts';
import { fetchStsPolicy } from '#platform/mta-sts/fetch.ts';
import { createStsPolicies, memoryPolicyStore } from '#platform/mta-sts/policies.ts';
import { KNOT_NEEDS, type Knot, type Zone, startKnot } from '#test/peers/knot.ts';
import { type StsHost, startStsHost } from '#test/peers/mta-sts-host.ts';
import { POSTFIX_NEEDS, type Postfix, startPostfix } from '#test/peers/postfix.ts';
import { UNBOUND_NEEDS, type Unbound, startUnbound } from '#test/peers/unbound.ts';
import { type Certificate, authority, tlsa311 } from '#test/support/certificates.ts';
import { missing } from '#test/support/need.ts';
import { freeLoopbackAddress, freePort } from '#test/support/ports.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { hop, testDeps, testJob } from './bench-deps.ts';
import { type FakeRemote, startFakeRemote } from './fake-remote.ts';

const lacking = missing([...KNOT_NEEDS, ...UNBOUND_NEEDS, ...POSTFIX_NEEDS]);
if (lacking.length > 0 && process.env['CI'] === 'true')
  throw new Error(`in CI nothing may be missing: ${lacking.join()}`);
if (lacking.length > 0) console.error(`SKIPPED "delivery over secure transport": needs ${lacking.join()}`);

const DOMAINS = [
  'right',
  'wrong',
  'unusable',
  'anchor',
  'anchorname',
  'alias',
  'fake',
  'notls',
  'unusablenotls',
] as const;
const sub = (names: readonly string[], zone: string): string[] => names.map((n) => `${n}.${zone}`);

describe('delivery over secure transport', { skip: lacking.length > 0 }, () => {
  const temp = tempDir('secure');
  const ca = authority(temp.path);
  const fakeAddress = freeLoopbackAddress();
  const stsAddress = freeLoopbackAddress();
  let port = 0;
  let leaf: Certificate;
  let postfix: Postfix;
  let fake: FakeRemote;
  let clear: FakeRemote;
  let knot: Knot;
  let unbound: Unbound;
  let web: StsHost;
  let resolver: WireResolver;
  let deps: DeliveryDeps;
  const clearAddress = freeLoopbackAddress();

  const zones = (): Zone[] => {
    const caHash = createHash('sha256')
      .update(new X509Certificate(readFileSync(ca.ca)).raw)
      .digest('hex');
    const right = `3 1 1 ${tlsa311(leaf.cert)}`;
    const host = (name: string, address: string, tlsa: string): string[] => [
      `${name} MX 10 mx.${name}`,
      `mx.${name} A ${address}`,
      `_${port}._tcp.mx.${name} TLSA ${tlsa}`,
    ];
    const wrong = `3 1 1 ${'ab'.repeat(32)}`;
    const records = [
      ...host('right', '127.0.0.1', right),
      ...host('wrong', '127.0.0.1', wrong),
      ...host('unusable', '127.0.0.1', `1 1 1 ${'ab'.repeat(32)}`),
      ...host('unusablenotls', clearAddress, `1 1 1 ${'ab'.repeat(32)}`),
      ...host('anchor', '127.0.0.1', `2 0 1 ${caHash}`),
      ...host('fake', fakeAddress, right),
      ...host('notls', clearAddress, right),
      // The anchor is right, but the certificate names neither this host nor the domain.
      'anchorname MX 10 unnamed.anchorname',
      'unnamed.anchorname A 127.0.0.1',
      `_${port}._tcp.unnamed.anchorname TLSA 2 0 1 ${caHash}`,
      'alias MX 10 mx.alias',
      'mx.alias CNAME mx.right',
    ];
    return [
      { name: 'signed.example', signed: true, records },
      { name: 'bogus.example', signed: true, records: ['@ MX 10 mx', 'mx A 127.0.0.1'] },
      { name: 'plain.example', records: ['@ MX 10 mx', 'mx A 127.0.0.1', `_${port}._tcp.mx TLSA ${wrong}`] },
      stsZone('1', ['@ MX 10 mx', 'bad MX 10 stranger', 'cert MX 10 unnamed', 'test MX 10 unnamed']),
    ];
  };

  const stsZone = (id: string, mx: readonly string[]): Zone => ({
    name: 'sts.example',
    records: [
      ...mx,
      ...['mx', 'stranger', 'unnamed'].map((h) => `${h} A 127.0.0.1`),
      ...['', '.bad', '.cert', '.test'].flatMap((d) => [
        `_mta-sts${d} TXT "v=STSv1; id=${id};"`,
        `mta-sts${d} A ${stsAddress}`,
      ]),
    ],
  });

  before(async () => {
    port = await freePort();
    leaf = ca.issue('leaf', [
      ...sub(
        DOMAINS.filter((d) => d !== 'anchorname').map((d) => `mx.${d}`),
        'signed.example',
      ),
      'mx.sts.example',
    ]);
    // DANE-TA needs the anchor in the chain that the host sends (RFC 7672 §3.1.2).
    const chain = temp.in('chain.pem');
    writeFileSync(chain, readFileSync(leaf.cert, 'utf8') + readFileSync(ca.ca, 'utf8'));
    postfix = await startPostfix({
      port,
      keeps: [
        ...sub(DOMAINS, 'signed.example'),
        'plain.example',
        'bogus.example',
        'sts.example',
        ...sub(['bad', 'cert', 'test'], 'sts.example'),
      ],
      tls: { cert: chain, key: leaf.key },
    });
    const keys = { cert: readFileSync(leaf.cert, 'utf8'), key: readFileSync(leaf.key, 'utf8') };
    fake = await startFakeRemote({
      host: fakeAddress,
      port,
      tls: keys,
      extensions: ['PIPELINING', 'REQUIRETLS'],
    });
    clear = await startFakeRemote({ host: clearAddress, port });
    knot = await startKnot(zones());
    const good = knot.trustAnchors.filter((a) => a.startsWith('signed.example'));
    // A key that never signed anything: every answer of that zone is bogus.
    const forged = good.map((a) => a.replace('signed.example', 'bogus.example'));
    const stubs = ['signed.example', 'bogus.example', 'plain.example', 'sts.example'];
    unbound = await startUnbound({
      trustAnchors: [...good, ...forged],
      stubs: stubs.map((zone) => ({ zone, host: knot.host, port: knot.port })),
    });
    web = await startStsHost(
      stsAddress,
      ca.issue('web', sub(['mta-sts', 'mta-sts.bad', 'mta-sts.cert', 'mta-sts.test'], 'sts.example')),
      { mode: 'enforce', mx: ['mx.sts.example'], maxAgeS: 3600 },
    );
    resolver = createWireResolver({
      servers: [{ address: unbound.host, port: unbound.port }],
      validating: true,
    });
    deps = freshDeps();
  });
  after(async () => {
    deps.pool[Symbol.dispose]();
    resolver[Symbol.dispose]();
    for (const one of [web, unbound, knot, clear, fake, postfix]) await one[Symbol.asyncDispose]();
    temp[Symbol.dispose]();
  });

  const freshDeps = (): DeliveryDeps => {
    const caPem = readFileSync(ca.ca, 'utf8');
    return testDeps({
      resolver,
      mxPort: port,
      caPem,
      stsPolicies: createStsPolicies({
        resolver,
        store: memoryPolicyStore(),
        fetch: (domain) => fetchStsPolicy(domain, { resolver, caPem, refused: [] }),
      }),
      // Postfix beside other test suites on a busy machine.
      timeouts: {
        ...testDeps().timeouts,
        greeting: 20_000,
        ehlo: 20_000,
        mail: 20_000,
        rcpt: 20_000,
        data: 20_000,
        'end-of-data': 20_000,
        tls: 10_000,
      },
    });
  };

  const send = async (domain: string, more: Partial<DeliveryJob> = {}, by = deps): Promise<AttemptResult> => {
    const [result] = await attemptDelivery(testJob({ domain, to: [`b@${domain}`], ...more }), by);
    assert.ok(result !== undefined);
    return result;
  };
  const line = (r: AttemptResult): string =>
    `${r.outcome} ${r.stage} ${r.status} ${r.security?.policy ?? '-'}${r.security?.authenticated === true ? '+' : ''}`;

  test('unbound: good is secure, unsigned is not, bogus is an error', async () => {
    const good = await resolver.mx('right.signed.example');
    assert.ok(good.kind === 'records' && good.secure);
    const none = await resolver.mx('nothing.signed.example');
    assert.deepEqual(none, { kind: 'nxdomain', secure: true });
    const plain = await resolver.mx('plain.example');
    assert.ok(plain.kind === 'records' && !plain.secure);
    const bogus = await resolver.mx('bogus.example');
    assert.ok(
      bogus.kind === 'error' && (bogus.reason === 'servfail' || bogus.reason === 'bogus'),
      JSON.stringify(bogus),
    );
  });

  const table: [string, string][] = [
    ['right.signed.example', 'delivered end-of-data 2.0.0 dane+'],
    ['wrong.signed.example', 'deferred tls 4.7.5 dane'],
    ['unusable.signed.example', 'delivered end-of-data 2.0.0 required'],
    ['unusablenotls.signed.example', 'deferred starttls 4.7.10 required'],
    ['anchor.signed.example', 'delivered end-of-data 2.0.0 dane+'],
    ['anchorname.signed.example', 'deferred tls 4.7.5 dane'],
    ['alias.signed.example', 'delivered end-of-data 2.0.0 dane+'],
    ['notls.signed.example', 'deferred starttls 4.7.10 dane'],
    // Not signed, so its wrong TLSA record means nothing.
    ['plain.example', 'delivered end-of-data 2.0.0 opportunistic'],
    ['bogus.example', 'deferred dns 4.4.3 -'],
  ];
  for (const [domain, expected] of table) {
    test(`DANE: ${domain}`, async () => {
      const result = await send(domain);
      assert.equal(line(result), expected, result.text);
      if (expected.startsWith('delivered')) assert.match(result.tls?.version ?? '', /^TLSv1\.[23]$/);
    });
  }

  test('Postfix has the message, over one connection for many', async () => {
    const text = 'Subject: many of one\r\n\r\nmarker-4711\r\n';
    const connects = (): number =>
      postfix
        .log()
        .split('\n')
        .filter((l) => / connect from /.test(l)).length;
    const beforeCount = connects();
    const own = freshDeps();
    using _pool = own.pool;
    for (let i = 0; i < 10; i++)
      assert.equal((await send('right.signed.example', jobOf(text), own)).outcome, 'delivered');
    const kept = await postfix.receive('marker-4711');
    assert.ok(kept.text.includes('Subject: many of one'));
    assert.equal(connects() - beforeCount, 1);
  });

  test('pins: the operator’s fingerprint decides', async () => {
    const raw = new X509Certificate(readFileSync(leaf.cert)).raw;
    const fingerprint = createHash('sha256').update(raw).digest('hex');
    const pinned = (f: string): Partial<DeliveryJob> => ({
      route: hop(port, { fingerprints: [f], tls: 'required' }),
    });
    assert.equal(
      line(await send('right.signed.example', pinned(fingerprint))),
      'delivered end-of-data 2.0.0 pinned+',
    );
    assert.equal(
      line(await send('right.signed.example', pinned('00'.repeat(32)))),
      'deferred tls 4.7.5 pinned',
    );
    const verified: Partial<DeliveryJob> = {
      route: hop(port, { host: 'mx.right.signed.example', tls: 'verified' }),
    };
    assert.equal(line(await send('right.signed.example', verified)), 'delivered end-of-data 2.0.0 verified+');
    const unnamed: Partial<DeliveryJob> = {
      route: hop(port, { host: 'unnamed.sts.example', tls: 'verified' }),
    };
    assert.equal(line(await send('right.signed.example', unnamed)), 'deferred tls 4.7.5 verified');
  });

  test('REQUIRETLS: only to a proven host that promises it', async () => {
    assert.equal(
      line(await send('fake.signed.example', { requireTls: true })),
      'delivered end-of-data 2.0.0 dane+',
    );
    assert.ok(fake.lines.some((l) => l.includes('MAIL') && l.includes(' REQUIRETLS')));
    const refused = await send('right.signed.example', { requireTls: true });
    assert.equal(line(refused), 'failed capability 5.7.30 dane+', refused.text);
    assert.equal(line(await send('plain.example', { requireTls: true })), 'failed policy 5.7.30 -');
  });

  test('MTA-STS enforce: the right host delivers, others are kept back', async () => {
    const good = await send('sts.example');
    assert.equal(line(good), 'delivered end-of-data 2.0.0 verified+', good.text);
    assert.deepEqual([good.security?.by, good.security?.sts], ['mta-sts', 'enforce']);
    assert.equal(line(await send('bad.sts.example')), 'deferred policy 4.7.5 -');
    web.publish({ mode: 'enforce', mx: ['unnamed.sts.example'], maxAgeS: 3600 });
    assert.equal(line(await send('cert.sts.example')), 'deferred tls 4.7.5 verified');
  });

  test('MTA-STS testing: delivers and says what it would have done', async () => {
    web.publish({ mode: 'testing', mx: ['unnamed.sts.example'], maxAgeS: 3600 });
    const result = await send('test.sts.example');
    assert.equal(result.outcome, 'delivered', result.text);
    assert.match(result.security?.sts ?? '', /^testing: would fail/);
  });

  test('MTA-STS: a held policy is enforced when the web server is gone', async () => {
    web.publish(undefined);
    const fetches = web.fetches();
    assert.equal(line(await send('cert.sts.example')), 'deferred tls 4.7.5 verified');
    assert.equal(web.fetches(), fetches);
  });
});

function jobOf(text: string): Partial<DeliveryJob> {
  const { size, body } = testJob({ text });
  return { size, body };
}

test('opportunistic TLS that cannot be had gives way to clear text, required TLS does not', async () => {
  // Offers STARTTLS, says go, and then takes the handshake for commands.
  await using broken = await startFakeRemote({ extensions: ['PIPELINING', 'STARTTLS'] });
  const deps = testDeps();
  using _pool = deps.pool;
  const [wish] = await attemptDelivery(testJob({ route: hop(broken.port) }), deps);
  assert.equal(`${wish?.outcome} ${wish?.tls?.version ?? 'clear'}`, 'delivered clear', wish?.text);
  const [must] = await attemptDelivery(testJob({ route: hop(broken.port, { tls: 'required' }) }), deps);
  assert.equal(`${must?.outcome} ${must?.stage} ${must?.status}`, 'deferred tls 4.7.5');
});
