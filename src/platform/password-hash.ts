/**
 * Passwords as argon2id hashes in PHC form. Hashing runs in the thread pool and at most `MAX_AT_ONCE` at a time, so that a
 * flood of AUTH cannot take the memory or the threads that deliveries need; beyond `MAX_WAITING` the answer is "later".
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { TransientError } from '#core/errors.ts';

type Parameters = { readonly memoryKib: number; readonly passes: number; readonly lanes: number };
type Parsed = Parameters & { readonly salt: Uint8Array; readonly hash: Uint8Array };

/** OWASP's first choice for argon2id (RFC 9106 §4 recommends more memory than a mail gateway can give to each AUTH). */
const PRESENT: Parameters = { memoryKib: 19_456, passes: 2, lanes: 1 };
/** One core stays for everybody else: a hash holds its core for some 50 ms. */
export const MAX_AT_ONCE = Math.max(1, availableParallelism() - 1);
export const MAX_WAITING = 200;
const MAX_PASSWORD_BYTES = 1024;
const MAX_MEMORY_KIB = 1_048_576;

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, PRESENT, salt, 32);
  const { memoryKib: m, passes: t, lanes: p } = PRESENT;
  return `$argon2id$v=19$m=${m},t=${t},p=${p}$${base64(salt)}$${base64(hash)}`;
}

/** What an unknown login is verified against, so that it takes as long as a known one. */
const NOBODY = `$argon2id$v=19$m=${PRESENT.memoryKib},t=${PRESENT.passes},p=${PRESENT.lanes}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`;

/** Whether the password fits; `undefined` stands for a login that does not exist and costs the same. */
export async function verifyPassword(password: string, phc: string | undefined): Promise<boolean> {
  const stored = parsePhc(phc ?? NOBODY) ?? parsePhc(NOBODY)!; // `!`: NOBODY is made above in that form
  const hash = await derive(password, stored, stored.salt, stored.hash.length);
  const fits = timingSafeEqual(hash, stored.hash);
  return fits && phc !== undefined && parsePhc(phc) !== undefined;
}

/** Whether the hash was made with other parameters than those of today, so that it is made anew at the next sign-in. */
export function isOutdated(phc: string): boolean {
  const made = parsePhc(phc);
  return (
    made === undefined ||
    made.memoryKib !== PRESENT.memoryKib ||
    made.passes !== PRESENT.passes ||
    made.lanes !== PRESENT.lanes
  );
}

export function parsePhc(text: string): Parsed | undefined {
  const m = PHC.exec(text);
  if (m === null) return undefined;
  const [memoryKib, passes, lanes] = [Number(m[1]), Number(m[2]), Number(m[3])];
  if (memoryKib < 8 || memoryKib > MAX_MEMORY_KIB || passes < 1 || lanes < 1) return undefined;
  const salt = Buffer.from(m[4]!, 'base64'); // `!`: the groups are not optional
  const hash = Buffer.from(m[5]!, 'base64');
  if (salt.length < 8 || hash.length < 16 || hash.length > 64) return undefined;
  return { memoryKib, passes, lanes, salt, hash };
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(
  password: string,
  parameters: Parameters,
  salt: Uint8Array,
  length: number,
): Promise<Uint8Array> {
  // A password that long is an attack on our time; it is cut, not refused early, so that timing says nothing.
  const message = Buffer.from(password.normalize('NFC'), 'utf8').subarray(0, MAX_PASSWORD_BYTES);
  await enter();
  try {
    return await new Promise((resolve, reject) => {
      argon2(
        'argon2id',
        {
          message,
          nonce: salt,
          parallelism: parameters.lanes,
          memory: parameters.memoryKib,
          passes: parameters.passes,
          tagLength: length,
        },
        (error, hash) => (error === null ? resolve(hash) : reject(error)),
      );
    });
  } finally {
    leave();
  }
}

async function enter(): Promise<void> {
  if (running < MAX_AT_ONCE) {
    running++;
    return;
  }
  if (waiting.length >= MAX_WAITING)
    throw new TransientError('too many passwords are being verified at once');
  // Whoever leaves hands its place over, so `running` does not change.
  await new Promise<void>((resolve) => waiting.push(resolve));
}

function leave(): void {
  const next = waiting.shift();
  if (next === undefined) running--;
  else next();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
