/**
 * An approval signed with the approver's passkey: the WebAuthn challenge is the demand's hash itself, so the signature is over
 * exactly that content and over nothing else, ever. What is kept lets a third party check it again without us.
 */
import { type AuthenticationResponseJSON, verifyAuthenticationResponse } from '@simplewebauthn/server';
import type { Id, TenantId } from '#core/id.ts';
import type { Transaction } from '#platform/db.ts';

/** The site that passkeys belong to. */
export type Site = { readonly id: string; readonly isOurs: (origin: string) => boolean };

/** All in base64url, as the browser gave it, with the public key that was registered. */
export type Evidence = {
  readonly credentialId: string;
  readonly publicKey: string;
  readonly authenticatorData: string;
  readonly clientDataJson: string;
  readonly signature: string;
  readonly site: string;
  readonly origin: string;
};

type Stored = { readonly id: string; readonly publicKey: Uint8Array; readonly counter: number };

/** Undefined for an assertion that proves nothing: another person's, another request's, another site's, without the user. */
export async function proveApproval(
  tx: Transaction,
  site: Site,
  given: {
    readonly tenant: TenantId;
    readonly person: Id<'person'>;
    readonly hash: Uint8Array;
    readonly response: AuthenticationResponseJSON;
  },
): Promise<Evidence | undefined> {
  const { tenant, person, hash, response } = given;
  const origin = originOf(response.response.clientDataJSON);
  if (origin === undefined || !site.isOurs(origin)) return undefined;
  // Locked, so that two uses of one counter cannot both pass.
  const [stored] = await tx.query<Stored>(
    `select id, public_key as "publicKey", counter from passkey
     where tenant_id = $1 and person_id = $2 and credential_id = $3 for update`,
    [tenant, person, response.id],
  );
  if (stored === undefined) return undefined;
  const evidence: Evidence = {
    credentialId: response.id,
    publicKey: Buffer.from(stored.publicKey).toString('base64url'),
    authenticatorData: response.response.authenticatorData,
    clientDataJson: response.response.clientDataJSON,
    signature: response.response.signature,
    site: site.id,
    origin,
  };
  const counter = await verifyEvidence(evidence, hash, stored.counter);
  if (counter === undefined) return undefined;
  await tx.query('update passkey set counter = $3, last_used_at = now() where tenant_id = $1 and id = $2', [
    tenant,
    stored.id,
    counter,
  ]);
  return evidence;
}

/** Checks kept evidence against a hash; needs nothing but the two. The signature's counter, or undefined. */
export async function verifyEvidence(
  e: Evidence,
  hash: Uint8Array,
  counter = 0,
): Promise<number | undefined> {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: e.credentialId,
        rawId: e.credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          authenticatorData: e.authenticatorData,
          clientDataJSON: e.clientDataJson,
          signature: e.signature,
        },
      },
      expectedChallenge: Buffer.from(hash).toString('base64url'),
      expectedOrigin: e.origin,
      expectedRPID: e.site,
      requireUserVerification: true,
      credential: {
        id: e.credentialId,
        publicKey: new Uint8Array(Buffer.from(e.publicKey, 'base64url')),
        counter,
      },
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined; // the library throws for whatever does not verify; to us that is an answer
  }
}

function originOf(encoded: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    const origin = (parsed as { origin?: unknown } | null)?.origin;
    return typeof origin === 'string' ? origin : undefined;
  } catch {
    return undefined; // not JSON: nothing a browser signed
  }
}
