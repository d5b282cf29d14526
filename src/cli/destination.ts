/** `gatehouse destination`: how deliveries to others are limited, from where they are sent, and whether they are. */
import { parseDurationS } from '#core/duration.ts';
import { findThing } from '#mail/directory/commands.ts';
import { destinationKind } from '#mail/directory/kinds.ts';
import { destinationValue, type DestinationValue } from '#mail/directory/values.ts';
import { steerDestination } from '#mail/queue/steer.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import type { CliContext } from './context.ts';
import { HOP_FLAGS, hopFrom } from './hop-flags.ts';
import {
  type Arguments,
  badValues,
  commandOf,
  type Flags,
  print,
  usage,
  withAct,
  withTenant,
} from './subcommands.ts';
import { addFromArguments, listVerb, refuse, removeVerb } from './things.ts';

const WHICH = 'DOMAIN';
const WHY: Flags = { reason: { type: 'string', value: 'TEXT', help: 'Why, for those who wonder.' } };
const UNTIL: Flags = {
  until: { type: 'string', value: 'TIME', help: 'When it is over, as 2026-12-31T08:00:00Z.' },
  for: { type: 'string', value: 'SPAN', help: 'How long it holds: 30m, 4h, 2d.' },
};

export const destination = commandOf(
  'destination',
  'How mail to a destination is delivered: a domain, *.domain for all below it, or * for all.',
  {
    set: {
      summary: 'Limit deliveries to a destination, or give them a source address. "none" takes one back.',
      positionals: [WHICH],
      flags: {
        connections: { type: 'string', value: 'N', help: 'Deliveries at the same time, over all processes.' },
        'per-minute': { type: 'string', value: 'N', help: 'Messages a minute, over all processes.' },
        'source-ip4': { type: 'string', value: 'ADDRESS', help: 'Our IPv4 address to send from.' },
        'source-ip6': { type: 'string', value: 'ADDRESS', help: 'Our IPv6 address to send from.' },
        helo: { type: 'string', value: 'NAME', help: 'What we call ourselves when we send from there.' },
      },
      run: setLimits,
    },
    list: listVerb(
      destinationKind,
      ['DESTINATION', 'STATE', 'UNTIL', 'CONNECTIONS', 'PER MINUTE', 'FROM', 'REASON'],
      (d) => [
        d.name,
        d.nextHop === undefined ? d.state : `reroute to ${d.nextHop.host}:${d.nextHop.port}`,
        d.until ?? '-',
        String(d.maxConnections ?? '-'),
        String(d.messagesPerMinute ?? '-'),
        [d.sourceIp4, d.sourceIp6, d.heloName].filter((x) => x !== undefined).join(' ') || '-',
        d.reason ?? '-',
      ],
    ),
    pause: {
      summary: 'Keep its mail in the queue, where it grows old.',
      positionals: [WHICH],
      flags: { ...UNTIL, ...WHY },
      run: (args, context) => steer('pause', args, context),
    },
    hold: {
      summary: 'Take its mail out of the queue and set new mail aside, until "resume" or a release by hand.',
      positionals: [WHICH],
      flags: WHY,
      run: (args, context) => steer('hold', args, context),
    },
    reroute: {
      summary: 'Send its mail to another host instead.',
      positionals: [WHICH],
      flags: { ...HOP_FLAGS, ...UNTIL, ...WHY },
      run: (args, context) =>
        args.text('next-hop') === undefined
          ? Promise.resolve(
              usage(context, 'destination reroute', '--next-hop is missing: where shall its mail go?'),
            )
          : steer('reroute', args, context),
    },
    resume: {
      summary: 'Deliver its mail as usual again, what was held for it included.',
      positionals: [WHICH],
      flags: {},
      run: (args, context) => steer('normal', args, context),
    },
    remove: removeVerb('destination remove', destinationKind),
  },
);

/** What is not named stays as it is. */
async function setLimits(args: Arguments, context: CliContext): Promise<number> {
  const name = destinationValue.shape.name.safeParse(args.positionals[0]);
  if (!name.success)
    return badValues(context, 'destination set', zodComplaints(name.error, destinationValue, 'DOMAIN'));
  const before = await withTenant(args, context, (db, tenant) =>
    findThing(db, tenant, destinationKind, name.data),
  );
  const fields: [keyof DestinationValue, string | number | undefined][] = [
    ['maxConnections', numberFrom(args.text('connections'))],
    ['messagesPerMinute', numberFrom(args.text('per-minute'))],
    ['sourceIp4', args.text('source-ip4')],
    ['sourceIp6', args.text('source-ip6')],
    ['heloName', args.text('helo')],
  ];
  const given = fields.filter(([, v]) => v !== undefined);
  if (given.length === 0)
    return usage(context, 'destination set', 'nothing is set; --help lists what can be');
  const raw = { ...before, name: name.data, ...Object.fromEntries(given) };
  const kept = Object.fromEntries(Object.entries(raw).filter(([, v]) => v !== 'none'));
  return await addFromArguments(
    'destination set',
    destinationKind,
    kept,
    { ...args, is: (f) => f === 'replace' || args.is(f) },
    context,
  );
}

/** Text that is no number is left to the schema to refuse. */
function numberFrom(text: string | undefined): string | number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : text;
}

async function steer(
  state: DestinationValue['state'],
  args: Arguments,
  context: CliContext,
): Promise<number> {
  const command = `destination ${state === 'normal' ? 'resume' : state}`;
  const span = args.text('for');
  const seconds = span === undefined ? undefined : parseDurationS(span);
  if (span !== undefined && seconds === undefined)
    return usage(context, command, `--for: "${span}" is no span such as 30m, 4h or 2d`);
  const until =
    seconds === undefined ? args.text('until') : new Date(Date.now() + seconds * 1000).toISOString();
  const reason = args.text('reason');
  const parsed = destinationValue.safeParse({
    name: args.positionals[0],
    state,
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
    ...(state === 'reroute' ? { nextHop: hopFrom(args) } : {}),
  });
  if (!parsed.success) return badValues(context, command, zodComplaints(parsed.error, destinationValue));
  const { name, ...change } = parsed.data;
  const done = await withAct(args, context, (act) => steerDestination(act, name, change));
  if (!done.ok) return refuse(context, command, done.error.text);
  print(
    context,
    args,
    done.value,
    `${name} ${SAID[state]}; ${done.value.messages} waiting recipient(s) moved.\n`,
  );
  return 0;
}

const SAID = {
  normal: 'is delivered as usual',
  pause: 'is paused',
  hold: 'is held',
  reroute: 'goes elsewhere',
} as const satisfies Record<DestinationValue['state'], string>;

export const run = destination.run;
