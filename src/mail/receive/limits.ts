/**
 * How much one client network (/24 or /64) may do: connections at once, and connections, messages, recipients a minute;
 * errors and unknown recipients an hour, past which it is banned for a while. Memory is bounded: the network unseen for
 * longest is forgotten first.
 *
 * The mail processes of one machine count together (limit-pool.ts): what they let through in all is the setting, or up to a
 * tenth less while the connections of one network happen to meet one process alone. A ban is in force in all of them within
 * moments.
 */
import { networkContains, networkKey, parseIp, parseNetwork } from '#core/ip.ts';
import type { Clock } from '#core/time.ts';
import { BoundedMap } from './bounded-map.ts';
import type { ListenerConfig } from './config.ts';
import type { Ban, SharedPool } from './limit-pool.ts';
import { placeRule, type RateRule, rateRule, type Rule, SharedPlaces, SharedRate } from './shared-counts.ts';

export type LimitConfig = Pick<
  ListenerConfig,
  | 'maxConnections'
  | 'maxConnectionsPerNetwork'
  | 'connectionsPerMinute'
  | 'messagesPerMinute'
  | 'recipientsPerMinute'
  | 'errorsPerHour'
  | 'unknownRecipientsPerHour'
  | 'banMs'
  | 'limitExempt'
>;

export type Refusal = 'too-many-connections' | 'too-fast' | 'banned';

/** One client's view of the limits; `release` when its connection ends. */
export type ClientLimits = {
  readonly network: string;
  /** The operator named the network as one that limits, bans and delays do not apply to. */
  readonly isExempt: boolean;
  /** Whether one more message, or recipient, is within the rate. */
  readonly takeMessage: () => boolean | Promise<boolean>;
  readonly takeRecipient: () => boolean | Promise<boolean>;
  /** Both may lead to a ban. */
  readonly noteError: () => void;
  readonly noteUnknownRecipient: () => void;
  readonly isBanned: () => boolean;
  readonly release: () => void;
};

export type Limits = {
  readonly admit: (ip: string) => Promise<ClientLimits | Refusal>;
  /** Networks remembered now; for the memory test and a gauge. */
  readonly size: () => number;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MAX_NETWORKS = 50_000;

type Network = {
  /** Connections that count on it, those that are just being let in included. */
  users: number;
  bannedUntilMs: number;
  readonly open: SharedPlaces;
  readonly connections: SharedRate;
  readonly messages: SharedRate;
  readonly recipients: SharedRate;
  readonly errors: SharedRate;
  readonly unknown: SharedRate;
};

type Rules = {
  readonly all: Rule;
  readonly open: Rule;
  readonly rates: Readonly<
    Record<'connections' | 'messages' | 'recipients' | 'errors' | 'unknown', RateRule>
  >;
};

export type LimitOptions = {
  readonly config: LimitConfig & Pick<ListenerConfig, 'name'>;
  readonly clock: Clock;
  /** Where several processes serve the listener. */
  readonly pool?: SharedPool | undefined;
  readonly maxNetworks?: number;
};

function rulesOf({ config, clock, pool }: LimitOptions): Rules {
  const place = (what: string, size: number): Rule => placeRule(`${config.name} ${what}`, size, pool);
  const rate = (what: string, size: number, periodMs: number): RateRule =>
    rateRule(`${config.name} ${what}`, size, periodMs, clock, pool);
  return {
    all: place('all', config.maxConnections),
    open: place('open', config.maxConnectionsPerNetwork),
    rates: {
      connections: rate('connections', config.connectionsPerMinute, MINUTE_MS),
      messages: rate('messages', config.messagesPerMinute, MINUTE_MS),
      recipients: rate('recipients', config.recipientsPerMinute, MINUTE_MS),
      errors: rate('errors', config.errorsPerHour, HOUR_MS),
      unknown: rate('unknown', config.unknownRecipientsPerHour, HOUR_MS),
    },
  };
}

function newNetwork({ open, rates }: Rules, key: string): Network {
  return {
    users: 0,
    bannedUntilMs: 0,
    open: new SharedPlaces(open, key),
    connections: new SharedRate(rates.connections, key),
    messages: new SharedRate(rates.messages, key),
    recipients: new SharedRate(rates.recipients, key),
    errors: new SharedRate(rates.errors, key),
    unknown: new SharedRate(rates.unknown, key),
  };
}

export function createLimits(options: LimitOptions): Limits {
  const { config, clock, pool, maxNetworks = MAX_NETWORKS } = options;
  const rules = rulesOf(options);
  const idle = new BoundedMap<string, Network>(maxNetworks);
  // Networks in use are kept apart: forgetting one would lose its count. Bounded by maxConnections.
  const busy = new Map<string, Network>();
  const exempt = config.limitExempt.flatMap((text) => parseNetwork(text) ?? []);
  const all = new SharedPlaces(rules.all, '');

  const use = (key: string): Network => {
    const network = busy.get(key) ?? idle.get(key) ?? newNetwork(rules, key);
    if (network.users++ === 0) {
      idle.delete(key);
      busy.set(key, network);
    }
    return network;
  };
  const leave = (key: string, network: Network): void => {
    if (--network.users > 0) return;
    busy.delete(key);
    idle.set(key, network);
  };
  pool?.onBan(config.name, (ban) => {
    const network = use(ban.network);
    network.bannedUntilMs = Math.max(network.bannedUntilMs, ban.untilMs);
    leave(ban.network, network);
  });

  const banNow = (key: string, network: Network): void => {
    const ban: Ban = { listener: config.name, network: key, untilMs: clock() + config.banMs };
    const isNews = network.bannedUntilMs <= clock();
    network.bannedUntilMs = ban.untilMs;
    if (isNews) pool?.ban(ban);
  };
  const spend = (key: string, network: Network, rate: 'errors' | 'unknown'): void => {
    const within = network[rate].take();
    if (within === false) return banNow(key, network);
    if (within !== true) void within.then((is) => (is ? undefined : banNow(key, network)));
    return undefined;
  };

  const client = (key: string, n: Network | undefined): ClientLimits => {
    let released = false;
    return {
      network: key,
      isExempt: n === undefined,
      takeMessage: () => n?.messages.take() ?? true,
      takeRecipient: () => n?.recipients.take() ?? true,
      noteError: () => (n === undefined ? undefined : spend(key, n, 'errors')),
      noteUnknownRecipient: () => (n === undefined ? undefined : spend(key, n, 'unknown')),
      isBanned: () => (n?.bannedUntilMs ?? 0) > clock(),
      release: () => {
        if (released) return;
        released = true;
        all.giveBack();
        if (n === undefined) return;
        n.open.giveBack();
        leave(key, n);
      },
    };
  };

  const admitTo = async (n: Network): Promise<Refusal | undefined> => {
    if (n.bannedUntilMs > clock()) return 'banned';
    if (!(await n.open.take())) return 'too-many-connections';
    const isWithin = await n.connections.take();
    if (isWithin && n.bannedUntilMs <= clock()) return undefined;
    n.open.giveBack();
    return isWithin ? 'banned' : 'too-fast';
  };

  return {
    size: () => idle.size + busy.size,
    admit: async (text) => {
      if (!(await all.take())) return 'too-many-connections';
      const ip = parseIp(text);
      const key = ip === undefined ? 'unknown' : networkKey(ip, 24, 64);
      if (ip !== undefined && exempt.some((e) => networkContains(e, ip))) return client(key, undefined);
      const network = use(key);
      const refusal = await admitTo(network);
      if (refusal === undefined) return client(key, network);
      all.giveBack();
      leave(key, network);
      return refusal;
    },
  };
}
