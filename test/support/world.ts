/**
 * The world around a gateway in the end-to-end tests: DNS that a real unbound answers, a real Postfix as next hop for our
 * domain, and the gateway between. Everything is gone with the test, which ends with `gatehouse verify`.
 */
import { type Postfix, POSTFIX_NEEDS, type PostfixOptions, startPostfix } from '#test/peers/postfix.ts';
import { startUnbound, type Unbound, UNBOUND_NEEDS, type UnboundOptions } from '#test/peers/unbound.ts';
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts';
import { smtpClient } from './smtp-client.ts';
import { until } from './until.ts';

export const WORLD_NEEDS = [...POSTFIX_NEEDS, ...UNBOUND_NEEDS] as const;
export const OURS = 'here.example';
export const BOB = `bob@${OURS}`;
export const ALICE = 'alice@sender.example';

/** A sender whose server is this machine, and one who never sends from here; both ask to reject what fails. */
export const SENDERS: Pick<Required<UnboundOptions>, 'localZones' | 'localData'> = {
  localZones: ['sender.example', 'bank.example'],
  localData: [
    'sender.example 60 IN TXT "v=spf1 ip4:127.0.0.0/8 -all"',
    'sender.example 60 IN MX 10 mx.sender.example',
    'mx.sender.example 60 IN A 127.0.0.1',
    '_dmarc.sender.example 60 IN TXT "v=DMARC1; p=reject; psd=n"',
    'bank.example 60 IN TXT "v=spf1 -all"',
    'bank.example 60 IN MX 10 mx.bank.example',
    'mx.bank.example 60 IN A 127.0.0.1',
    '_dmarc.bank.example 60 IN TXT "v=DMARC1; p=reject; psd=n"',
  ],
};

export type World = {
  readonly dns: Unbound;
  readonly hop: Postfix;
  readonly gateway: Gateway;
  /** Holds the installation against its promises, then takes everything down. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export type WorldOptions = {
  readonly dns?: UnboundOptions;
  readonly hop?: PostfixOptions;
  readonly gateway?: GatewayOptions;
  /** Whether the gateway believes unbound's AD flag, without which there is no DANE. */
  readonly validating?: boolean;
  /** How the recipients of our domain are known. */
  readonly recipients?: 'list' | 'any' | 'callout';
};

export async function startWorld(o: WorldOptions = {}): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const dns = stack.use(await startUnbound({ ...SENDERS, ...o.dns }));
  const hop = stack.use(await startPostfix({ keeps: [OURS], hostname: 'hop.here.example', ...o.hop }));
  const gateway = stack.use(
    await startGateway({ dns: { servers: [dns.address], validating: o.validating ?? false }, ...o.gateway }),
  );
  await gateway.does(
    'domain',
    'add',
    OURS,
    '--next-hop',
    `127.0.0.1:${hop.port}`,
    '--recipients',
    o.recipients ?? 'list',
  );
  if ((o.recipients ?? 'list') === 'list') await gateway.does('address', 'add', BOB, `carol@${OURS}`);
  await until('the gateway to know its recipient', () => isKnown(gateway.ports.mx, BOB));
  const owned = stack.move();
  return {
    dns,
    hop,
    gateway,
    [Symbol.asyncDispose]: async () => {
      try {
        await gateway.verify();
      } finally {
        await owned.disposeAsync();
      }
    },
  };
}

/** Running processes hear of a change in the directory within moments, not at once. */
export async function isKnown(port: number, address: string): Promise<boolean> {
  using client = await smtpClient(port);
  await client.command('EHLO client.example');
  await client.command(`MAIL FROM:<${ALICE}>`);
  return (await client.command(`RCPT TO:<${address}>`)).code === 250;
}

/** A whole letter with CRLF line ends. */
export function letter(o: {
  readonly from?: string;
  readonly to?: string;
  readonly subject: string;
  readonly fields?: readonly string[];
  readonly body?: string;
}): string {
  return [
    ...(o.fields ?? []),
    `From: ${o.from ?? `Alice <${ALICE}>`}`,
    `To: ${o.to ?? `<${BOB}>`}`,
    'Date: Sat, 21 Nov 2026 12:00:00 +0000',
    `Message-ID: <${o.subject.replaceAll(/\W/g, '-')}@sender.example>`,
    `Subject: ${o.subject}`,
    '',
    o.body ?? 'Good morning.',
    '',
  ].join('\r\n');
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;

/** The id in a reply or transcript of the gateway. */
export function idIn(text: string): string {
  const id = UUID.exec(text)?.[0];
  if (id === undefined) throw new Error(`there is no message id in: ${text}`);
  return id;
}
