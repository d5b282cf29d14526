/**
 * `gatehouse audit`: the signed log of a tenant, out of the installation and checked without it. Only `export` needs a
 * database; `verify` and `prove` work on the folder it wrote, on any machine, and never touch a network.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { exportLog } from '#assurance/audit/export.ts';
import { proveFromExport, type Verified, verifyExport } from '#assurance/audit/verify-export.ts';
import { readHead } from '#assurance/audit/log.ts';
import { addWitness, listWitnesses, removeWitness } from '#assurance/audit/witnesses.ts';
import { ConfigError } from '#core/errors.ts';
import { err, ok } from '#core/result.ts';
import { toUtf8 } from '#core/bytes.ts';
import { parseCount } from '#protocol/tlog/base64.ts';
import { sha256, verifySignature } from '#protocol/tlog/node-crypto.ts';
import { parsePolicy } from '#protocol/tlog/policy.ts';
import { checkProof } from '#protocol/tlog/tlog-proof.ts';
import type { CliContext } from './context.ts';
import { type Arguments, commandOf, plain, print, table, usage, withAct, withTenant } from './subcommands.ts';

const MAX_FILE_BYTES = 1024 * 1024;

/** A file that was named; what is wrong with it is said in one sentence. */
function fileAt(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size <= MAX_FILE_BYTES) return readFileSync(path);
    throw new ConfigError([`${path} is larger than ${MAX_FILE_BYTES} bytes`]);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new ConfigError([`${path} cannot be read (${code})`]);
  }
}

function refuse(context: CliContext, verb: string, args: Arguments, reason: string): number {
  if (args.is('json')) context.stdout(`${JSON.stringify({ ok: false, problems: [reason] }, null, 2)}\n`);
  else context.stderr(`gatehouse audit ${verb}: ${plain(reason)}\n`);
  return 1;
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

export const audit = commandOf('audit', 'The signed log of everything that was done.', {
  export: {
    summary: 'Write the log as a folder that can be checked anywhere.',
    positionals: ['FOLDER'],
    flags: {},
    notes:
      'The folder must be new or empty. It holds tiles, entries, checkpoint and keys in the C2SP formats.',
    run: async (args, context) => {
      const [folder = ''] = args.positionals;
      const done = await withTenant(args, context, (db, tenant) => exportLog(db, tenant, folder, Date.now()));
      if (!done.ok) return refuse(context, 'export', args, done.error);
      const { size, origin, minimumIndex } = done.value;
      const left = minimumIndex === 0 ? '' : `, those before ${minimumIndex} were let go`;
      print(context, args, done.value, `${size} entries of ${origin} are in ${folder}${left}\n`);
      return 0;
    },
  },
  verify: {
    summary: 'Check an export, or one proof, offline.',
    positionals: ['FOLDER|PROOF'],
    flags: {
      policy: { type: 'string', value: 'FILE', help: 'The keys you trust (C2SP tlog-policy), from before.' },
      earlier: {
        type: 'string',
        value: 'FILE',
        help: 'A checkpoint you kept: the log must be that one, grown.',
      },
      entry: { type: 'string', value: 'FILE', help: 'The entry that PROOF is about.' },
    },
    notes:
      'Without --policy the keys are those of the export, which shows that it is in one piece, not whose it is.\nExit code 0: everything holds. 1: something does not. 2: bad usage.',
    run: async (args, context) => {
      const [path = ''] = args.positionals;
      return isFolder(path)
        ? await verifyFolder(path, args, context)
        : await verifyProof(path, args, context);
    },
  },
  prove: {
    summary: 'Make the proof of one entry of an export.',
    positionals: ['FOLDER', 'INDEX'],
    flags: {
      out: { type: 'string', value: 'NAME', help: 'Write NAME.tlog-proof and NAME.json (the entry).' },
    },
    run: async (args, context) => {
      const [folder = '', number = ''] = args.positionals;
      const index = parseCount(number);
      if (index === undefined) return usage(context, 'audit prove', `"${number}" is no number of an entry`);
      const made = await proveFromExport(folder, index);
      if (!made.ok) return refuse(context, 'prove', args, made.error);
      const { entry, proof } = made.value;
      const out = args.text('out');
      if (out !== undefined) {
        writeFileSync(`${out}.tlog-proof`, proof);
        writeFileSync(`${out}.json`, entry);
      }
      const text = out === undefined ? proof : `${out}.tlog-proof proves ${out}.json\n`;
      print(context, args, { index, entry: toUtf8(entry), proof }, text);
      return 0;
    },
  },
  witnesses: {
    summary: 'Who signs with us, and up to where.',
    positionals: [],
    flags: {},
    run: async (args, context) => {
      const [rows, head] = await withTenant(args, context, async (db, tenant) => [
        await listWitnesses(db, tenant),
        await readHead(db, tenant),
      ]);
      const cells = rows.map((w) => [
        w.name,
        w.size === null ? '-' : `${w.size} of ${head?.size ?? 0}`,
        w.signedAtMs === null ? '-' : new Date(w.signedAtMs).toISOString(),
      ]);
      const text =
        rows.length === 0 ? 'no witness was added\n' : table(['WITNESS', 'SIGNED UP TO', 'AT'], cells);
      print(context, args, rows, text);
      return 0;
    },
  },
  'add-witness': {
    summary: 'Count on a witness, by the keys that "gatehouse witness init" printed.',
    positionals: ['NAME', 'KEY…'],
    flags: {},
    run: async (args, context) => {
      const [name = '', ...vkeys] = args.positionals;
      const done = await withAct(args, context, (act) => addWitness(act, name, vkeys));
      if (!done.ok) return refuse(context, 'add-witness', args, done.error);
      print(context, args, { name, vkeys }, `${name} is a witness of this log now\n`);
      return 0;
    },
  },
  'remove-witness': {
    summary: 'Stop counting on a witness.',
    positionals: ['NAME'],
    flags: {},
    run: async (args, context) => {
      const [name = ''] = args.positionals;
      const done = await withAct(args, context, async (act) =>
        (await removeWitness(act, name)) ? ok(undefined) : err(`there is no witness "${name}"`),
      );
      if (!done.ok) return refuse(context, 'remove-witness', args, done.error);
      print(context, args, { name }, `${name} is no witness of this log any more\n`);
      return 0;
    },
  },
});
export const run = audit.run;

async function verifyFolder(folder: string, args: Arguments, context: CliContext): Promise<number> {
  const policy = args.text('policy');
  const earlier = args.text('earlier');
  const done = await verifyExport({
    folder,
    policy: policy === undefined ? undefined : toUtf8(fileAt(policy)),
    earlier: earlier === undefined ? undefined : fileAt(earlier),
  });
  if (!done.ok) return refuse(context, 'verify', args, done.error);
  const isGood = done.value.problems.length === 0;
  print(context, args, { ok: isGood, ...done.value }, report(done.value));
  return isGood ? 0 : 1;
}

function report(v: Verified): string {
  const lines = [
    `${v.origin}: ${v.entries} of ${v.size} entries read${v.minimumIndex === 0 ? '' : `; those before ${v.minimumIndex} were let go and are covered by their hashes only`}`,
    `signed by ${v.signedBy.join(', ')}`,
    v.witnessedSize === undefined
      ? 'no witness was asked for'
      : `witnessed up to entry ${v.witnessedSize - 1}`,
    ...(v.keysFrom === 'policy' ? [] : ['the keys are the export’s own; name those you trust with --policy']),
    ...v.problems.map((p) => `WRONG: ${plain(p)}`),
    v.problems.length === 0 ? 'every entry is where the signed tree says' : `${v.problems.length} problems`,
  ];
  return `${lines.join('\n')}\n`;
}

async function verifyProof(path: string, args: Arguments, context: CliContext): Promise<number> {
  const [policyFile, entryFile] = [args.text('policy'), args.text('entry')];
  const proof = toUtf8(fileAt(path));
  if (policyFile === undefined || entryFile === undefined)
    return usage(context, 'audit verify', 'a proof is checked with --entry and --policy');
  const policy = await parsePolicy(sha256, toUtf8(fileAt(policyFile)));
  if (!policy.ok) return refuse(context, 'verify', args, `the policy: ${policy.error}`);
  const check = { hash: sha256, verify: verifySignature, policy: policy.value };
  const done = await checkProof(proof, fileAt(entryFile), check);
  if (!done.ok) return refuse(context, 'verify', args, done.error);
  const { checkpoint, signers, index } = done.value;
  const signedBy = signers.map((s) => s.key.name);
  const said = { ok: true, origin: checkpoint.origin, index, size: checkpoint.size, signedBy, problems: [] };
  print(
    context,
    args,
    said,
    `entry ${index} of ${checkpoint.origin} (${checkpoint.size} entries), signed by ${signedBy.join(', ')}\n`,
  );
  return 0;
}
