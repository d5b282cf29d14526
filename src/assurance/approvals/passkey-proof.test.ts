import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { after, test } from 'node:test';
import { DEFAULT_TENANT, type Id, newId } from '#core/id.ts';
import { stopTestDatabases, testDatabase } from '#test/support/database.ts';
import { addPerson } from '#test/support/people.ts';
import { proveApproval, verifyEvidence } from './passkey-proof.ts';

after(stopTestDatabases);

const SITE = { id: 'gate.example', isOurs: (origin: string) => origin === 'https://gate.example' };
const HASH = createHash('sha256').update('what is approved').digest();

/** An authenticator as small as can be: one Ed25519 key, answering as Web Authentication says. */
function passkey(): { id: string; cose: Buffer; key: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  // The COSE key {1: 1, 3: -8, -1: 6, -2: x} in CBOR.
  const cose = Buffer.concat([Buffer.from('a4010103272006215820', 'hex'), x]);
  return { id: randomBytes(16).toString('base64url'), cose, key: privateKey };
}

type Said = {
  hash?: Uint8Array;
  origin?: string;
  site?: string;
  flags?: number;
  counter?: number;
  type?: string;
};
function answer({ id, key }: ReturnType<typeof passkey>, said: Said = {}) {
  const {
    hash = HASH,
    origin = 'https://gate.example',
    site = 'gate.example',
    flags = 0x05,
    counter = 1,
  } = said;
  const counterBytes = Buffer.alloc(4);
  counterBytes.writeUInt32BE(counter);
  const data = Buffer.concat([
    createHash('sha256').update(site).digest(),
    Buffer.from([flags]),
    counterBytes,
  ]);
  const client = Buffer.from(
    JSON.stringify({
      type: said.type ?? 'webauthn.get',
      challenge: Buffer.from(hash).toString('base64url'),
      origin,
      crossOrigin: false,
    }),
  );
  const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
  return {
    id,
    rawId: id,
    type: 'public-key' as const,
    clientExtensionResults: {},
    response: {
      authenticatorData: data.toString('base64url'),
      clientDataJSON: client.toString('base64url'),
      signature: sign(null, signed, key).toString('base64url'),
    },
  };
}

test('an approval is a signature of that person over that hash, and stays provable without us', async () => {
  await using owner = await testDatabase();
  const db = owner.as('app').asTenant(DEFAULT_TENANT);
  const [mine, theirs] = [passkey(), passkey()];
  const [person, other] = [await addPerson(owner, DEFAULT_TENANT), await addPerson(owner, DEFAULT_TENANT)];
  for (const [who, p] of [
    [person, mine],
    [other, theirs],
  ] as const)
    await owner.query(
      `insert into passkey (tenant_id, id, person_id, credential_id, public_key, counter, transports, is_backed_up, name)
       values ($1, $2, $3, $4, $5, 0, '{}', false, 'x')`,
      [DEFAULT_TENANT, newId(), who, p.id, p.cose],
    );
  const prove = (who: Id<'person'>, response: ReturnType<typeof answer>) =>
    db.transact((tx) =>
      proveApproval(tx, SITE, { tenant: DEFAULT_TENANT, person: who, hash: HASH, response }),
    );

  for (const [why, who, response] of [
    ['another hash', person, answer(mine, { hash: createHash('sha256').update('other').digest() })],
    ['another page', person, answer(mine, { origin: 'https://evil.example' })],
    ['another site', person, answer(mine, { site: 'evil.example' })],
    ['nobody verified', person, answer(mine, { flags: 0x01 })],
    ['a registration', person, answer(mine, { type: 'webauthn.create' })],
    ["somebody else's passkey", person, answer(theirs)],
    ['my id, their key', person, { ...answer(theirs), id: mine.id, rawId: mine.id }],
    ['my passkey, their name', other, answer(mine)],
    ['a passkey nobody has', person, answer(passkey())],
    ['no JSON', person, { ...answer(mine), response: { ...answer(mine).response, clientDataJSON: 'e30' } }],
  ] as const)
    assert.equal(await prove(who, response), undefined, why);

  const evidence = await prove(person, answer(mine));
  assert.ok(evidence);
  assert.equal(await prove(person, answer(mine)), undefined, 'a counter that did not go on');
  assert.ok(await prove(person, answer(mine, { counter: 2 })));

  assert.equal(await verifyEvidence(evidence, HASH), 1);
  assert.equal(await verifyEvidence(evidence, createHash('sha256').update('x').digest()), undefined);
  const flipped = Buffer.from(evidence.signature, 'base64url');
  flipped[12]! ^= 1;
  assert.equal(
    await verifyEvidence({ ...evidence, signature: flipped.toString('base64url') }, HASH),
    undefined,
  );
  const foreign = { ...evidence, publicKey: theirs.cose.toString('base64url') };
  assert.equal(await verifyEvidence(foreign, HASH), undefined);
});
