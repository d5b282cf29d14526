/**
 * The mail of the relay benchmark: the same messages for every peer, made from a seed. Sizes follow a log-normal curve with a
 * median of 8 KB and a tail to 2 MB (mean near 50 KB), as text, HTML and attachments; every message is DKIM-signed by one
 * of 50 domains. Making the keys and signing costs some seconds, so the result is kept in a cache folder.
 */
import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat, fromLatin1 } from '#core/bytes.ts';
import { mailDate } from '#core/time.ts';
import { createBodyHasher } from '#protocol/dkim/body-hash.ts';
import { dkimKeyRecord, generateDkimKey } from '#protocol/dkim/keys.ts';
import { SIGNING_BODY_HASH, signDkim, type SigningKey } from '#protocol/dkim/sign.ts';
import { parseHeader } from '#protocol/message/header.ts';

export const RECIPIENT_DOMAIN = 'inside.example';
/** The address the load comes from: not loopback's usual one, which several peers exempt from every check. */
export const SOURCE_ADDRESS = '198.51.100.9';
const VERSION = 5;
const DOMAINS = 50;
const SEED = 0x9a7e;
const MAX_BYTES = 2_000_000;

export type MixEntry = {
  /** Where the message, dot-stuffed and with its final dot, stands in the data file. */
  readonly at: number;
  readonly bytes: number;
  readonly from: string;
  readonly to: string;
};
export type Mix = {
  readonly entries: readonly MixEntry[];
  readonly dataFile: string;
  /** Owner name → text: SPF, DKIM and DMARC of the senders. */
  readonly txt: Readonly<Record<string, string>>;
};

type Random = () => number;

/** mulberry32: small, seeded, the same on every machine. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function logNormalSize(random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(900, Math.min(MAX_BYTES, Math.round(8_000 * Math.exp(1.95 * normal))));
}

const WORDS = 'the gate stands open for letters that carry their name and closed for those that borrow another one until somebody asks why and reads the answer in plain words'.split(' '); // prettier-ignore

function prose(random: Random, bytes: number): string {
  let text = '';
  let line = '';
  while (text.length < bytes) {
    line += `${WORDS[Math.floor(random() * WORDS.length)]} `;
    if (line.length < 66) continue;
    text += `${line.trimEnd()}\r\n`;
    line = '';
  }
  return text;
}

function pdfLines(random: Random, bytes: number): string {
  const raw = Buffer.alloc(Math.ceil((bytes * 3) / 4.1));
  for (let i = 0; i + 4 <= raw.length; i += 4) raw.writeUInt32LE(Math.floor(random() * 2 ** 32), i);
  raw.write('%PDF-1.4\n', 0, 'latin1');
  raw.write('\n%%EOF\n', raw.length - 7, 'latin1');
  return `${(raw.toString('base64').match(/.{1,76}/g) ?? []).join('\r\n')}\r\n`;
}

/** Small mail is text, middling mail is text and HTML, large mail carries an attachment. */
function bodyOf(random: Random, bytes: number): { type: string; body: string } {
  if (bytes < 3_000) return { type: 'text/plain; charset=utf-8', body: prose(random, bytes) };
  const boundary = `=_${Math.floor(random() * 2 ** 32).toString(36)}`;
  const part = (type: string, text: string): string =>
    `--${boundary}\r\nContent-Type: ${type}\r\n${text}\r\n`;
  const text = part('text/plain; charset=utf-8', `\r\n${prose(random, Math.min(bytes / 3, 4_000))}`);
  const html = part(
    'text/html; charset=utf-8',
    `\r\n<html><body><p>${prose(random, Math.min(bytes / 2, 12_000))}</p></body></html>`,
  );
  const rest = bytes - text.length - html.length;
  const file =
    rest < 2_000
      ? ''
      : part(
          'application/pdf; name="report.pdf"',
          `Content-Transfer-Encoding: base64\r\n\r\n${pdfLines(random, rest)}`,
        );
  return {
    type: `multipart/mixed; boundary="${boundary}"`,
    body: `${text}${html}${file}--${boundary}--\r\n`,
  };
}

function messageOf(random: Random, index: number, domain: string, key: SigningKey): Uint8Array {
  const { type, body } = bodyOf(random, logNormalSize(random));
  const fields = [`From: "Sender ${index}" <person${index % 7}@${domain}>`, `To: <user${index % 100}@${RECIPIENT_DOMAIN}>`,
    `Subject: ${prose(random, 30).slice(0, 40).trim()}`, `Date: ${mailDate(Date.UTC(2026, 10, 21, 12, 0, index % 60))}`,
    `Message-ID: <${index}.${Math.floor(random() * 2 ** 32).toString(36)}@${domain}>`, 'MIME-Version: 1.0', `Content-Type: ${type}`]; // prettier-ignore
  const head = fromLatin1(`${fields.join('\r\n')}\r\n\r\n`);
  const bytes = fromLatin1(body);
  const hasher = createBodyHasher([SIGNING_BODY_HASH]);
  hasher.update(bytes);
  const header = parseHeader(head);
  const signature = signDkim({ ...key, header, bodyHashes: hasher.finish(), nowMs: Date.UTC(2026, 10, 21) });
  return concat([fromLatin1(`X-Bench: ${index}\r\n`), signature, head, bytes]);
}

const dotStuffed = (message: Uint8Array): Uint8Array =>
  fromLatin1(
    `${Buffer.from(message)
      .toString('latin1')
      .replace(/\r\n\./g, '\r\n..')}.\r\n`,
  );

export async function openMix(folder: string, count: number): Promise<Mix> {
  const dataFile = join(folder, `mix-v${VERSION}-${count}.data`);
  const indexFile = join(folder, `mix-v${VERSION}-${count}.json`);
  if (!existsSync(indexFile)) await makeMix(folder, count, dataFile, indexFile);
  const index = JSON.parse(readFileSync(indexFile, 'utf8')) as Omit<Mix, 'dataFile'>;
  return { ...index, dataFile };
}

async function makeMix(folder: string, count: number, dataFile: string, indexFile: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const random = seeded(SEED);
  const txt: Record<string, string> = {};
  const keys: SigningKey[] = [];
  for (let i = 0; i < DOMAINS; i++) {
    const domain = `sender${i}.example`;
    const pair = await generateDkimKey('rsa2048');
    const key = createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    keys.push({ domain, selector: 'b1', key, algorithm: 'rsa-sha256' });
    txt[domain] = 'v=spf1 ip4:198.51.100.0/24 -all';
    txt[`b1._domainkey.${domain}`] = dkimKeyRecord(pair.publicKey);
    txt[`_dmarc.${domain}`] = 'v=DMARC1; p=reject';
  }
  const entries: MixEntry[] = [];
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const key = keys[i % DOMAINS]!; // `!`: the index is below the length
    const data = dotStuffed(messageOf(random, i, key.domain, key));
    entries.push({
      at,
      bytes: data.length,
      from: `person${i % 7}@${key.domain}`,
      to: `user${i % 100}@${RECIPIENT_DOMAIN}`,
    });
    chunks.push(data);
    at += data.length;
  }
  writeFileSync(dataFile, concat(chunks));
  writeFileSync(`${indexFile}.new`, JSON.stringify({ entries, txt }));
  renameSync(`${indexFile}.new`, indexFile); // the index last: a mix that was cut off half-way is made again
}

/** Master-file lines for a resolver, long texts split into strings of at most 255. */
export function zoneLines(txt: Mix['txt']): readonly string[] {
  return Object.entries(txt).map(([name, text]) => {
    const strings = text.match(/.{1,250}/g) ?? [''];
    return `${name} 3600 IN TXT ${strings.map((s) => `"${s}"`).join(' ')}`;
  });
}

export function sizesOf(mix: Mix): {
  readonly medianBytes: number;
  readonly meanBytes: number;
  readonly maxBytes: number;
} {
  const sizes = mix.entries.map((e) => e.bytes).toSorted((a, b) => a - b);
  const total = sizes.reduce((sum, n) => sum + n, 0);
  return {
    medianBytes: sizes[sizes.length >> 1] ?? 0,
    meanBytes: Math.round(total / Math.max(1, sizes.length)),
    maxBytes: sizes.at(-1) ?? 0,
  };
}
