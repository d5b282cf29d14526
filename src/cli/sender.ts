/** `gatehouse sender`: who may send through us. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '#core/errors.ts';
import { certificateKind, loginKind, networkKind, pinKind } from '#mail/directory/kinds.ts';
import { hashPassword } from '#platform/password-hash.ts';
import type { CliContext } from './context.ts';
import { readText } from './hop-flags.ts';
import { commandOf, usage, type Arguments, type Flags, type Verb } from './subcommands.ts';
import { addFromArguments, listVerb, removeVerb, REPLACE } from './things.ts';

const MAY_USE: Flags = {
  'may-use': {
    type: 'string',
    multiple: true,
    value: 'ADDRESS|@DOMAIN',
    help: 'What may be sent as; may repeat. Left out: every domain of the tenant.',
  },
  ...REPLACE,
};
const PASSWORD: Flags = {
  'password-file': {
    type: 'string',
    value: 'FILE',
    help: 'File with the password; - for standard input. Not a flag of its own, since others see the arguments of commands.',
  },
};
const MIN_PASSWORD = 12;

export const sender = commandOf(
  'sender',
  'Who may send through us: logins, networks, certificates, cloud pins.',
  {
    'add-login': {
      summary: 'Allow a login with a password (SMTP AUTH).',
      positionals: ['LOGIN'],
      flags: { ...PASSWORD, ...MAY_USE },
      run: async (args, context) => {
        const password = passwordFrom(args);
        if (password === undefined) return usage(context, 'sender add-login', '--password-file is missing');
        if (password.length < MIN_PASSWORD)
          return usage(context, 'sender add-login', `the password has fewer than ${MIN_PASSWORD} characters`);
        const raw = {
          name: args.positionals[0],
          passwordHash: await hashPassword(password),
          mayUse: [...args.texts('may-use')],
        };
        return await addFromArguments('sender add-login', loginKind, raw, args, context);
      },
    },
    'add-network': {
      summary: 'Allow the addresses of our own servers.',
      positionals: ['NAME', 'NETWORK'],
      flags: MAY_USE,
      run: (args, context) => {
        const raw = {
          name: args.positionals[0],
          network: args.positionals[1],
          mayUse: [...args.texts('may-use')],
        };
        return addFromArguments('sender add-network', networkKind, raw, args, context);
      },
    },
    'add-certificate': {
      summary: 'Allow a client that shows a certificate.',
      positionals: ['NAME', '[SHA256]'],
      flags: {
        file: { type: 'string', value: 'FILE', help: 'The certificate in PEM form, instead of SHA256.' },
        ...MAY_USE,
      },
      run: async (args, context) => {
        const sha256 = fingerprintFrom(args, args.positionals[1]);
        if (sha256 === undefined)
          return usage(context, 'sender add-certificate', 'SHA256 or --file is missing');
        const raw = { name: args.positionals[0], sha256, mayUse: [...args.texts('may-use')] };
        return await addFromArguments('sender add-certificate', certificateKind, raw, args, context);
      },
    },
    'add-pin': {
      summary:
        'Count a relay in a shared cloud as ours, by a header field or certificate that only we have there.',
      positionals: ['NAME', 'NETWORK…'],
      flags: {
        header: {
          type: 'string',
          value: 'NAME: VALUE',
          help: 'Field that the message must carry, exactly so.',
        },
        certificate: { type: 'string', value: 'SHA256', help: 'Certificate that the client must show.' },
        file: { type: 'string', value: 'FILE', help: 'That certificate in PEM form.' },
        ...MAY_USE,
      },
      run: (args, context) => addPin(args, context),
    },
    logins: listVerb(loginKind, ['LOGIN', 'MAY USE'], (l) => [l.name, uses(l.mayUse)]),
    networks: listVerb(networkKind, ['NAME', 'NETWORK', 'MAY USE'], (n) => [
      n.name,
      n.network,
      uses(n.mayUse),
    ]),
    certificates: listVerb(certificateKind, ['NAME', 'SHA-256', 'MAY USE'], (c) => [
      c.name,
      c.sha256,
      uses(c.mayUse),
    ]),
    pins: listVerb(pinKind, ['NAME', 'NETWORKS', 'PIN', 'MAY USE'], (p) => [
      p.name,
      p.networks.join(' '),
      p.pin.kind === 'header' ? `header ${p.pin.name}` : `certificate ${p.pin.sha256}`,
      uses(p.mayUse),
    ]),
    'remove-login': removeVerb('sender remove-login', loginKind),
    'remove-network': removeVerb('sender remove-network', networkKind),
    'remove-certificate': removeVerb('sender remove-certificate', certificateKind),
    'remove-pin': removeVerb('sender remove-pin', pinKind),
    hash: {
      summary: 'Print the hash of a password, for a declaration.',
      positionals: [],
      flags: PASSWORD,
      run: async (args, context) => {
        const password = passwordFrom(args);
        if (password === undefined) return usage(context, 'sender hash', '--password-file is missing');
        context.stdout(`${await hashPassword(password)}\n`);
        return 0;
      },
    } satisfies Verb,
  },
);

async function addPin(args: Arguments, context: CliContext): Promise<number> {
  const header = args.text('header');
  const sha256 = fingerprintFrom(args, args.text('certificate'));
  if ((header === undefined) === (sha256 === undefined))
    return usage(
      context,
      'sender add-pin',
      'give either --header or --certificate: an address range alone is never enough',
    );
  const colon = header?.indexOf(':') ?? -1;
  if (header !== undefined && colon < 1)
    return usage(context, 'sender add-pin', '--header must be like "Name: value"');
  const pin =
    header === undefined
      ? { kind: 'certificate', sha256 }
      : { kind: 'header', name: header.slice(0, colon).trim(), value: header.slice(colon + 1).trim() };
  const raw = {
    name: args.positionals[0],
    networks: args.positionals.slice(1),
    pin,
    mayUse: [...args.texts('may-use')],
  };
  return await addFromArguments('sender add-pin', pinKind, raw, args, context);
}

const uses = (list: readonly string[]): string => (list.length === 0 ? 'every domain' : list.join(' '));

function passwordFrom(args: Arguments): string | undefined {
  const file = args.text('password-file');
  return file === undefined ? undefined : readText('--password-file', file).replace(/\r?\n$/, '');
}

function fingerprintFrom(args: Arguments, given: string | undefined): string | undefined {
  const file = args.text('file');
  if (file === undefined) return given;
  try {
    return createHash('sha256')
      .update(new X509Certificate(readFileSync(file)).raw)
      .digest('hex');
  } catch (error) {
    throw new ConfigError([`--file: ${file} is no certificate that can be read`], { cause: error });
  }
}

export const run = sender.run;
