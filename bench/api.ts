/**
 * The API of a large operator under load: sign-in, search and approval against a running gateway, row-level security on.
 * First flat out, to learn what it can do; then at half of that, with requests due at fixed moments whatever the gateway
 * does, so that a stall is seen by all who wait behind it. Latency counts from the moment a request was due.
 */
import { Agent, request } from 'node:http';
import { SESSION_COOKIE } from '#api/caller.ts';
import { percentile } from './figures.ts';
import type { ApiPeople } from './api-people.ts';

export const KINDS = ['sign-in', 'session', 'search', 'waiting', 'ask', 'show', 'approve'] as const;
export type Kind = (typeof KINDS)[number];
/** Of a hundred requests: what a working day is made of. Every request asked for is also approved. */
const MIX: Readonly<Record<Exclude<Kind, 'show' | 'approve'>, number>> = {
  'sign-in': 6,
  session: 30,
  search: 44,
  waiting: 12,
  ask: 4,
};

export type Latency = {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};
export type ApiFigures = {
  readonly capacityPerS: number;
  readonly ratePerS: number;
  readonly latency: Readonly<Record<Kind, Latency>>;
};

type Answer = { readonly status: number; readonly body: Record<string, unknown> };
type Client = (method: 'GET' | 'POST', path: string, token?: string, body?: object) => Promise<Answer>;

const CONNECTIONS = 16;

/** Each connection has an address of its own, as people have, so that limits per network see many and not one. */
function createClients(port: number): readonly Client[] {
  return Array.from({ length: CONNECTIONS }, (_, n) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    return (method, path, token, body) =>
      new Promise<Answer>((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const sent = request(
          {
            agent,
            host: '127.0.0.1',
            port,
            localAddress: `127.0.${1 + n}.${1 + Math.floor(Math.random() * 250)}`,
            method,
            path: `/api/v1${path}`,
            headers: {
              host: 'localhost',
              'gatehouse-csrf': '1',
              ...(token === undefined ? {} : { cookie: `${SESSION_COOKIE}=${token}` }),
              ...(text === undefined ? {} : { 'content-type': 'application/json' }),
            },
          },
          (reply) => {
            let said = '';
            reply.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
            reply.on('error', reject);
            reply.on('end', () => {
              resolve({
                status: reply.statusCode ?? 0,
                body: said === '' ? {} : (JSON.parse(said) as Answer['body']),
              });
            });
          },
        );
        sent.on('error', reject);
        sent.end(text);
      });
  });
}

export type ApiLoad = {
  /** Requests as fast as they are answered, for so long; requests per second. */
  readonly flatOut: (ms: number) => Promise<number>;
  /** Requests at a rate; their latencies. */
  readonly paced: (ratePerS: number, ms: number) => Promise<ApiFigures['latency']>;
};

/** Throws when anything is answered with what it should not be: a fast refusal is no figure. */
export function createApiLoad(port: number, data: ApiPeople): ApiLoad {
  const clients = createClients(port);
  const times = new Map<Kind, number[]>();
  let next = 0;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!; // `!`: below its length
  const timed = async (
    kind: Kind,
    fromMs: number,
    wanted: number,
    ask: () => Promise<Answer>,
  ): Promise<Answer> => {
    const answer = await ask();
    if (answer.status !== wanted)
      throw new Error(`${kind} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const list = times.get(kind) ?? [];
    times.set(kind, list);
    list.push(performance.now() - fromMs);
    return answer;
  };
  const bag = Object.entries(MIX).flatMap(([kind, n]) =>
    Array.from({ length: n }, () => kind as keyof typeof MIX),
  ); // `as`: its own keys
  const one = async (fromMs: number): Promise<number> => {
    const client = clients[next++ % clients.length]!; // `!`: of its own length
    const tenant = pick(data.tenants);
    const n = Math.floor(Math.random() * 40);
    switch (pick(bag)) {
      case 'sign-in': {
        const person = 2 + Math.floor(Math.random() * (tenant.people - 2));
        const email = personEmailOf(tenant.name, person);
        const body = { organisation: tenant.name, email, password: data.password };
        await timed('sign-in', fromMs, 200, () => client('POST', '/sign-in/password', undefined, body));
        return 1;
      }
      case 'session':
        await timed('session', fromMs, 200, () => client('GET', '/session', tenant.admin));
        return 1;
      case 'search': {
        const query =
          n % 4 === 0 ? 'subject=meeting' : `recipient=${encodeURIComponent(personEmailOf(tenant.name, 0))}`;
        const path = `/messages?limit=50&${query}`;
        const { body } = await timed('search', fromMs, 200, () => client('GET', path, tenant.admin));
        if (!Array.isArray(body['items']) || body['items'].length === 0)
          throw new Error(`search found nothing: ${path}`);
        return 1;
      }
      case 'waiting':
        await timed('waiting', fromMs, 200, () => client('GET', '/requests?box=waiting', tenant.colleague));
        return 1;
      case 'ask': {
        const body = { role: 'auditor', durationS: 3600, reason: 'Asked for by the benchmark' };
        const asked = await timed('ask', fromMs, 201, () => client('POST', '/requests', tenant.admin, body));
        const path = `/requests/${String(asked.body['id'])}`;
        // The hash that an approval names comes from what the approver was shown.
        const shown = await timed('show', performance.now(), 200, () =>
          client('GET', path, tenant.colleague),
        );
        const hash = (shown.body['request'] as { hash?: unknown } | undefined)?.hash ?? shown.body['hash'];
        await timed('approve', performance.now(), 200, () =>
          client('POST', `${path}/approve`, tenant.colleague, { hash }),
        );
        return 3;
      }
    }
  };
  return {
    flatOut: async (ms) => {
      const startMs = performance.now();
      let done = 0;
      await Promise.all(
        Array.from({ length: CONNECTIONS }, async () => {
          while (performance.now() - startMs < ms) {
            // Not `done += await`: that adds to what `done` was before the wait.
            const answered = await one(performance.now());
            done += answered;
          }
        }),
      );
      return (done / (performance.now() - startMs)) * 1000;
    },
    paced: async (ratePerS, ms) => {
      times.clear();
      const startMs = performance.now();
      const running: Promise<number>[] = [];
      for (let i = 0; ; i++) {
        const dueMs = startMs + (i * 1000) / ratePerS;
        if (dueMs - startMs >= ms) break;
        const waitMs = dueMs - performance.now();
        if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
        running.push(one(dueMs));
      }
      await Promise.all(running);
      return Object.fromEntries(
        KINDS.map((k) => [k, latencyOf(times.get(k) ?? [])]),
      ) as ApiFigures['latency']; // `as`: made of KINDS
    },
  };
}

const personEmailOf = (tenant: string, person: number): string => `p${person}@${tenant}.example`;

function latencyOf(values: readonly number[]): Latency {
  const round = (ms: number): number => Math.round(ms * 10) / 10;
  return {
    count: values.length,
    p50Ms: round(percentile(values, 50)),
    p99Ms: round(percentile(values, 99)),
    maxMs: round(Math.max(...values)),
  };
}
