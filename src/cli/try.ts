/**
 * `gatehouse try`: a handful of own sample messages through the running gateway's real SMTP port, and what became of each.
 *
 * For the moment of the trial the tenant owns `gatehouse-try.example`, with one known recipient and a next hop that this
 * command opens itself; both are gone afterwards. The senders' DNS is built in (../try-zone.ts), so it works on a fresh
 * installation without network. What stays is the record: every sample can be explained, a held one released.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '#core/errors.ts';
import { type MessageId, parseId, type TenantId } from '#core/id.ts';
import { ok } from '#core/result.ts';
import type { Database } from '#platform/db.ts';
import { changeAddresses } from '#mail/directory/addresses.ts';
import { type Act, addThing, changeThing, findThing, removeThing } from '#mail/directory/commands.ts';
import { domainKind } from '#mail/directory/kinds.ts';
import { explain } from '#mail/track/explain.ts';
import { readConfig } from '../config.ts';
import { TRY_DOMAIN } from '../try-zone.ts';
import type { CliContext } from './context.ts';
import { type Arguments, print, singleCommand, withAct, withTenant } from './subcommands.ts';
import { type Expected, type Sample, samples, TRY_RECIPIENT } from './try-samples.ts';
import { openTrySink, trySend, type TryReply, type TrySink } from './try-smtp.ts';

export type Outcome = {
  readonly sample: string;
  readonly shows: string;
  readonly reply: string;
  readonly became: Expected | 'deferred' | 'accepted, not yet delivered';
  readonly expected: Expected;
  readonly reasons: readonly string[];
  readonly id: MessageId | undefined;
};

type Door = { readonly host: string; readonly port: number };

export const tryCommand = singleCommand('try', {
  summary: 'Send sample messages through the running gateway and say what became of each.',
  positionals: [],
  flags: {
    port: { type: 'string', value: 'PORT', help: 'Port of the mx listener, where the configuration says 0.' },
  },
  run: async (args, context) => {
    const door = doorOf(args, context);
    await using sink = await openTrySink();
    await withAct(args, context, (act) => takeDomain(act, sink.port));
    try {
      const outcomes = await withTenant(args, context, (db, tenant) => tryAll(door, sink, db, tenant));
      print(context, args, outcomes, textOf(outcomes));
      return outcomes.every((o) => o.became === o.expected) ? 0 : 1;
    } finally {
      await withAct(args, context, dropDomain);
    }
  },
});

export const run = tryCommand.run;

/** The first listener that strangers' mail comes in by. */
function doorOf(args: Arguments, context: CliContext): Door {
  const config = readConfig({
    environment: process.env,
    flags: context.globals,
    workingDirectory: process.cwd(),
  });
  if (!config.ok) throw new ConfigError(config.error.map((c) => `${c.at}: ${c.text}`));
  const listener = config.value.listeners.find((l) => l.kind === 'mx');
  if (listener === undefined)
    throw new ConfigError(['there is no listener of kind mx to send the samples to']);
  const given = args.text('port');
  if (given !== undefined && !/^\d{1,5}$/.test(given))
    throw new ConfigError([`--port: "${given}" is no port number`]);
  const port = given === undefined ? listener.port : Number(given);
  if (port === 0)
    throw new ConfigError(['the mx listener takes any free port: say with --port which it took']);
  const anywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  return { host: anywhere[listener.host] ?? listener.host, port };
}

async function takeDomain(act: Act, hopPort: number): ReturnType<typeof changeAddresses> {
  const value = domainKind.schema.parse({
    name: TRY_DOMAIN,
    nextHop: { host: '127.0.0.1', port: hopPort, protocol: 'smtp', tls: 'none', fingerprints: [] },
    recipients: 'list',
  });
  // One that an interrupted trial left behind is taken over.
  const before = await findThing(act.tx, act.tenant, domainKind, TRY_DOMAIN);
  const done =
    before === undefined ? await addThing(act, domainKind, value) : await changeThing(act, domainKind, value);
  if (!done.ok) throw new ConfigError([done.error.text]);
  return await changeAddresses(act, [TRY_RECIPIENT], []);
}

async function dropDomain(act: Act): Promise<ReturnType<typeof ok<undefined>>> {
  await changeAddresses(act, [], [TRY_RECIPIENT]);
  await removeThing(act, domainKind, TRY_DOMAIN);
  return ok(undefined);
}

async function tryAll(
  door: Door,
  sink: TrySink,
  db: Database,
  tenant: TenantId,
): Promise<readonly Outcome[]> {
  const run = Math.random().toString(36).slice(2, 10);
  const outcomes: Outcome[] = [];
  for (const sample of samples(Date.now(), run)) {
    const reply = outcomes.length === 0 ? await firstSend(door, sample) : await trySend(door, sample);
    outcomes.push(await outcomeOf(sample, reply, sink, db, tenant));
  }
  return outcomes;
}

/** The running gateway hears of the new domain within moments; until then it does not know the recipient. */
async function firstSend(door: Door, sample: Sample): Promise<TryReply> {
  const endMs = Date.now() + 5_000;
  for (;;) {
    let reply: TryReply;
    try {
      reply = await trySend(door, sample);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(
        [
          `no gateway answers on ${door.host} port ${door.port} (${why}); is "gatehouse up" running, ` +
            'and are its GATEHOUSE_… variables set here, too?',
        ],
        {
          cause: error,
        },
      );
    }
    const isUnknown = reply.code === 550 || reply.code === 554 || reply.code === 551;
    if (!isUnknown || Date.now() > endMs) return reply;
    await sleep(200);
  }
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

async function outcomeOf(
  sample: Sample,
  reply: TryReply,
  sink: TrySink,
  db: Database,
  tenant: TenantId,
): Promise<Outcome> {
  const id = parseId<'message'>(UUID.exec(reply.text)?.[0] ?? '');
  const became =
    reply.code === 250
      ? await afterwards(sample, id, sink, db, tenant)
      : reply.code < 500
        ? 'deferred'
        : 'refused';
  const story = id === undefined ? undefined : await explain(db, tenant, id);
  const reasons = (story?.recipients ?? []).flatMap((r) => r.reasons.map((reason) => reason.text));
  const { name, shows, expected } = sample;
  return { sample: name, shows, reply: reply.text, became, expected, reasons: [...new Set(reasons)], id };
}

/** A message that was taken is held, or comes to our next hop within seconds. */
async function afterwards(
  sample: Sample,
  id: MessageId | undefined,
  sink: TrySink,
  db: Database,
  tenant: TenantId,
): Promise<Outcome['became']> {
  const mark = /^Message-ID: (.*)\r$/m.exec(sample.data)?.[1] ?? '';
  for (let tries = 0; tries < 100; tries++) {
    if (sink.received().some((text) => text.includes(mark))) return 'delivered';
    const story = id === undefined ? undefined : await explain(db, tenant, id);
    if (story?.recipients.some((r) => r.state === 'held') === true) return 'held';
    await sleep(100);
  }
  return 'accepted, not yet delivered';
}

function textOf(outcomes: readonly Outcome[]): string {
  const blocks = outcomes.map((o) => {
    const lines = [
      `${o.became === o.expected ? '✔' : '✖'} ${o.sample}: ${o.became}${o.became === o.expected ? '' : ` (expected: ${o.expected})`}`,
      `    ${o.shows}`,
      `    reply    ${o.reply}`,
      // The first reason is that of the harshest rule; `explain` tells the others.
      ...o.reasons.slice(0, 1).map((r) => `    because  ${r}`),
      ...(o.id === undefined ? [] : [`    more     gatehouse explain ${o.id}`]),
    ];
    return `${lines.join('\n')}\n`;
  });
  const good = outcomes.filter((o) => o.became === o.expected).length;
  return `${blocks.join('\n')}\n${good} of ${outcomes.length} samples became what they should.\n`;
}
