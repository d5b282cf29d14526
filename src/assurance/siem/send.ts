/**
 * Sending one batch, in order, and knowing that it was taken.
 *
 * OCSF: a POST whose 2xx says so. Syslog has no such word, and bytes that the kernel took are not yet the receiver's. What
 * there is: a receiver closes its side after it has read ours to the end. So a connection carries one batch; we close, and
 * only when the receiver has closed after us was the batch taken. A connection that ends in any other way was not. Receivers
 * look at our certificate after the handshake is done for us and then just close, so we wait a moment before we do.
 */
import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { concat, fromUtf8 } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import { askOutbound } from '#platform/outbound.ts';
import { ocsfEvent } from './ocsf.ts';
import type { SiemRecord } from './record.ts';
import type { SinkSettings } from './sinks.ts';
import { syslogFrame } from './syslog.ts';

export type SendOptions = {
  /** The gateway's name, which the records carry. */
  readonly hostname: string;
  readonly version: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};
type Sent = Result<undefined, string>;

/** Whether a batch that was taken can still be lost with the receiver's memory: then the cursor goes back when it breaks off. */
export const CAN_BE_LOST = { syslog: true, ocsf: false } as const satisfies Record<
  SinkSettings['kind'],
  boolean
>;

export async function sendBatch(
  settings: SinkSettings,
  secret: string | undefined,
  records: readonly SiemRecord[],
  options: SendOptions,
): Promise<Sent> {
  return settings.kind === 'syslog'
    ? await sendSyslog(
        settings,
        secret,
        concat(records.map((r) => syslogFrame(r, options.hostname))),
        options,
      )
    : await postOcsf(settings, secret ?? '', records, options);
}

/** At least this long, and twice the handshake, a receiver has for closing because of our certificate. */
const MIN_GRACE_MS = 200;

function sendSyslog(
  settings: Extract<SinkSettings, { kind: 'syslog' }>,
  key: string | undefined,
  bytes: Uint8Array,
  { timeoutMs, signal }: SendOptions,
): Promise<Sent> {
  return new Promise((resolve) => {
    const name = settings.serverName ?? settings.host;
    let hasEnded = false;
    const socket: TLSSocket = connect({
      host: settings.host,
      port: settings.port,
      // RFC 5425 §5.2: whose certificate it must be; an address is compared as such.
      ...(isIP(name) === 0 ? { servername: name } : { host: settings.host }),
      ...(settings.caPem === undefined ? {} : { ca: settings.caPem }),
      ...(settings.certPem === undefined ? {} : { cert: settings.certPem, key }),
      // RFC 5425 §4.2 asks for TLS 1.2, RFC 9662 for its successors.
      minVersion: 'TLSv1.2',
    });
    const give = (): void => finish(err('stopped'));
    const timer = setTimeout(() => finish(err(`not taken within ${timeoutMs} ms`)), timeoutMs);
    const finish = (outcome: Sent): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', give);
      socket.destroy();
      resolve(outcome);
    };
    signal.addEventListener('abort', give, { once: true });
    if (signal.aborted) give();
    const startedMs = performance.now();
    socket.on('secureConnect', () => {
      const graceMs = Math.max(MIN_GRACE_MS, 2 * (performance.now() - startedMs));
      socket.write(bytes, () => {
        setTimeout(() => {
          hasEnded = true;
          socket.end();
        }, graceMs);
      });
    });
    // Whatever a receiver says is read, so that its end is seen.
    socket.resume();
    socket.on('error', (error) => finish(err(error.message)));
    socket.on('end', () =>
      finish(hasEnded ? ok(undefined) : err('the receiver closed before it had everything')),
    );
    socket.on('close', () => finish(err('the connection broke off')));
  });
}

const MAX_REPLY_BYTES = 64 * 1024;

async function postOcsf(
  settings: Extract<SinkSettings, { kind: 'ocsf' }>,
  secret: string,
  records: readonly SiemRecord[],
  { hostname, version, timeoutMs, signal }: SendOptions,
): Promise<Sent> {
  const body = fromUtf8(JSON.stringify(records.map((r) => ocsfEvent(r, hostname, version))));
  const asked = await askOutbound(
    {
      url: new URL(settings.url),
      method: 'POST',
      headers: { 'content-type': 'application/json', ...credentials(settings.auth, secret, body) },
      body,
    },
    // NOTE: a SIEM stands in the organisation's own network as a rule, so private addresses are allowed; that its
    // certificate must be good for the name, and that nothing of the reply is shown, keeps this from being a probe.
    { timeoutMs, maxBytes: MAX_REPLY_BYTES, isPrivateAllowed: true, caPem: settings.caPem, signal },
  );
  if (!asked.ok) return asked;
  const { status } = asked.value;
  return status >= 200 && status < 300 ? ok(undefined) : err(`the receiver answered ${status}`);
}

/** The signature is over time and body, so that a batch cannot be replayed later as a new one. */
function credentials(auth: 'bearer' | 'hmac', secret: string, body: Uint8Array): Record<string, string> {
  if (auth === 'bearer') return { authorization: `Bearer ${secret}` };
  const at = Math.floor(Date.now() / 1000);
  const mac = createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex');
  return { 'gatehouse-signature': `t=${at},v1=${mac}` };
}
