/**
 * The relays that are compared, each set up as its own documentation would for this task: take mail for one domain from a
 * stranger, check the sender (all but the first), pass it to the next hop. All write to the same disk with fsync.
 */
import { writeFileSync } from 'node:fs';
import { OPENDKIM_NEEDS, startOpendkim } from '#test/peers/opendkim.ts';
import { OPENDMARC_NEEDS, startOpendmarc } from '#test/peers/opendmarc.ts';
import { POSTFIX_NEEDS, startPostfix, type PostfixOptions } from '#test/peers/postfix.ts';
import { RSPAMD_NEEDS, startRspamd } from '#test/peers/rspamd.ts';
import type { Unbound } from '#test/peers/unbound.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import type { Account } from './accounting.ts';
import { RECIPIENT_DOMAIN } from './mix.ts';

export type Surroundings = {
  readonly dns: Unbound;
  readonly sinkPort: number;
  readonly account: Account;
};
export type Relay = { readonly port: number; readonly [Symbol.asyncDispose]: () => Promise<void> };
export type RelayPeer = {
  readonly name: string;
  readonly title: string;
  readonly needs: readonly string[];
  /** Whether its mail must carry `dkim=pass` at the sink: a check that did not check would look fast. */
  readonly verifies: boolean;
  readonly start: (s: Surroundings) => Promise<Relay>;
};

const entered = (s: Surroundings): { cgroupProcs?: string } =>
  s.account.procsFile === undefined ? {} : { cgroupProcs: s.account.procsFile };

function postfix(
  s: Surroundings,
  more: Partial<PostfixOptions> & { readonly main?: Record<string, string> },
): Promise<Relay> {
  return startPostfix({
    hostname: 'relay.example',
    networks: ['127.0.0.1/32'],
    resolvConf: s.dns.resolvConf!, // `!`: the benchmark needs root, and root has port 53
    ...entered(s),
    ...more,
    main: {
      relay_domains: RECIPIENT_DOMAIN,
      transport_maps: `inline:{{${RECIPIENT_DOMAIN}=relay:[127.0.0.1]:${s.sinkPort}}}`,
      smtpd_relay_restrictions: 'reject_unauth_destination',
      message_size_limit: '52428800',
      ...more.main,
    },
  });
}

async function withChecks(s: Surroundings): Promise<Relay> {
  const temp = tempDir('policyd-spf');
  writeFileSync(temp.in('policyd-spf.conf'), ['debugLevel = 0', 'TestOnly = 1', 'HELO_reject = False', 'Mail_From_reject = False',
    'PermError_reject = False', 'TempError_Defer = False', 'skip_addresses = 192.0.2.1/32', ''].join('\n')); // prettier-ignore
  await using stack = new AsyncDisposableStack();
  stack.defer(() => temp[Symbol.dispose]());
  const dkim = stack.use(await startOpendkim({ nameserver: s.dns.host, ...entered(s) }));
  const dmarc = stack.use(
    await startOpendmarc({ resolvConf: s.dns.resolvConf!, authservId: 'relay.example', ...entered(s) }), // `!`: as above
  );
  const relay = stack.use(
    await postfix(s, {
      milterPorts: [dkim.port, dmarc.port],
      main: {
        smtpd_recipient_restrictions:
          'reject_unauth_destination, check_policy_service unix:private/policyd-spf',
        'policyd-spf_time_limit': '3600',
      },
      master: [
        `policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf ${temp.in('policyd-spf.conf')}`,
      ],
    }),
  );
  const owned = stack.move();
  return { port: relay.port, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function withRspamd(s: Surroundings, rules: 'sender' | 'default'): Promise<Relay> {
  await using stack = new AsyncDisposableStack();
  const rspamd = stack.use(await startRspamd({ dns: s.dns, rules, ...entered(s) }));
  const relay = stack.use(await postfix(s, { milterPorts: [rspamd.port], main: { milter_protocol: '6' } }));
  const owned = stack.move();
  return { port: relay.port, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

export const OTHER_RELAYS: readonly RelayPeer[] = [
  {
    name: 'postfix',
    title: 'plain Postfix, no checks',
    needs: POSTFIX_NEEDS,
    verifies: false,
    start: (s) => postfix(s, {}),
  },
  {
    name: 'opendkim',
    title: 'Postfix + OpenDKIM + OpenDMARC + SPF',
    needs: [...POSTFIX_NEEDS, ...OPENDKIM_NEEDS, ...OPENDMARC_NEEDS, '/usr/bin/policyd-spf'],
    verifies: true,
    start: withChecks,
  },
  {
    name: 'rspamd',
    title: 'Postfix + Rspamd (default rules, no network lists)',
    needs: [...POSTFIX_NEEDS, ...RSPAMD_NEEDS],
    verifies: true,
    start: (s) => withRspamd(s, 'default'),
  },
  {
    name: 'rspamd-sender',
    title: 'Postfix + Rspamd (sender checks only)',
    needs: [...POSTFIX_NEEDS, ...RSPAMD_NEEDS],
    verifies: true,
    start: (s) => withRspamd(s, 'sender'),
  },
];
