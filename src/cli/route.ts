/** `gatehouse route`: where mail goes, to our own domains and to those of others. */
import { listThings, setRoute, withoutSecrets } from '#mail/directory/commands.ts';
import { domainKind, partnerKind } from '#mail/directory/kinds.ts';
import { nextHop } from '#mail/directory/values.ts';
import { zodComplaints } from '#platform/config/zod-complaints.ts';
import { toAsciiDomain } from '#protocol/address/domain.ts';
import { HOP_FLAGS, hopFrom } from './hop-flags.ts';
import { badValues, commandOf, print, table, usage, withAct, withTenant } from './subcommands.ts';
import { addFromArguments, refuse, removeVerb, REPLACE } from './things.ts';

export const route = commandOf('route', 'Where mail goes, and how safe the way must be.', {
  set: {
    summary: 'Set the next hop of a domain of ours.',
    positionals: ['DOMAIN'],
    flags: HOP_FLAGS,
    run: async (args, context) => {
      if (args.text('next-hop') === undefined) return usage(context, 'route set', '--next-hop is missing');
      const parsed = nextHop.safeParse(hopFrom(args));
      if (!parsed.success) return badValues(context, 'route set', zodComplaints(parsed.error, nextHop));
      const name = toAsciiDomain(args.positionals[0] ?? '') ?? args.positionals[0] ?? '';
      const done = await withAct(args, context, (act) => setRoute(act, name, parsed.data));
      if (!done.ok) return refuse(context, 'route set', done.error.text);
      const hop = done.value.nextHop;
      print(
        context,
        args,
        done.value,
        `Mail for ${name} goes to ${hop.protocol}://${hop.host}:${hop.port} (TLS ${hop.tls}).\n`,
      );
      return 0;
    },
  },
  list: {
    summary: 'List the routes of our domains and of partners.',
    positionals: [],
    flags: {},
    run: async (args, context) => {
      const { domains, partners } = await withTenant(args, context, async (db, tenant) => ({
        domains: await listThings(db, tenant, domainKind),
        partners: await listThings(db, tenant, partnerKind),
      }));
      const rows = [
        ...domains.map((d) => [
          'ours',
          d.name,
          `${d.nextHop.protocol}://${d.nextHop.host}:${d.nextHop.port}`,
          d.nextHop.tls,
        ]),
        ...partners.map((p) => [
          'partner',
          p.name,
          p.route.kind === 'mx' ? 'by MX' : `${p.route.protocol}://${p.route.host}:${p.route.port}`,
          p.route.tls,
        ]),
        ['others', '*', 'by MX', 'opportunistic, or what DANE and MTA-STS demand'],
      ];
      const json = {
        domains: domains.map(({ name, nextHop }) => ({ name, nextHop })),
        partners: partners.map((p) => withoutSecrets(partnerKind, p)),
      };
      print(context, args, json, table(['WHOSE', 'DOMAIN', 'GOES TO', 'TLS'], rows));
      return 0;
    },
  },
  partner: {
    summary: 'Demand safe transport to a domain of others, by its MX or by a fixed next hop.',
    positionals: ['DOMAIN'],
    flags: {
      ...HOP_FLAGS,
      subdomains: { type: 'boolean', help: 'It holds for names below it, too.' },
      ...REPLACE,
    },
    run: async (args, context) => {
      const tls = args.text('tls');
      const raw = {
        name: args.positionals[0],
        subdomains: args.is('subdomains'),
        route:
          args.text('next-hop') === undefined
            ? { kind: 'mx', ...(tls === undefined ? {} : { tls }) }
            : { kind: 'host', ...hopFrom(args) },
      };
      return await addFromArguments('route partner', partnerKind, raw, args, context);
    },
  },
  'remove-partner': removeVerb('route remove-partner', partnerKind),
});

export const run = route.run;
