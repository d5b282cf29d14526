/**
 * A witness that fetches: asks a Gatehouse for its newest checkpoint since the one it signed last, judges it as any witness
 * does, and brings the signature back. Made for a customer's own witness, which nobody outside needs to reach.
 */
import { fromUtf8 } from '#core/bytes.ts';
import { parseAddCheckpoint } from '#protocol/tlog/add-checkpoint.ts';
import { parseCheckpoint } from '#protocol/tlog/checkpoint.ts';
import { parseNote } from '#protocol/tlog/note.ts';
import type { Witness } from './witness.ts';
import type { WitnessState } from './witness-state.ts';

export type FollowOptions = {
  /** `https://gate.example/api/v1`. */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly origin: string;
  readonly signal: AbortSignal;
};
export type Followed =
  | { readonly kind: 'signed'; readonly size: number }
  | { readonly kind: 'unchanged'; readonly size: number }
  /** Not reachable, no log yet, no permission: nothing is said about the log. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** The log is not what it was. Somebody must look. */
  | { readonly kind: 'alarm'; readonly reason: string; readonly evidence: string | undefined };

const TIMEOUT_MS = 20_000;
const MAX_REPLY_BYTES = 1024 * 1024;

export async function followOnce(
  state: WitnessState,
  witness: Witness,
  options: FollowOptions,
): Promise<Followed> {
  const old = state.lastSeen(options.origin)?.size ?? 0;
  const offer = await ask(options, 'GET', `/audit/add-checkpoint?old=${old}`);
  if (offer.status === 409) return alarm(`the log is shorter than the ${old} entries that were signed`);
  const request = offer.reply['request'];
  if (offer.status !== 200 || typeof request !== 'string') return unreachable(offer);
  const bytes = fromUtf8(request);
  const offered = originOf(bytes);
  if (offered?.origin !== options.origin) return alarm('the log answers under another name than it had');
  if (offered.size < old) return alarm(`the log is shorter than the ${old} entries that were signed`);
  const answer = await witness.add(bytes);
  if (answer.status !== 200) return alarm(answer.body.trimEnd(), answer.evidence);
  // Also where nothing was added: "it was still the same just now" is worth a signature.
  const note = `${offered.note}${answer.body}`;
  const taken = await ask(options, 'POST', '/audit/cosignatures', { note });
  if (taken.status !== 200) return unreachable(taken);
  return { kind: offered.size === old ? 'unchanged' : 'signed', size: offered.size };
}

const alarm = (reason: string, evidence?: string): Followed => ({ kind: 'alarm', reason, evidence });

function unreachable({ status, reply }: Reply): Followed {
  const detail = typeof reply['detail'] === 'string' ? reply['detail'] : 'no readable answer';
  return { kind: 'unreachable', reason: status === 0 ? detail : `${status}: ${detail}` };
}

function originOf(
  request: Uint8Array,
): { readonly origin: string; readonly size: number; readonly note: string } | undefined {
  const parsed = parseAddCheckpoint(request);
  const note = parsed.ok ? parseNote(fromUtf8(parsed.value.checkpoint)) : undefined;
  const checkpoint = note?.ok === true ? parseCheckpoint(note.value.text) : undefined;
  if (!parsed.ok || checkpoint?.ok !== true) return undefined;
  return {
    origin: checkpoint.value.origin,
    size: checkpoint.value.size,
    note: parsed.value.checkpoint,
  };
}

type Reply = { readonly status: number; readonly reply: Readonly<Record<string, unknown>> };

async function ask(
  { url, apiKey, signal }: FollowOptions,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<Reply> {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        accept: 'application/json',
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await readBounded(response);
    const said: unknown = JSON.parse(text);
    const reply = typeof said === 'object' && said !== null ? said : {};
    return { status: response.status, reply: reply as Record<string, unknown> }; // an object; each field is looked at
  } catch (error) {
    const reason =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : '';
    return { status: 0, reply: { detail: reason } };
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES) throw new Error(`the answer is longer than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
