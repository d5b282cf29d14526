/**
 * `gatehouse sign dkim|arc`: one message in, the same message with a signature on top out. Works on files alone: no
 * installation, no network. A file with LF line ends is signed and printed as mail has it, with CRLF.
 */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { concat, CR, LF, toLatin1 } from '#core/bytes.ts';
import { err, ok, type Result } from '#core/result.ts';
import { readChain } from '#protocol/arc/chain.ts';
import { type ChainResult, mergedAuthResults, sealArc } from '#protocol/arc/seal.ts';
import { verifyArc } from '#protocol/arc/verify.ts';
import {
  type BodyHashes,
  type BodyHashRequest,
  createBodyHasher,
  requestedBodyHashes,
} from '#protocol/dkim/body-hash.ts';
import { listToSign, signDkim, SIGNING_BODY_HASH } from '#protocol/dkim/sign.ts';
import { verifyDkim } from '#protocol/dkim/verify.ts';
import { type Header, parseHeader } from '#protocol/message/header.ts';
import type { CliContext } from './context.ts';
import { plain } from './subcommands.ts';
import { readSignOptions, SIGN_USAGE, type SignOptions } from './sign-options.ts';

type Output = Pick<CliContext, 'stderr'> & { readonly stdoutBytes: (bytes: Uint8Array) => void };

/** Exit code 0: signed · 1: this message cannot be signed so · 2: the arguments are wrong. */
export async function run(
  args: readonly string[],
  context: Pick<CliContext, 'stderr'> = { stderr: (text) => process.stderr.write(text) },
): Promise<number> {
  const written: Uint8Array[] = [];
  const code = await sign(args, { stderr: context.stderr, stdoutBytes: (bytes) => written.push(bytes) });
  // Waited for, since a pipe takes a big message in pieces and the process may end right after.
  for (const bytes of written)
    await new Promise<void>((resolve) => process.stdout.write(bytes, () => resolve()));
  return code;
}

/** The command with its output handed in, since a message is bytes and not text. */
export async function sign(args: readonly string[], output: Output): Promise<number> {
  const complain = (text: string, code: number): number => {
    output.stderr(`gatehouse sign: ${plain(text)}\n`);
    return code;
  };
  const options = readSignOptions(args, Date.now());
  if (!options.ok) return complain(options.error, 2);
  if (options.value === 'help') {
    output.stdoutBytes(Buffer.from(SIGN_USAGE));
    return 0;
  }
  const raw = await readMessage(options.value.source);
  if (!raw.ok) return complain(raw.error, 2);
  const message = withCrlf(raw.value);
  const fields = await makeFields(options.value, message, output);
  if (!fields.ok) return complain(fields.error, 1);
  const text = JSON.stringify({ fields: fields.value.map((f) => toLatin1(f).trimEnd()) });
  output.stdoutBytes(options.value.isJson ? Buffer.from(`${text}\n`) : concat([...fields.value, message]));
  return 0;
}

async function readMessage(source: string): Promise<Result<Uint8Array, string>> {
  try {
    return ok(source === '-' ? await buffer(process.stdin) : readFileSync(source));
  } catch (error) {
    return err(`${source}: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

/** CR before every LF that has none. */
function withCrlf(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let i = bytes.indexOf(LF); i !== -1; i = bytes.indexOf(LF, i + 1)) {
    if (i > 0 && bytes[i - 1] === CR) continue;
    parts.push(bytes.subarray(from, i), Uint8Array.of(CR));
    from = i;
  }
  return parts.length === 0 ? bytes : concat([...parts, bytes.subarray(from)]);
}

function hashBody(header: Header, also: readonly BodyHashRequest[]): BodyHashes {
  const hasher = createBodyHasher([...requestedBodyHashes(header), ...also]);
  hasher.update(header.bytes.subarray(header.bodyStart));
  return hasher.finish();
}

function makeFields(
  options: SignOptions,
  message: Uint8Array,
  output: Output,
): Promise<Result<Uint8Array[], string>> {
  const header = parseHeader(message);
  const odd = header.defects.find((d) => d.kind === 'not-a-field' || d.kind === 'first-line-folded');
  if (odd !== undefined)
    return Promise.resolve(
      err(`the line at byte ${odd.at} is no header field; a message begins with its header`),
    );
  return options.kind === 'dkim' ? dkimField(options, header, output) : arcFields(options, header);
}

async function dkimField(
  options: SignOptions,
  header: Header,
  output: Output,
): Promise<Result<Uint8Array[], string>> {
  const [headerCanonicalization, bodyCanonicalization] = options.canonicalization;
  const request = { algorithm: 'sha256', canonicalization: bodyCanonicalization, length: undefined } as const;
  const whole = hashBody(header, [request, { ...request, length: options.bodyLength }]);
  const canonicalLength =
    hashBody(header, [request]).get(`sha256/${bodyCanonicalization}/`)?.canonicalLength ?? 0;
  if (options.bodyLength !== undefined && options.bodyLength > canonicalLength)
    return err(`--length ${options.bodyLength} is more than the ${canonicalLength} bytes of the body`);
  const names = exactNames(options, header);
  if (names !== undefined && !names.some((n) => n.toLowerCase() === 'from'))
    return err('--headers must list From, else nobody accepts the signature');
  const field = signDkim({
    ...options.signing,
    header,
    bodyHashes: whole,
    nowMs: options.nowMs,
    headerCanonicalization,
    bodyCanonicalization,
    extraTags: options.extraTags,
    ...(names === undefined ? {} : { exactHeaders: names }),
    ...(options.oversign === undefined ? {} : { oversign: options.oversign }),
    ...(options.bodyLength === undefined ? {} : { bodyLength: options.bodyLength }),
    ...(options.expireAfterS === undefined ? {} : { expireAfterS: options.expireAfterS }),
    ...(options.identity === undefined ? {} : { identity: options.identity }),
  });
  if (options.resolver !== undefined) await warnOfKey(options, header, field, output);
  return ok([field]);
}

/** --headers as given; with --oversign, those names once more. */
function exactNames(options: SignOptions, header: Header): string[] | undefined {
  if (options.exactHeaders === undefined) return undefined;
  const extra = options.oversign ?? [];
  const listed = options.exactHeaders.map((n) => n.toLowerCase());
  const missing = listToSign(header, extra, extra).filter((name, i, all) => {
    const nth = all.slice(0, i + 1).filter((n) => n === name).length;
    return nth > listed.filter((n) => n === name).length;
  });
  return [...options.exactHeaders, ...missing];
}

/** With --zone the new signature is checked as a receiver would; a key that is not published is worth a word. */
async function warnOfKey(
  options: SignOptions,
  header: Header,
  field: Uint8Array,
  output: Output,
): Promise<void> {
  if (options.resolver === undefined) return;
  const signed = parseHeader(concat([field, header.bytes]));
  const bodyHashes = hashBody(signed, []);
  const [own] = await verifyDkim({
    header: signed,
    bodyHashes,
    resolver: options.resolver,
    nowMs: options.nowMs,
  });
  if (own?.result !== 'pass')
    output.stderr(
      `gatehouse sign: by the zone this signature is no pass: ${plain(own?.text ?? 'it is not there')}\n`,
    );
}

async function arcFields(options: SignOptions, header: Header): Promise<Result<Uint8Array[], string>> {
  const payload =
    options.authResults ?? mergedAuthResults(header, options.authservId) ?? `${options.authservId}; none`;
  const bodyHashes = hashBody(header, [SIGNING_BODY_HASH]);
  const chain = await chainResult(options, header, bodyHashes, payload);
  if (!chain.ok) return chain;
  const kind = readChain(header).kind;
  if ((chain.value === 'none') !== (kind === 'none'))
    return err(
      kind === 'none'
        ? `--cv ${chain.value}: the message has no ARC chain, so it can only be none`
        : '--cv none: the message has an ARC chain, so it can only be pass or fail',
    );
  if (kind === 'broken' && chain.value === 'pass')
    return err('--cv pass: the ARC sets of the message are not in order, so it can only be fail');
  const fields = sealArc({
    ...options.signing,
    header,
    bodyHashes,
    authResultsPayload: payload,
    chainResult: chain.value,
    nowMs: options.nowMs,
    ...(options.exactHeaders === undefined ? {} : { exactHeaders: options.exactHeaders }),
  });
  return ok(fields);
}

async function chainResult(
  options: SignOptions,
  header: Header,
  bodyHashes: BodyHashes,
  payload: string,
): Promise<Result<ChainResult, string>> {
  if (options.cv !== undefined) return ok(options.cv);
  if (readChain(header).kind === 'none') return ok('none');
  if (options.resolver !== undefined) {
    const { resolver, nowMs } = options;
    return ok((await verifyArc({ header, bodyHashes, resolver, nowMs })).result);
  }
  const said = /(?:^|[\s;])arc=(pass|fail)\b/i.exec(payload)?.[1]?.toLowerCase();
  if (said === 'pass' || said === 'fail') return ok(said);
  return err('the message has an ARC chain: say --cv pass or --cv fail, or give --zone to have it checked');
}
