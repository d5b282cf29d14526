/** Which hosts take mail for a domain, in the order to try them (RFC 5321 §5.1). */
import { parseIp } from '#core/ip.ts';
import type { MxRecord, Resolver } from '#protocol/dns/resolver.ts';
import type { LocalProblem } from './classify.ts';

export type MailHost = { readonly name: string; readonly preference: number };

export type MailHosts =
  | {
      readonly kind: 'hosts';
      readonly hosts: readonly MailHost[];
      /** The list itself is signed; without that DANE has nothing to stand on (RFC 7672 §2.2.1). */
      readonly secure: boolean;
    }
  | { readonly kind: 'problem'; readonly problem: LocalProblem; readonly detail: string };

export type SelfKnowledge = {
  /** Our own names, lower case. */
  readonly names: ReadonlySet<string>;
  /** Whether we ourselves listen there. */
  readonly isOurs: (ip: string, port: number) => boolean;
};

/** More hosts than anybody needs; a longer list is cut after sorting. */
const MAX_HOSTS = 10;

const problem = (problem: LocalProblem, detail: string): MailHosts => ({ kind: 'problem', problem, detail });

export async function findMailHosts(
  domain: string,
  resolver: Resolver,
  self: SelfKnowledge,
  random: () => number = Math.random,
): Promise<MailHosts> {
  const answer = await resolver.mx(domain);
  if (answer.kind === 'error') return problem('dns-failed', answer.detail);
  if (answer.kind === 'nxdomain') return problem('no-such-domain', domain);
  // RFC 5321 §5.1: without MX records the domain itself is the host, at preference 0.
  const implicit = answer.kind === 'nodata';
  const records = implicit ? [{ preference: 0, exchange: domain }] : answer.records;
  // RFC 7505 §3: one record, naming the root.
  if (records.length === 1 && (records[0]?.exchange === '' || records[0]?.exchange === '.'))
    return problem('null-mx', domain);
  // RFC 5321 §5.1: an MX names a host. An address there is a mistake, or a way to have us talk to whom it names.
  const named = records.filter((r) => parseIp(r.exchange) === undefined);
  if (named.length === 0)
    return problem(
      'mx-is-address',
      records
        .map((r) => r.exchange)
        .slice(0, 3)
        .join(', '),
    );
  const sorted = orderHosts(named, random);
  const before = beforeOurselves(sorted, self);
  if (before.length === 0) return problem(sorted.length === 0 ? 'no-mail-host' : 'loop', domain);
  return { kind: 'hosts', hosts: before.slice(0, MAX_HOSTS), secure: answer.secure };
}

/** RFC 5321 §5.1: by preference, at random among equals. */
function orderHosts(records: readonly MxRecord[], random: () => number): MailHost[] {
  return records
    .filter((r) => r.exchange !== '' && r.exchange !== '.')
    .slice(0, 100)
    .map((r) => ({ name: r.exchange, preference: r.preference, at: random() }))
    .toSorted((a, b) => a.preference - b.preference || a.at - b.at)
    .map(({ name, preference }) => ({ name, preference }));
}

/** RFC 5321 §5.1: being on the list ourselves, we must not hand the mail to anyone of our own preference or behind us. */
function beforeOurselves(hosts: readonly MailHost[], self: SelfKnowledge): readonly MailHost[] {
  const us = hosts.find((h) => self.names.has(h.name));
  return us === undefined ? hosts : hosts.filter((h) => h.preference < us.preference);
}
