import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSpfLines } from './check-spf.ts';

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
}

const zone = {
  'pass.example': { TXT: 'v=spf1 ip4:192.0.2.1 -all exp=why.example' },
  'why.example': '%{i} may not',
  'late.example': 'TIMEOUT',
};
const question = (mailfrom: string, ip = '192.0.2.1'): string =>
  JSON.stringify({ ip, helo: 'h.example', mailfrom, zone });

test('checkSpfLines() answers each line in order and counts a wrong one', async () => {
  const input = [
    question('a@pass.example'),
    question('a@pass.example', '192.0.2.9'),
    '{"ip": 1}',
    '',
    question('a@late.example'),
    question('a@nothing.example'),
    'no json',
    '{"ip":"192.0.2.1","helo":"h","mailfrom":"a@b.example","zone":{"b.example":{"A":"x"}}}',
  ].join('\n');
  for (const size of [1, 7, 100_000]) {
    const out: string[] = [];
    const code = await checkSpfLines(pieces(input, size), (text) => out.push(text), 0);
    assert.equal(code, 2);
    const lines = out
      .join('')
      .trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l) as Record<string, unknown>);
    assert.deepEqual(lines.slice(0, 2), [
      { result: 'pass', explanation: '', lookups: 0, voidLookups: 0 },
      { result: 'fail', explanation: '192.0.2.9 may not', lookups: 0, voidLookups: 0 },
    ]);
    assert.equal(lines[2]?.['error'], 'line 3: "ip" must be an IP address');
    assert.equal(lines[3]?.['result'], 'temperror');
    assert.equal(lines[4]?.['result'], 'none');
    assert.match(String(lines[5]?.['error']), /^line 7: not JSON/);
    assert.equal(lines[6]?.['error'], 'line 8: zone b.example.A: expected an IPv4 address');
    assert.equal(lines.length, 7);
  }
});

test('checkSpfLines() is content when all lines are', async () => {
  assert.equal(await checkSpfLines(pieces(`${question('a@pass.example')}\n`, 50), () => {}, 0), 0);
});
