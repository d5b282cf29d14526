/** The sender is judged inside the dialogue: forged, ambiguous and broken mail is refused, doubt is put off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KNOT_NEEDS, startKnot } from '#test/peers/knot.ts';
import { have } from '#test/support/need.ts';
import { freePort } from '#test/support/ports.ts';
import { type Reply, sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { ALICE, BOB, idIn, letter, startWorld, WORLD_NEEDS } from '#test/support/world.ts';

type Case = {
  readonly name: string;
  readonly from?: string;
  readonly data: string;
  readonly code: number;
  readonly says?: RegExp;
};

const CASES: readonly Case[] = [
  { name: 'a proven sender', data: letter({ subject: 'proven' }), code: 250 },
  {
    name: 'a forged bank',
    from: 'ceo@bank.example',
    data: letter({ subject: 'forged', from: 'ceo@bank.example' }),
    code: 550,
    says: /DMARC/,
  },
  {
    name: 'a bank only in From',
    data: letter({ subject: 'unaligned', from: '"Bank" <ceo@bank.example>' }),
    code: 550,
    says: /DMARC/,
  },
  {
    name: 'two From fields',
    data: letter({ subject: 'two', fields: ['From: <ceo@bank.example>'] }),
    code: 550,
  },
  {
    name: 'two authors in one From',
    data: letter({ subject: 'authors', from: `${ALICE}, ceo@bank.example` }),
    code: 550,
  },
  { name: 'no From', data: 'Subject: nobody\r\n\r\nx\r\n', code: 550 },
  { name: 'a bare LF', data: letter({ subject: 'bare', body: 'one\nRCPT TO:<x>' }), code: 554 },
  { name: 'a bare CR', data: letter({ subject: 'bare', body: 'one\rtwo' }), code: 554 },
  { name: 'a NUL', data: letter({ subject: 'nul', body: 'one\0two' }), code: 554 },
  {
    name: 'a smuggled message',
    data: letter({ subject: 'smuggled', body: 'one\n.\r\nMAIL FROM:<x@y>' }),
    code: 554,
  },
  {
    name: 'a sender whose DNS is broken',
    from: 'a@broken.example',
    data: letter({ subject: 'broken', from: 'a@broken.example' }),
    code: 451,
  },
];

test('forged, ambiguous and broken mail is refused in the dialogue, with a zone from Knot', async (t) => {
  if (!have(t, ...WORLD_NEEDS, ...KNOT_NEEDS)) return;
  await using knot = await startKnot([
    {
      name: 'sender.example',
      records: [
        '@ TXT "v=spf1 ip4:127.0.0.0/8 -all"',
        '@ MX 10 mx',
        'mx A 127.0.0.1',
        '_dmarc TXT "v=DMARC1; p=reject; psd=n"',
      ],
    },
    {
      name: 'bank.example',
      records: [
        '@ TXT "v=spf1 -all"',
        '@ MX 10 mx',
        'mx A 127.0.0.1',
        '_dmarc TXT "v=DMARC1; p=reject; psd=n"',
      ],
    },
  ]);
  const at = (zone: string, port: number): { zone: string; host: string; port: number } => ({
    zone,
    host: '127.0.0.1',
    port,
  });
  const stubs = [
    at('sender.example', knot.port),
    at('bank.example', knot.port),
    at('broken.example', await freePort()),
  ];
  await using world = await startWorld({ dns: { stubs, localZones: [], localData: [] } });
  const { gateway, hop } = world;
  for (const c of CASES) {
    const reply = await say(gateway.ports.mx, c);
    assert.equal(reply.code, c.code, `${c.name}: ${reply.text}`);
    if (c.says !== undefined) assert.match(reply.text, c.says, c.name);
    // Whatever was decided about a whole message can be told afterwards, also a refusal.
    if (reply.code === 550) assert.match(await gateway.does('explain', idIn(reply.text)), /reject/i, c.name);
  }
  await hop.receive('Subject: proven');
  assert.equal(hop.received().length, 1, 'nothing but the proven one came through');
});

async function say(port: number, c: Case): Promise<Reply> {
  using client = await smtpClient(port);
  return await sendMail(client, { from: c.from ?? ALICE, to: [BOB], data: c.data });
}
