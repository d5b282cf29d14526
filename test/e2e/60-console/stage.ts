/** A gateway with something to see: two domains, a partner, a paused destination; mail that was delivered, held and waits. */
import { spawnSync } from 'node:child_process';
import { startDnsServer } from '#test/support/dns-server.ts';
import { startGateway, type Gateway } from '#test/support/gateway.ts';
import { sendMail, smtpClient } from '#test/support/smtp-client.ts';
import { until } from '#test/support/until.ts';
import { letter } from '#test/support/world.ts';

export type Stage = {
  readonly gateway: Gateway;
  readonly base: string;
  readonly apiKey: string;
  readonly get: (path: string) => Promise<Record<string, unknown>>;
  readonly send: (method: string, path: string, body: unknown) => Promise<Record<string, unknown>>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export async function openStage(): Promise<Stage> {
  const built = spawnSync('sh', ['tools/build-console.sh'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the console does not build:\n${built.stderr}`);
  await using stack = new AsyncDisposableStack();
  const dns = stack.use(await startDnsServer());
  dns.a('gate.example', '192.0.2.10');
  dns.txt('bank.example', 'v=spf1 ip4:192.0.2.10 -all');
  dns.txt('_dmarc.bank.example', 'v=DMARC1; p=quarantine; rua=mailto:reports@bank.example');
  dns.txt('supplier.example', 'v=spf1 ip4:127.0.0.0/8 -all');
  dns.txt('_dmarc.supplier.example', 'v=DMARC1; p=reject');
  dns.txt('newsletter.example', 'v=spf1 ~all');
  const gateway = stack.use(await startGateway({ dns: { servers: [dns.address] } }));
  const base = `http://localhost:${gateway.ports.http}`;
  const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const reply = await gateway.api(path, {
      method,
      headers: {
        'Gatehouse-Csrf': '1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  const owned = stack.move();
  return {
    gateway,
    base,
    apiKey: await gateway.apiKey(),
    get: (path) => call('GET', path),
    send: call,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Sender, subject and body of the letters that ann@bank.example gets. */
const LETTERS = [
  [
    'Rosa Lind <billing@supplier.example>',
    'Invoice 2026-1187 for November',
    'Please find the invoice in the portal.',
  ],
  [
    'Town Hall <council@supplier.example>',
    'Agenda of the council meeting on 3 December',
    'The agenda is final.',
  ],
  ['Offers <news@newsletter.example>', 'Ten offers that end tonight', 'Ten offers that end tonight.'],
  ['Jonas Weber <jonas@supplier.example>', 'Draft of the maintenance contract', 'Thank you for the changes.'],
] as const;

export async function furnish({ gateway, send, get }: Stage): Promise<void> {
  await gateway.does('try');
  await gateway.does('try');
  const hop = { host: '127.0.0.1', port: 2 };
  await send('POST', '/domains', { name: 'stadt-muster.example', nextHop: hop });
  await send('POST', '/domains', {
    name: 'bank.example',
    nextHop: { ...hop, tls: 'required' },
    subdomains: true,
  });
  await send('PATCH', '/domains/bank.example/addresses', {
    add: ['ann@bank.example', 'bo@bank.example', 'postmaster@bank.example'],
  });
  await send('POST', '/partners', { name: 'insurer.example', route: { kind: 'mx', tls: 'verified' } });
  await send('PUT', '/destinations/slow.example/state', {
    state: 'pause',
    reason: 'maintenance until tonight',
  });
  await send('POST', '/senders/networks', { name: 'head-office', network: '192.0.2.0/24' });
  await send('PUT', '/tenant-settings', { maxAgeS: 3 * 86_400 });
  await until('ann is known', async () => (await write(gateway, LETTERS[0])) === 250, 15_000, 200);
  for (const one of LETTERS.slice(1)) await write(gateway, one);
  await until('mail waits', async () => ((await get('/queue'))['items'] as unknown[]).length > 2);
}

async function write(gateway: Gateway, [from, subject, body]: (typeof LETTERS)[number]): Promise<number> {
  using client = await smtpClient(gateway.ports.mx);
  const [, address = ''] = /<(.*)>/.exec(from) ?? [];
  const to = 'ann@bank.example';
  const data = letter({ from, to: `<${to}>`, subject, body });
  return (await sendMail(client, { from: address, to: [to], data })).code;
}
