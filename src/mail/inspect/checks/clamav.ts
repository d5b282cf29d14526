/**
 * Puts the whole message to ClamAV, and after it what ClamAV may not find there: the parts that only other mail programs would
 * show, and files written into text. An engine that is absent, away or slow is a finding of its own: `absent` where none is
 * configured, `unavailable` where a configured one did not answer. What then happens is the policy's to say.
 */
import { fromLatin1 } from '#core/bytes.ts';
import { assertNever } from '#core/result.ts';
import type { ClamdClient, ClamdResult } from '#platform/clamd.ts';
import type { SpooledMessage } from '../../spooled.ts';
import type { Check, CheckFinding } from '../check.ts';
import { type Content, contentsBeside } from '../other-readings.ts';

export const clamav: Check = {
  name: 'clamav',
  // The client's own time limit is meant to speak first, since it knows why.
  timeoutMs: 60_000,
  run: async ({ message }, { clamd }) => {
    if (clamd === undefined) return [finding('absent', 'neutral', {})];
    const result = await scanAll(clamd, message);
    if (result === 'unread') return [finding('unread', 'permerror', {})];
    switch (result.kind) {
      case 'clean':
        return [finding('clean', 'pass', {})];
      case 'found':
        return [{ ...finding('malware', 'fail', { signature: result.signature }), weight: 100 }];
      case 'too-large':
        return [finding('too-large', 'permerror', { bytes: message.size, maxBytes: result.maxBytes })];
      case 'unavailable':
        return [finding('unavailable', 'temperror', { reason: result.reason })];
      default:
        return assertNever(result);
    }
  },
};

async function scanAll(clamd: ClamdClient, message: SpooledMessage): Promise<ClamdResult | 'unread'> {
  const [whole, beside] = await Promise.all([
    clamd.scan(message.read(), message.size),
    contentsBeside(message),
  ]);
  if (whole.kind !== 'clean') return whole;
  if (beside.isCut) return 'unread';
  if (beside.files.length === 0) return whole;
  const bytes = beside.files.reduce((sum, f) => sum + f.bytes.length, 0);
  return await clamd.scan(enclosed(beside.files), Math.ceil(bytes * 1.4));
}

const BOUNDARY = '=_beside';
/** A multiple of what 76 characters of base64 stand for. */
const PIECE_BYTES = 57 * 512;

/** The parts as plain attachments of one message, which every scanner reads alike. */
async function* enclosed(files: readonly Content[]): AsyncGenerator<Uint8Array> {
  yield fromLatin1(`MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="${BOUNDARY}"\r\n\r\n`);
  for (const { part, bytes } of files) {
    const name = (part.names[0] ?? '').replaceAll(/[^\w.-]/g, '_').slice(-100);
    yield fromLatin1(
      `--${BOUNDARY}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n` +
        `Content-Disposition: attachment; filename="${name}"\r\n\r\n`,
    );
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const text = Buffer.from(bytes.subarray(at, at + PIECE_BYTES)).toString('base64');
      yield fromLatin1(`${text.replaceAll(/.{76}/g, '$&\r\n')}\r\n`);
    }
  }
  yield fromLatin1(`--${BOUNDARY}--\r\n`);
}

function finding(
  code: string,
  outcome: CheckFinding['outcome'],
  params: CheckFinding['params'],
): CheckFinding {
  return { code, outcome, class: 'malware', weight: 0, params, cites: [] };
}
