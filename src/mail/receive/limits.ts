/**
 * How much one client network (/24 or /64) may do: connections at once, and connections, messages, recipients a minute;
 * errors and unknown recipients an hour, past which it is banned for a while. Rates are token buckets: a burst of one
 * minute's worth is fine, a steady excess is not. Memory is bounded: the network unseen for longest is forgotten first.
 *
 * The counts are of one process. With several edge processes each counts on its own, so the real limit is up to as many
 * times higher as there are processes.
 */
import { networkContains, networkKey, parseIp, parseNetwork } from '#core/ip.ts';
import type { Clock } from '#core/time.ts';
import { BoundedMap } from './bounded-map.ts';
import type { ListenerConfig } from './config.ts';

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
  readonly takeMessage: () => boolean;
  readonly takeRecipient: () => boolean;
  /** Both may lead to a ban. */
  readonly noteError: () => void;
  readonly noteUnknownRecipient: () => void;
  readonly isBanned: () => boolean;
  readonly release: () => void;
};

export type Limits = {
  readonly admit: (ip: string) => ClientLimits | Refusal;
  /** Networks remembered now; for the memory test and a gauge. */
  readonly size: () => number;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MAX_NETWORKS = 50_000;

class Bucket {
  #tokens: number;
  #atMs: number;
  readonly #size: number;
  readonly #perMs: number;

  constructor(size: number, periodMs: number, nowMs: number) {
    this.#size = size;
    this.#perMs = size / periodMs;
    this.#tokens = size;
    this.#atMs = nowMs;
  }

  /** False when it is empty; a size of 0 never is. */
  take(nowMs: number): boolean {
    if (this.#size === 0) return true;
    this.#tokens = Math.min(this.#size, this.#tokens + Math.max(0, nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

type Network = {
  open: number;
  bannedUntilMs: number;
  readonly connections: Bucket;
  readonly messages: Bucket;
  readonly recipients: Bucket;
  readonly errors: Bucket;
  readonly unknown: Bucket;
};

export function createLimits(config: LimitConfig, clock: Clock, maxNetworks = MAX_NETWORKS): Limits {
  const idle = new BoundedMap<string, Network>(maxNetworks);
  // Networks with open connections are kept apart: forgetting one would lose its count. Bounded by maxConnections.
  const busy = new Map<string, Network>();
  const exempt = config.limitExempt.flatMap((text) => parseNetwork(text) ?? []);
  let open = 0;

  const newNetwork = (nowMs: number): Network => ({
    open: 0,
    bannedUntilMs: 0,
    connections: new Bucket(config.connectionsPerMinute, MINUTE_MS, nowMs),
    messages: new Bucket(config.messagesPerMinute, MINUTE_MS, nowMs),
    recipients: new Bucket(config.recipientsPerMinute, MINUTE_MS, nowMs),
    errors: new Bucket(config.errorsPerHour, HOUR_MS, nowMs),
    unknown: new Bucket(config.unknownRecipientsPerHour, HOUR_MS, nowMs),
  });

  const client = (key: string, n: Network | undefined): ClientLimits => {
    open++;
    if (n !== undefined) {
      n.open++;
      busy.set(key, n);
    }
    let released = false;
    const spend = (bucket: 'errors' | 'unknown'): void => {
      if (n !== undefined && !n[bucket].take(clock())) n.bannedUntilMs = clock() + config.banMs;
    };
    return {
      network: key,
      isExempt: n === undefined,
      takeMessage: () => n?.messages.take(clock()) ?? true,
      takeRecipient: () => n?.recipients.take(clock()) ?? true,
      noteError: () => spend('errors'),
      noteUnknownRecipient: () => spend('unknown'),
      isBanned: () => (n?.bannedUntilMs ?? 0) > clock(),
      release: () => {
        if (released) return;
        released = true;
        open--;
        if (n === undefined || --n.open > 0) return;
        busy.delete(key);
        idle.set(key, n);
      },
    };
  };

  return {
    size: () => idle.size + busy.size,
    admit: (text) => {
      if (open >= config.maxConnections) return 'too-many-connections';
      const ip = parseIp(text);
      const key = ip === undefined ? 'unknown' : networkKey(ip, 24, 64);
      if (ip !== undefined && exempt.some((e) => networkContains(e, ip))) return client(key, undefined);
      const nowMs = clock();
      const network = busy.get(key) ?? idle.get(key) ?? newNetwork(nowMs);
      const refusal: Refusal | undefined =
        network.bannedUntilMs > nowMs
          ? 'banned'
          : network.open >= config.maxConnectionsPerNetwork
            ? 'too-many-connections'
            : network.connections.take(nowMs)
              ? undefined
              : 'too-fast';
      if (refusal === undefined) {
        idle.delete(key);
        return client(key, network);
      }
      if (network.open === 0) idle.set(key, network);
      return refusal;
    },
  };
}
