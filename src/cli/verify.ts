/** `gatehouse verify`: every promise of an installation, held against its rows and bodies. Exits 1 when one is broken. */
import { verifyLogs } from '#assurance/audit/verify-log.ts';
import { verify as look } from '#mail/track/verify.ts';
import { printable } from '#mail/texts/text.ts';
import { singleCommand } from './subcommands.ts';

type Told = { readonly kind: string; readonly subject: string; readonly detail: string };

export const verify = singleCommand('verify', {
  summary: 'Check every invariant: nothing accepted is lost, no body and no record changed.',
  positionals: [],
  flags: {
    'ignore-unneeded': { type: 'boolean', help: 'Bodies that only await the next sweep are no breach.' },
  },
  run: async (args, context) => {
    await using stores = await context.openStores();
    const kinds: Record<string, number> = {};
    const isJson = args.is('json');
    const onBreach = (breach: Told): void => {
      if (breach.kind === 'body-unneeded' && args.is('ignore-unneeded')) return;
      kinds[breach.kind] = (kinds[breach.kind] ?? 0) + 1;
      context.stdout(
        isJson
          ? `${JSON.stringify({ breach })}\n`
          : `${breach.kind}: ${printable(breach.subject)}: ${printable(breach.detail)}\n`,
      );
    };
    const counts = await look({ ...stores, db: stores.system, nowMs: Date.now(), onBreach });
    for await (const breach of verifyLogs(stores.system)) onBreach({ kind: 'audit-log', ...breach });
    const breaches = Object.values(kinds).reduce((sum, n) => sum + n, 0);
    const states = Object.entries(counts.states).map(([state, n]) => `${n} ${state}`);
    context.stdout(
      isJson
        ? `${JSON.stringify({ counts, breaches, kinds })}\n`
        : `${counts.messages} messages for ${counts.recipients} recipients (${states.join(', ') || 'none'}), ${counts.queueRows} queue rows, ` +
            `${counts.bodies} bodies of which ${counts.bodiesRead} were read: ${breaches === 0 ? 'all is as promised' : `${breaches} breaches`}\n`,
    );
    return breaches === 0 ? 0 : 1;
  },
});
export const run = verify.run;
