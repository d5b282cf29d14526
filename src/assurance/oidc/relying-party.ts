/**
 * The relying party of OpenID Connect, on openid-client: everything it fetches is bounded in bytes and time and never comes
 * from a private network unless the operator says so. Metadata and keys are fetched anew for each sign-in, so that a key the
 * provider has rotated out is worth nothing the moment it is gone.
 */
import * as client from 'openid-client';
import { fromUtf8 } from '#core/bytes.ts';
import { InvariantError } from '#core/errors.ts';
import { err, ok, type Result } from '#core/result.ts';
import { askOutbound } from '#platform/outbound.ts';
import type { OpenProvider } from './providers.ts';

export type Reach = {
  /** Whether providers may stand in private networks: the operator's decision, never a tenant's. */
  readonly isPrivateAllowed: boolean;
  /** `http:` to this machine itself, for tests and trials. */
  readonly isClearAllowed: boolean;
  readonly caPem?: string | undefined;
};

const TIMEOUT_MS = 8_000;
const MAX_BYTES = 256 * 1024;

/** openid-client sends forms and nothing else. */
function bytesOf(body: client.FetchBody): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return fromUtf8(body);
  if (body instanceof URLSearchParams) return fromUtf8(body.toString());
  throw new InvariantError('a provider would be sent what is no form');
}

/** What openid-client calls instead of `fetch`. */
export function boundedFetch(reach: Reach): client.CustomFetch {
  return async (url, { body, headers, method, signal }) => {
    const reply = await askOutbound(
      {
        url: new URL(url),
        method,
        headers,
        body: bytesOf(body),
      },
      { ...reach, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, signal: signal ?? undefined },
    );
    if (!reply.ok) throw new Error(`${new URL(url).host}: ${reply.error}`);
    const { status } = reply.value;
    const hasBody = status !== 204 && status !== 304;
    return new Response(hasBody ? Buffer.from(reply.value.body) : null, {
      status,
      headers: reply.value.headers,
    });
  };
}

/** OpenID Discovery §4: the document must name the issuer that was asked. */
export async function configure(
  provider: OpenProvider,
  reach: Reach,
): Promise<Result<client.Configuration, string>> {
  const { issuer, clientId, secret, settings } = provider;
  const auth =
    secret === undefined
      ? client.None()
      : settings.clientAuth === 'basic'
        ? client.ClientSecretBasic(secret)
        : client.ClientSecretPost(secret);
  const isClear = reach.isClearAllowed && issuer.startsWith('http:');
  try {
    const config = await client.discovery(new URL(issuer), clientId, {}, auth, {
      [client.customFetch]: boundedFetch(reach),
      execute: [client.enableNonRepudiationChecks, ...(isClear ? [client.allowInsecureRequests] : [])],
      timeout: TIMEOUT_MS / 1000,
    });
    return ok(config);
  } catch (error) {
    return err(reasonOf(error)); // a provider that is away or not itself is an expected outcome
  }
}

/** For the record and the log; never for the browser. */
export function reasonOf(error: unknown): string {
  const words: string[] = [];
  for (let e: unknown = error; e instanceof Error && words.length < 4; e = e.cause) words.push(e.message);
  return words.join(': ').slice(0, 300);
}
