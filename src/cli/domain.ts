/** `gatehouse domain`: the domains we own. */
import { domainKind } from '#mail/directory/kinds.ts';
import { domainCheckVerb } from './domain-check.ts';
import { HOP_FLAGS, hopFrom } from './hop-flags.ts';
import { commandOf } from './subcommands.ts';
import { addFromArguments, listVerb, removeVerb, REPLACE, showVerb } from './things.ts';

export const domain = commandOf('domain', 'The domains we own, and where their mail goes.', {
  add: {
    summary: 'Take mail for a domain and hand it on to a next hop.',
    positionals: ['NAME'],
    flags: {
      ...HOP_FLAGS,
      recipients: {
        type: 'string',
        value: 'SOURCE',
        help: 'How recipients are known: list (imported addresses; so when left out), ldap, callout or any.',
      },
      ldap: { type: 'string', value: 'NAME', help: 'The LDAP source, for --recipients ldap.' },
      subdomains: { type: 'boolean', help: 'Names below it are ours, too, with the same people.' },
      subaddress: {
        type: 'string',
        value: 'CHAR',
        help: "Separator of subaddresses, '+' when left out; '' for none.",
      },
      'case-sensitive': { type: 'boolean', help: 'Ann@ and ann@ are two people.' },
      ...REPLACE,
    },
    run: async (args, context) => {
      const optional = {
        recipients: args.text('recipients'),
        ldap: args.text('ldap'),
        subaddress: args.text('subaddress'),
      };
      const raw = {
        name: args.positionals[0],
        nextHop: hopFrom(args),
        subdomains: args.is('subdomains'),
        caseSensitive: args.is('case-sensitive'),
        ...Object.fromEntries(Object.entries(optional).filter(([, v]) => v !== undefined)),
      };
      if (args.text('next-hop') === undefined) {
        context.stderr('gatehouse domain add: --next-hop is missing: where shall its mail go?\n');
        return 2;
      }
      return await addFromArguments('domain add', domainKind, raw, args, context);
    },
  },
  list: listVerb(domainKind, ['DOMAIN', 'NEXT HOP', 'TLS', 'RECIPIENTS'], (d) => [
    d.subdomains ? `${d.name} (and below)` : d.name,
    `${d.nextHop.protocol}://${d.nextHop.host}:${d.nextHop.port}`,
    d.nextHop.fingerprints.length > 0 ? `${d.nextHop.tls}, pinned` : d.nextHop.tls,
    d.ldap === undefined ? d.recipients : `ldap (${d.ldap})`,
  ]),
  show: showVerb('domain show', domainKind),
  remove: removeVerb('domain remove', domainKind),
  check: domainCheckVerb,
});

export const run = domain.run;
