import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAuthResults, type AuthResult } from './format.ts';
import { arcAuthResult, dkimAuthResult, dmarcAuthResult, iprevAuthResult, spfAuthResult } from './methods.ts';
import { claimsAuthservId, parseArcAuthResults, parseAuthResults } from './parse.ts';

const results: readonly AuthResult[] = [
  spfAuthResult({ result: 'pass', scope: 'mailfrom', identity: 'a@b.example' }),
  dkimAuthResult({
    result: 'fail',
    domain: 'b.example',
    selector: 's1',
    algorithm: 'rsa-sha256',
    signature: 'AbC/+=xyz12',
    reason: 'body hash "differs"',
  }),
  dmarcAuthResult({ result: 'fail', domain: 'b.example', policy: 'reject', disposition: 'quarantine' }),
  arcAuthResult({ result: 'pass', instances: 2, oldestPass: 1, remoteIp: '2001:db8::1' }),
  iprevAuthResult({ result: 'pass', ip: '192.0.2.1', name: 'mx.b.example' }),
];

test('formatAuthResults() writes folded lines that parseAuthResults() reads back', () => {
  const text = formatAuthResults('mx.example', results);
  assert.equal(
    text,
    [
      'mx.example;',
      'spf=pass smtp.mailfrom=a@b.example;',
      'dkim=fail reason="body hash \\"differs\\"" header.d=b.example header.s=s1',
      'header.a=rsa-sha256 header.b="AbC/+=xy";',
      'dmarc=fail (p=reject dis=quarantine) header.from=b.example',
      'policy.dmarc=quarantine;',
      'arc=pass (i=2) header.oldest-pass=1 smtp.remote-ip="2001:db8::1";',
      'iprev=pass (mx.b.example) policy.iprev=192.0.2.1',
    ].join('\r\n '),
  );
  const parsed = parseAuthResults(text);
  assert.ok(parsed.ok);
  assert.equal(parsed.value.authservId, 'mx.example');
  assert.equal(parsed.value.malformed, 0);
  assert.deepEqual(
    parsed.value.results,
    results.map((r) => Object.fromEntries(Object.entries(r).filter(([key]) => key !== 'comment'))),
  );
});

test('formatAuthResults() lets nothing break out of a value', () => {
  const evil = 'x\r\nBcc: y\0 (c) "q" \\ ; spf=pass';
  const text = formatAuthResults(evil, [
    {
      method: 'spf',
      result: 'none',
      reason: evil,
      comment: evil,
      properties: [{ type: 'smtp', property: 'helo', value: evil }],
    },
  ]);
  assert.match(text, /^[\x20-\x7e]*(\r\n [\x20-\x7e]+)*$/);
  const parsed = parseAuthResults(text);
  assert.ok(parsed.ok);
  assert.equal(parsed.value.results.length, 1);
  assert.equal(parsed.value.results[0]?.result, 'none');
  assert.equal(parsed.value.results[0].properties[0]?.value, 'x??Bcc: y? (c) "q" \\ ; spf=pass');
  assert.equal(formatAuthResults('mx.example', []), 'mx.example; none');
  const long = {
    method: 'dkim',
    result: 'fail',
    reason: 'word '.repeat(60),
    comment: 'word '.repeat(60),
    properties: [],
  };
  for (const line of formatAuthResults('mx.example', [long]).split('\r\n'))
    assert.ok(line.length <= 78, line);
  assert.match(formatAuthResults('mx.example', [], { arcInstance: 3 }), /^i=3; mx\.example; none$/);
});

const readings: readonly (readonly [string, readonly string[] | undefined])[] = [
  // RFC 8601 appendix B
  ['example.org 1; none', []],
  ['example.com;\r\n spf=pass smtp.mailfrom=example.net', ['spf=pass smtp.mailfrom=example.net']],
  [
    'example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net',
    ['auth=pass smtp.auth=sender@example.net', 'spf=pass smtp.mailfrom=example.net'],
  ],
  [
    "foo.example.net (foobar) 1 (baz);\r\n  dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n    policy (A dot can go here) . (like that) expired\r\n    (this surprised me) = (as I wasn't expecting it) 1362471462",
    ['dkim=fail policy.expired=1362471462'],
  ],
  ['"quo;ted" ; spf=pass', ['spf=pass']],
  ['a.example; dkim=pass header.b=ab/cd=; spf=fail', ['dkim=pass header.b=ab/cd=', 'spf=fail']],
  ['a.example; dkim=pass header.i="a b"@c.example', ['dkim=pass header.i=a b@c.example']],
  ['a.example; dkim=pass reason="good (enough)" header.d=x', ['dkim=pass header.d=x']],
  ['a.example; spf; dkim=pass', ['dkim=pass']],
  ['a.example; (spf=pass; dkim=pass)', []],
  ['a.example; x=(; spf=pass', []],
  ['a.example; x="; spf=pass', []],
  ['a.example; spf=pass smtp.mailfrom="open; dkim=pass', []],
  ['spf=pass smtp.mailfrom=x', undefined],
  ['', undefined],
  [';spf=pass', undefined],
  ['a.example spf=pass', undefined],
];

test('parseAuthResults() reads what others write and invents nothing', () => {
  for (const [text, expected] of readings) {
    const parsed = parseAuthResults(text);
    const seen = parsed.ok
      ? parsed.value.results.map((r) =>
          [`${r.method}=${r.result}`, ...r.properties.map((p) => `${p.type}.${p.property}=${p.value}`)].join(
            ' ',
          ),
        )
      : undefined;
    assert.deepEqual(seen, expected, text);
  }
});

test('parseArcAuthResults() needs its instance', () => {
  const good = parseArcAuthResults(' i=2; mx.example; arc=none');
  assert.ok(good.ok);
  assert.equal(good.value.instance, 2);
  assert.equal(good.value.results[0]?.method, 'arc');
  for (const bad of ['mx.example; arc=none', 'i=0; a; none', 'i=51; a; none', 'i=x; a; none', 'i=1'])
    assert.equal(parseArcAuthResults(bad).ok, false, bad);
});

test('claimsAuthservId() finds our name however it is dressed', () => {
  const ours = [
    'mx.example; none',
    'MX.Example;',
    ' (c) mx.example 1; spf=pass',
    '"mx.example"; x',
    '"mx\\.example"; x',
    'mx.example',
    'mx.example.; x',
    '\r\n\tmx.example\r\n ; x',
    '(mx.example',
    'spf=pass mx.example',
    'mx(x).example; none',
    'mx .example; none',
    'mx.\r\n example 1; none',
    '"mx".(x)"example"; none',
    '"mx\v.example"; none',
    '; mx.example; none',
    ' ; ; (x) mx.example; none',
    'mx.example/1; none',
    'mx.example none',
    'x, mx.example; none',
    '=?utf-8?q?mx=2Eexample?=; none',
    'mx\u00e3\u0080\u0082example; none',
    '"mx.example',
    '(a (b) mx.example; dmarc=pass) other.example; none',
    '(a \\) mx.example; dmarc=pass) other.example; none',
    `${'(x)'.repeat(30_000)}mx.example; none`,
    `${'(x) '.repeat(16_000)}mx.example; none`,
  ];
  const others = [
    'other.example; spf=pass (mx.example)',
    'sub.mx.example; none',
    'mx.example.org; none',
    'mx.examples 1; none',
    'other.example 1; spf=pass smtp.mailfrom=a@mx.example',
    '; ; other.example; spf=pass (mx.example)',
    '',
    'spf=pass smtp.mailfrom=x',
  ];
  for (const text of ours) assert.equal(claimsAuthservId(text, 'mx.example'), true, text.slice(0, 100));
  for (const text of others) assert.equal(claimsAuthservId(text, 'mx.example'), false, text);
});
