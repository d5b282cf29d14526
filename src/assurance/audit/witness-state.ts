/**
 * What a witness remembers, in a folder of its own: its keys, which logs it knows, and of each the last checkpoint it has
 * signed. It forgets nothing it has promised: the new checkpoint is on the disk before the signature leaves.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';
import { fromBase64, toBase64 } from '#protocol/tlog/base64.ts';
import { formatKey, type KeyKind, type NoteKey, parseKey } from '#protocol/tlog/keys.ts';
import {
  exportSigningKey,
  importSigningKey,
  newSigningKey,
  sha256,
  type SigningKey,
} from '#protocol/tlog/node-crypto.ts';
import { isKeyName } from '#protocol/tlog/note.ts';

export type Seen = { readonly size: number; readonly root: Uint8Array };
export type WitnessState = {
  readonly name: string;
  readonly keys: readonly SigningKey[];
  /** The keys of one log, or of all when no origin is asked for. */
  readonly logKeys: (origin?: string) => readonly NoteKey[];
  readonly lastSeen: (origin: string) => Seen | undefined;
  /** Durable when it returns. */
  readonly remember: (origin: string, seen: Seen, checkpoint: string) => void;
  readonly trust: (vkey: string) => Promise<string | undefined>;
  /** Keeps what proves that a log has two histories; the file's name. */
  readonly keepEvidence: (origin: string, what: Uint8Array, nowMs: number) => string;
};

const KINDS = ['cosignature', 'subtree'] as const satisfies readonly KeyKind[];
const KEYS_FILE = 'witness.json';

/** Makes the keys of a new witness. The folder must not have any yet: a witness with new keys is another witness. */
export async function createWitness(folder: string, name: string): Promise<readonly string[]> {
  if (!isKeyName(name)) throw new ConfigError([`"${name}" cannot name a witness: no spaces, no plus sign`]);
  if (existsSync(join(folder, KEYS_FILE))) throw new ConfigError([`${folder} holds a witness already`]);
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  const keys = await Promise.all(KINDS.map((kind) => newSigningKey(name, kind)));
  const privateKeys = Object.fromEntries(keys.map((k) => [k.kind, toBase64(exportSigningKey(k))]));
  writeDurably(folder, KEYS_FILE, JSON.stringify({ name, keys: privateKeys }));
  return keys.map(formatKey);
}

export async function openWitness(folder: string): Promise<WitnessState> {
  const { name, keys } = await readKeys(folder);
  const logs = join(folder, 'logs');
  let known = await readLogs(logs);
  const seen = new Map<string, Seen>();
  for (const file of readdirSync(logs).filter((f) => f.endsWith('.seen.json'))) {
    const { origin, ...rest } = readSeen(join(logs, file));
    seen.set(origin, rest);
  }
  return {
    name,
    keys,
    logKeys: (origin) => (origin === undefined ? known : known.filter((k) => k.name === origin)),
    lastSeen: (origin) => seen.get(origin),
    remember: (origin, now, checkpoint) => {
      const text = JSON.stringify({ origin, size: now.size, root: toBase64(now.root), checkpoint });
      writeDurably(logs, `${fileOf(origin)}.seen.json`, text);
      seen.set(origin, now);
    },
    trust: async (vkey) => {
      const key = await parseKey(sha256, vkey);
      if (!key.ok) return key.error;
      if (known.some((k) => formatKey(k) === vkey)) return undefined;
      writeDurably(logs, `${fileOf(key.value.name)}-${key.value.id.toString(16)}.vkey`, `${vkey}\n`);
      known = [...known, key.value];
      return undefined;
    },
    keepEvidence: (origin, what, nowMs) => {
      const evidence = join(folder, 'evidence');
      mkdirSync(evidence, { recursive: true, mode: 0o700 });
      const file = `${fileOf(origin)}-${nowMs}.txt`;
      writeDurably(evidence, file, what);
      return join(evidence, file);
    },
  };
}

async function readKeys(folder: string): Promise<{ name: string; keys: SigningKey[] }> {
  const path = join(folder, KEYS_FILE);
  if (!existsSync(path))
    throw new ConfigError([`${folder} holds no witness; make one with "gatehouse witness init"`]);
  const said: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const name: unknown = Reflect.get(Object(said), 'name');
  const sealed: unknown = Reflect.get(Object(said), 'keys');
  const keys: SigningKey[] = [];
  for (const kind of KINDS) {
    const text: unknown = Reflect.get(Object(sealed), kind);
    const pkcs8 = typeof text === 'string' ? fromBase64(text) : undefined;
    if (typeof name !== 'string' || pkcs8 === undefined)
      throw new ConfigError([`${path} is damaged: bring it back from its backup`]);
    keys.push(await importSigningKey(name, kind, pkcs8));
  }
  return { name: String(name), keys };
}

async function readLogs(logs: string): Promise<NoteKey[]> {
  const keys: NoteKey[] = [];
  for (const file of readdirSync(logs).filter((f) => f.endsWith('.vkey'))) {
    const key = await parseKey(sha256, readFileSync(join(logs, file), 'utf8').trimEnd());
    if (!key.ok) throw new ConfigError([`${join(logs, file)}: ${key.error}`]);
    keys.push(key.value);
  }
  return keys;
}

/** A memory that cannot be read stops the witness: starting over would sign a second history. */
function readSeen(path: string): Seen & { readonly origin: string } {
  const said: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const [origin, size, root] = ['origin', 'size', 'root'].map((n): unknown => Reflect.get(Object(said), n));
  const bytes = typeof root === 'string' ? fromBase64(root) : undefined;
  if (typeof origin !== 'string' || typeof size !== 'number' || bytes?.length !== 32)
    throw new ConfigError([`${path} is damaged: bring it back from its backup`]);
  return { origin, size, root: bytes };
}

const fileOf = (origin: string): string => createHash('sha256').update(origin).digest('hex').slice(0, 32);

/** Written beside, synced, renamed, and the folder synced: after a power cut it is the old file or the new one. */
function writeDurably(folder: string, name: string, content: string | Uint8Array): void {
  const beside = join(folder, `${name}.new`);
  const file = openSync(beside, 'w', 0o600);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, join(folder, name));
  const directory = openSync(folder, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
