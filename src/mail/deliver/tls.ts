/** The TLS handshake with a mail host, and the judgement of its certificate by the plan. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  type SecureContext,
  type TLSSocket,
  checkServerIdentity,
  connect,
  createSecureContext,
} from 'node:tls';
import { isIP } from 'node:net';
import { errorChain } from '#core/errors.ts';
import { type Result, err, ok } from '#core/result.ts';
import { verifyDane } from '#protocol/dane/verify.ts';
import type { LocalProblem } from './classify.ts';
import type { TlsPlan } from './tls-policy.ts';
import type { SecurityResult, TlsUsed } from './types.ts';

export type TlsProblem = { readonly problem: LocalProblem; readonly detail: string };
export type Secured = {
  readonly socket: TLSSocket;
  readonly used: TlsUsed;
  readonly security: SecurityResult;
};

/** Building a context parses every root; one per set of anchors is enough. */
const contexts = new Map<string, SecureContext>();
const MAX_CONTEXTS = 200;

function contextFor(caPem: string | undefined): SecureContext {
  const key = caPem ?? '';
  let context = contexts.get(key);
  if (context === undefined) {
    // RFC 9325 §3.1.1: nothing below TLS 1.2.
    context = createSecureContext({ minVersion: 'TLSv1.2', ...(caPem === undefined ? {} : { ca: caPem }) });
    if (contexts.size >= MAX_CONTEXTS) contexts.clear();
    contexts.set(key, context);
  }
  return context;
}

/** Shakes hands over the socket and judges the certificate. On failure the socket is of no more use. */
export async function secure(
  socket: Socket,
  plan: TlsPlan,
  timeoutMs: number,
  nowMs: number,
): Promise<Result<Secured, TlsProblem>> {
  const shaken = await shakeHands(socket, plan, timeoutMs);
  if (!shaken.ok) return shaken;
  const judged = judge(shaken.value, plan, nowMs);
  if (!judged.ok) {
    shaken.value.destroy();
    return judged;
  }
  return ok({ socket: shaken.value, used: usedBy(shaken.value), security: judged.value });
}

function shakeHands(
  socket: Socket,
  plan: TlsPlan,
  timeoutMs: number,
): Promise<Result<TLSSocket, TlsProblem>> {
  return new Promise((resolve) => {
    const tls = connect({
      socket,
      secureContext: contextFor(plan.caPem),
      // Judged by the plan afterwards: most plans accept certificates that Node would refuse.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(isIP(plan.sni) === 0 ? { servername: plan.sni } : {}),
    });
    const timer = setTimeout(() => fail('the handshake took too long'), timeoutMs);
    const fail = (detail: string): void => {
      clearTimeout(timer);
      tls.destroy();
      resolve(err({ problem: 'tls-failed', detail }));
    };
    const onClose = (): void => fail('closed during the handshake');
    tls.once('secureConnect', () => {
      clearTimeout(timer);
      tls.off('close', onClose);
      resolve(ok(tls));
    });
    // Stays for the life of the socket: an error after the handshake must not be one without a listener.
    tls.on('error', (error) => fail(errorChain(error)));
    tls.once('close', onClose);
  });
}

function usedBy(socket: TLSSocket): TlsUsed {
  const key: unknown = socket.getEphemeralKeyInfo();
  const group = typeof key === 'object' && key !== null && 'name' in key ? String(key.name) : undefined;
  return { version: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name, group };
}

function judge(socket: TLSSocket, plan: TlsPlan, nowMs: number): Result<SecurityResult, TlsProblem> {
  const { policy, by, dane } = plan;
  const result = (
    authenticated: boolean,
    more: Partial<SecurityResult> = {},
  ): Result<SecurityResult, TlsProblem> =>
    ok({ policy, by, authenticated, dane, sts: stsWord(plan, socket), ...more });
  switch (policy) {
    case 'none':
    case 'opportunistic':
    case 'required':
      return result(false);
    case 'pinned': {
      const raw = socket.getPeerX509Certificate()?.raw;
      const seen = raw === undefined ? 'none' : createHash('sha256').update(raw).digest('hex');
      if (plan.fingerprints.includes(seen)) return result(true);
      return err({ problem: 'certificate', detail: `the certificate has the fingerprint ${seen}` });
    }
    case 'verified': {
      const wrong = verifyNames(socket, plan.names);
      return wrong === undefined ? result(true) : err({ problem: 'certificate', detail: wrong });
    }
    case 'dane': {
      const verdict = verifyDane({ records: plan.records, chain: chainOf(socket), names: plan.names, nowMs });
      if (!verdict.ok) return err({ problem: 'dane-mismatch', detail: verdict.reason });
      const { usage, selector, matching } = verdict.record;
      return result(true, { dane: `verified by ${usage} ${selector} ${matching}` });
    }
  }
  return err({ problem: 'certificate', detail: 'unknown policy' });
}

/** What an MTA-STS policy in testing mode would have said (RFC 8461 §5). */
function stsWord(plan: TlsPlan, socket: TLSSocket): string | undefined {
  if (!plan.stsTesting || plan.sts !== 'testing') return plan.sts;
  const wrong = verifyNames(socket, plan.names);
  return wrong === undefined ? 'testing: would pass' : `testing: would fail, ${wrong}`;
}

/** Why the certificate does not prove any of the names; undefined when it does. */
function verifyNames(socket: TLSSocket, names: readonly string[]): string | undefined {
  if (!socket.authorized) {
    const why: unknown = socket.authorizationError;
    return `the certificate is not trusted (${why instanceof Error ? why.message : String(why)})`;
  }
  const certificate = socket.getPeerCertificate();
  const named = names.some((name) => checkServerIdentity(name, certificate) === undefined);
  return named ? undefined : `the certificate does not name ${names.join(' or ')}`;
}

const MAX_CHAIN = 10;

function chainOf(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate = socket.getPeerX509Certificate();
  for (let i = 0; certificate !== undefined && i < MAX_CHAIN; i++) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
