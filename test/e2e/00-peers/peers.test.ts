/** The peers themselves: each starts, does the one thing the tests need it for, and is gone afterwards. */
import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { createConnection } from 'node:net';
import { test } from 'node:test';
import { have } from '#test/support/need.ts';
import { must, run } from '#test/support/child.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { CLAMD_NEEDS, EICAR, OWN_MARKER, startClamd } from '#test/peers/clamd.ts';
import { dkimpyMissing, dkimpyVerify } from '#test/peers/dkimpy.ts';
import { EXIM_NEEDS, startExim } from '#test/peers/exim.ts';
import { KNOT_NEEDS, startKnot } from '#test/peers/knot.ts';
import { OPENDKIM_NEEDS, opendkimKey, opendkimVerdict, startOpendkim } from '#test/peers/opendkim.ts';
import { OPENDMARC_NEEDS, startOpendmarc } from '#test/peers/opendmarc.ts';
import { POSTFIX_NEEDS, startPostfix } from '#test/peers/postfix.ts';
import { LDAP_ADMIN, LDAP_BASE, SLAPD_NEEDS, startSlapd } from '#test/peers/slapd.ts';
import { SMTP_SOURCE_NEEDS, smtpSource, startSmtpSink } from '#test/peers/smtp-source.ts';
import { SWAKS_NEEDS, swaks } from '#test/peers/swaks.ts';
import { startUnbound, UNBOUND_NEEDS } from '#test/peers/unbound.ts';

test('Postfix takes mail from swaks and keeps it', async (t) => {
  if (!have(t, ...POSTFIX_NEEDS, ...SWAKS_NEEDS)) return;
  await using hop = await startPostfix({ keeps: ['here.example'] });
  const ran = await swaks({ port: hop.port, from: 'a@there.example', to: 'bob@here.example' });
  assert.equal(ran.code, 0, ran.stdout);
  assert.equal((await hop.receive('This is a test mailing')).recipient, 'bob@here.example');
});

test('Exim takes mail over SMTP and sends through a relay', async (t) => {
  if (!have(t, ...EXIM_NEEDS, ...POSTFIX_NEEDS)) return;
  await using hop = await startPostfix({ keeps: ['far.example'] });
  await using exim = await startExim({
    keeps: ['here.example'],
    relayTo: { host: '127.0.0.1', port: hop.port },
  });
  using client = await smtpClient(exim.port);
  const reply = await sendMail(client, {
    from: 'a@b.example',
    to: ['bob@here.example'],
    data: 'Subject: in\r\n\r\nx\r\n',
  });
  assert.equal(reply.code, 250, reply.text);
  await exim.receive('Subject: in');
  const ran = await exim.sendmail(['-f', 'a@b.example', 'bob@far.example'], 'Subject: out\n\nx\n');
  assert.equal(ran.code, 0, ran.stderr);
  await hop.receive('Subject: out');
});

test('unbound validates a zone that Knot signed, and refuses it with another key', async (t) => {
  if (!have(t, ...UNBOUND_NEEDS, ...KNOT_NEEDS)) return;
  await using knot = await startKnot([
    { name: 'signed.example', signed: true, records: ['mx A 192.0.2.7', '@ TXT "v=spf1 -all"'] },
    { name: 'plain.example', records: ['mx A 192.0.2.8'] },
  ]);
  const stubs = ['signed.example', 'plain.example'].map((zone) => ({
    zone,
    host: knot.host,
    port: knot.port,
  }));
  const ask = async (trustAnchors: readonly string[], name: string): Promise<string> => {
    await using unbound = await startUnbound({ stubs, trustAnchors });
    const said = must(['kdig', `@${unbound.host}`, '-p', String(unbound.port), '+dnssec', 'A', name]).stdout;
    return `${/status: (\w+)/.exec(said)?.[1]}${/Flags:[^;]* ad/.test(said) ? ' ad' : ''}${said.includes('192.0.2.') ? ' data' : ''}`;
  };
  assert.equal(await ask(knot.trustAnchors, 'mx.signed.example'), 'NOERROR ad data');
  assert.equal(await ask(knot.trustAnchors, 'mx.plain.example'), 'NOERROR data');
  const wrong = 'signed.example. DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000';
  assert.equal(await ask([wrong], 'mx.signed.example'), 'SERVFAIL');
});

test('OpenDKIM signs for Postfix, verifies its own, and dkimpy agrees', async (t) => {
  if (!have(t, ...OPENDKIM_NEEDS, ...OPENDMARC_NEEDS, ...POSTFIX_NEEDS, ...UNBOUND_NEEDS)) return;
  assert.deepEqual(dkimpyMissing(), []);
  using temp = tempDir('keys');
  const { keyFile, record } = opendkimKey(temp.path, 'sender.example', 's1');
  const halves = `"${record.slice(0, 200)}" "${record.slice(200)}"`;
  await using dns = await startUnbound({
    localZones: ['sender.example'],
    localData: [
      `s1._domainkey.sender.example 60 IN TXT ${halves}`,
      '_dmarc.sender.example 60 IN TXT "v=DMARC1; p=reject"',
    ],
  });
  const resolvConf = dns.resolvConf!; // `!`: as root it has port 53
  await using signer = await startOpendkim({
    nameserver: dns.host,
    sign: { domain: 'sender.example', selector: 's1', keyFile },
  });
  await using verifier = await startOpendkim({ nameserver: dns.host });
  await using dmarc = await startOpendmarc({ resolvConf, authservId: 'hop.example' });
  await using hop = await startPostfix({
    keeps: ['here.example'],
    hostname: 'hop.example',
    milterPorts: [verifier.port, dmarc.port],
  });
  await using out = await startPostfix({
    relayTo: { host: '127.0.0.1', port: hop.port },
    milterPorts: [signer.port],
  });
  using client = await smtpClient(out.port);
  const data =
    'From: a@sender.example\r\nTo: bob@here.example\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nSubject: signed\r\n\r\nx\r\n';
  await sendMail(client, { from: 'a@sender.example', to: ['bob@here.example'], data });
  const { text } = await hop.receive('Subject: signed');
  assert.match(text, /^Authentication-Results: hop\.example;\s+dkim=pass/m);
  assert.match(text, /^Authentication-Results: hop\.example;\s+dmarc=pass/m);
  const verdict = await opendkimVerdict(text, dns.host);
  assert.equal(verdict.verified, true, verdict.said);
  const broken = await opendkimVerdict(text.replace('Subject: signed', 'Subject: altered'), dns.host);
  assert.equal(broken.verified, false, broken.said);
  const crlf = text.replaceAll('\n', '\r\n');
  assert.deepEqual(
    (await dkimpyVerify(crlf, { 's1._domainkey.sender.example': record })).map((v) => v.verified),
    [true],
  );
});

test('clamd reports our marker and EICAR and nothing else', async (t) => {
  if (!have(t, ...CLAMD_NEEDS)) return;
  await using clamd = await startClamd();
  const scan = (body: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = createConnection(clamd.port, '127.0.0.1');
      let said = '';
      socket
        .on('data', (chunk) => (said += chunk.toString('latin1')))
        .on('end', () => resolve(said))
        .on('error', reject);
      const size = Buffer.alloc(4);
      size.writeUInt32BE(body.length);
      socket.write(Buffer.concat([Buffer.from('zINSTREAM\0'), size, Buffer.from(body), Buffer.alloc(4)]));
    });
  assert.match(await scan(`text ${OWN_MARKER} text`), /Gatehouse\.Test\.Marker\.UNOFFICIAL FOUND/);
  assert.match(await scan(EICAR), /FOUND/);
  assert.match(await scan('harmless'), /OK/);
});

test('slapd knows its people and tells only who signs in', (t) => {
  if (!have(t, ...SLAPD_NEEDS, 'ldapsearch')) return undefined;
  return (async () => {
    await using slapd = await startSlapd(['bob@here.example']);
    const search = [
      'ldapsearch',
      '-x',
      '-LLL',
      '-H',
      slapd.url,
      '-b',
      LDAP_BASE,
      '(mail=bob@here.example)',
      'uid',
    ];
    assert.doesNotMatch(run(search).stdout, /uid: person0/);
    assert.match(run([...search, '-D', LDAP_ADMIN.dn, '-w', LDAP_ADMIN.password]).stdout, /uid: person0/);
  })();
});

test('smtp-source and smtp-sink speak to each other', async (t) => {
  if (!have(t, ...SMTP_SOURCE_NEEDS)) return;
  await using sink = await startSmtpSink();
  const ran = await smtpSource({
    port: sink.port,
    from: 'a@b.example',
    to: 'c@d.example',
    messages: 20,
    sessions: 4,
  });
  assert.equal(ran.code, 0, ran.stderr);
});

test('unbound without zones knows nothing and asks nobody', async (t) => {
  if (!have(t, ...UNBOUND_NEEDS)) return;
  await using unbound = await startUnbound({
    localData: ['a.known.example 60 IN A 192.0.2.1'],
    localZones: ['known.example'],
  });
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([unbound.address]);
  assert.deepEqual(await resolver.resolve4('a.known.example'), ['192.0.2.1']);
  await assert.rejects(resolver.resolve4('a.unknown.example'), { code: 'ENOTFOUND' });
});
