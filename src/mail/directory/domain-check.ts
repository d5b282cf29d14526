/**
 * What is right and wrong in DNS for one domain of ours today, and the records to publish. Only asks the resolver it is given
 * (and, through a function, for the MTA-STS policy), so that a zone file gives the same answer without a network.
 *
 * A question that DNS did not answer is `unknown` and never looks good.
 */
import { parseIp, reverseName } from '#core/ip.ts';
import type { Result } from '#core/result.ts';
import type { MxRecord, Resolver } from '#protocol/dns/resolver.ts';
import { isSameKey, parseKeyRecord } from '#protocol/dkim/key-record.ts';
import { dmarcLookup, walkTree, type Found } from '#protocol/dmarc/tree-walk.ts';
import { parseStsPolicy, policyNamesMx } from '#protocol/mta-sts/policy.ts';
import { parseStsRecord } from '#protocol/mta-sts/record.ts';
import { checkHost } from '#protocol/spf/check-host.ts';
import { isSpfRecord } from '#protocol/spf/record.ts';
import {
  type CheckLine,
  dnsFailed,
  type DomainCheck,
  line,
  part,
  type Part,
  type RecordToPublish,
} from './check-lines.ts';
import { checkTlsa, type OurTlsKeys } from './check-tlsa.ts';

export type OurSide = {
  /** The name our MX listener greets with: what MX records should name. */
  readonly hostname: string;
  /** Our public addresses, when they are known; otherwise those that `hostname` resolves to. */
  readonly addresses: readonly string[];
  readonly dkim: readonly { readonly selector: string; readonly record: string; readonly state: string }[];
  /** The keys of our certificates, where they are known here. */
  readonly tlsa: OurTlsKeys | undefined;
  /** The text behind https://mta-sts.<domain>/.well-known/mta-sts.txt; `undefined` where nothing may be fetched. */
  readonly fetchStsPolicy: ((domain: string) => Promise<Result<string, string>>) | undefined;
  readonly nowMs: number;
};

export async function checkDomain(domain: string, ours: OurSide, resolver: Resolver): Promise<DomainCheck> {
  const addresses = await ourAddresses(ours, resolver);
  const parts = await Promise.all([
    checkMx(domain, ours, resolver),
    checkSpf(domain, ours, addresses, resolver),
    checkDkim(domain, ours, resolver),
    checkDmarc(domain, resolver),
    checkSts(domain, ours, resolver),
    checkTlsRpt(domain, resolver),
    checkTlsa(ours.hostname, ours.tlsa, resolver),
    checkPtr(ours, addresses, resolver),
  ]);
  return { domain, lines: parts.flatMap((p) => p.lines), publish: parts.flatMap((p) => p.publish) };
}

async function ourAddresses(ours: OurSide, resolver: Resolver): Promise<readonly string[]> {
  if (ours.addresses.length > 0) return ours.addresses;
  const answers = [await resolver.a(ours.hostname), await resolver.aaaa(ours.hostname)];
  return answers.flatMap((a) => (a.kind === 'records' ? a.records : []));
}

async function checkMx(domain: string, ours: OurSide, resolver: Resolver): Promise<Part> {
  const answer = await resolver.mx(domain);
  const publish: RecordToPublish = { area: 'mx', name: domain, type: 'MX', value: `10 ${ours.hostname}.` };
  if (answer.kind === 'error') return part([dnsFailed('mx', domain, answer)]);
  if (answer.kind !== 'records')
    return part(
      [line('mx', 'bad', `${domain} has no MX record, so its mail does not come here.`)],
      [publish],
    );
  const records = answer.records.toSorted((a, b) => a.preference - b.preference);
  // RFC 7505 §3: a null MX says that the domain takes no mail at all.
  if (records.some((r) => r.exchange === '' || r.exchange === '.'))
    return part([line('mx', 'bad', `${domain} has a null MX: it says that it takes no mail.`)], [publish]);
  const lines = await Promise.all(records.map((r) => mxLine(r, ours, resolver)));
  const isOurs = records.some((r) => r.exchange.toLowerCase() === ours.hostname);
  if (!isOurs)
    lines.push(line('mx', 'bad', `No MX record names ${ours.hostname}: its mail does not come here.`));
  return part(lines, isOurs ? [] : [publish]);
}

async function mxLine(record: MxRecord, ours: OurSide, resolver: Resolver): Promise<CheckLine> {
  const host = record.exchange.toLowerCase();
  const shown = `MX ${record.preference} ${host}`;
  const cname = await resolver.cname(host);
  // RFC 5321 §5.1: the name in an MX record must not be an alias.
  if (cname.kind === 'records')
    return line('mx', 'bad', `${shown} is an alias (CNAME), which an MX must not name.`);
  const [a, aaaa] = [await resolver.a(host), await resolver.aaaa(host)];
  if (a.kind === 'error') return dnsFailed('mx', host, a);
  if (a.kind !== 'records' && aaaa.kind !== 'records') return line('mx', 'bad', `${shown} has no address.`);
  if (host === ours.hostname) return line('mx', 'good', `${shown} is this gateway.`);
  // The most reported hole of gateways: senders who simply use the other MX.
  return line('mx', 'warning', `${shown} is not this gateway: mail that goes there is not checked here.`);
}

/** TEST-NET-3 (RFC 5737 §3) is in nobody's record, so every term is walked and every lookup counted. */
const NOBODYS_ADDRESS = '203.0.113.113';

async function checkSpf(
  domain: string,
  ours: OurSide,
  addresses: readonly string[],
  resolver: Resolver,
): Promise<Part> {
  const answer = await resolver.txt(domain);
  const sample = `v=spf1 ${addresses.map(ipTerm).join(' ') || 'mx'} -all`;
  const publish: RecordToPublish = { area: 'spf', name: domain, type: 'TXT', value: sample };
  if (answer.kind === 'error') return part([dnsFailed('spf', domain, answer)]);
  const records = answer.kind === 'records' ? answer.records.filter(isSpfRecord) : [];
  if (records.length === 0) return part([line('spf', 'bad', `${domain} has no SPF record.`)], [publish]);
  if (records.length > 1)
    return part(
      [line('spf', 'bad', `${domain} has ${records.length} SPF records, which counts as a broken one.`)],
      [publish],
    );
  const ask = (ip: string) =>
    checkHost({ ip, helo: ours.hostname, mailFrom: `postmaster@${domain}`, resolver, nowMs: ours.nowMs });
  const stranger = await ask(NOBODYS_ADDRESS);
  const lines = [spfStrangerLine(domain, stranger.result, stranger.lookups, stranger.reason)];
  const missing: string[] = [];
  for (const ip of addresses) {
    const { result, reason } = await ask(ip);
    if (result === 'pass') lines.push(line('spf', 'good', `Our address ${ip} passes.`));
    else if (result === 'temperror') lines.push(line('spf', 'unknown', `Our address ${ip}: ${reason}`));
    else {
      lines.push(line('spf', 'bad', `Our address ${ip} does not pass (${result}).`));
      missing.push(ip);
    }
  }
  if (missing.length === 0) return part(lines);
  const value = (records[0] ?? '').replace(/^(v=spf1)/i, `$1 ${missing.map(ipTerm).join(' ')}`);
  return part(lines, [{ ...publish, value }]);
}

const ipTerm = (ip: string): string => (ip.includes(':') ? `ip6:${ip}` : `ip4:${ip}`);

function spfStrangerLine(domain: string, result: string, lookups: number, reason: string): CheckLine {
  // RFC 7208 §4.6.4: ten lookups at most.
  const count = `${lookups} of 10 DNS lookups`;
  switch (result) {
    case 'fail':
      return line('spf', lookups >= 9 ? 'warning' : 'good', `SPF refuses strangers (-all), with ${count}.`);
    case 'softfail':
      return line('spf', 'warning', `SPF only doubts strangers (~all), with ${count}.`);
    case 'pass':
      return line('spf', 'bad', `SPF lets every address of the world send as ${domain}.`);
    case 'temperror':
      return line('spf', 'unknown', `SPF could not be evaluated: ${reason}`);
    case 'permerror':
      return line('spf', 'bad', `The SPF record is broken: ${reason} (${count}).`);
    default:
      return line('spf', 'warning', `SPF says nothing about strangers (${result}), with ${count}.`);
  }
}

async function checkDkim(domain: string, ours: OurSide, resolver: Resolver): Promise<Part> {
  if (ours.dkim.length === 0)
    return part([
      line('dkim', 'bad', `There is no DKIM key for ${domain} yet; mail from it leaves unsigned.`),
    ]);
  const parts = await Promise.all(ours.dkim.map((key) => checkSelector(domain, key, resolver)));
  return part(
    parts.flatMap((p) => p.lines),
    parts.flatMap((p) => p.publish),
  );
}

async function checkSelector(
  domain: string,
  key: OurSide['dkim'][number],
  resolver: Resolver,
): Promise<Part> {
  const name = `${key.selector}._domainkey.${domain}`;
  const answer = await resolver.txt(name);
  const publish: RecordToPublish = { area: 'dkim', name, type: 'TXT', value: key.record };
  if (answer.kind === 'error') return part([dnsFailed('dkim', name, answer)]);
  if (answer.kind !== 'records') {
    // A key that waits for its record harms nobody; one that already signs does.
    const outcome = key.state === 'signing' ? 'bad' : 'warning';
    return part([line('dkim', outcome, `${name} (${key.state}) is not published.`)], [publish]);
  }
  if (answer.records.length > 1)
    return part([line('dkim', 'bad', `${name} has several TXT records.`)], [publish]);
  const [theirs, own] = [answer.records[0] ?? '', key.record].map((r) => parseKeyRecord(r));
  if (theirs === undefined || !theirs.ok)
    return part(
      [line('dkim', 'bad', `${name} is published but of no use: ${theirs?.error.text ?? 'unreadable'}.`)],
      [publish],
    );
  const isSame = own?.ok === true && isSameKey(theirs.value, own.value);
  if (!isSame) return part([line('dkim', 'bad', `${name} publishes another key than ours.`)], [publish]);
  if (theirs.value.testing)
    return part(
      [line('dkim', 'warning', `${name} says t=y (testing), so some receivers ignore the signatures.`)],
      [publish],
    );
  return part([line('dkim', 'good', `${name} (${key.state}) is published as it should be.`)]);
}

async function checkDmarc(domain: string, resolver: Resolver): Promise<Part> {
  const walk = await walkTree(dmarcLookup(resolver), domain);
  const publish: RecordToPublish = {
    area: 'dmarc',
    name: `_dmarc.${domain}`,
    type: 'TXT',
    value: `v=DMARC1; p=none; rua=mailto:dmarc@${domain}`,
  };
  if (!walk.ok)
    return part([line('dmarc', 'unknown', `The DMARC policy could not be found: ${walk.reason}.`)]);
  const own = walk.found.find((f) => f.domain === domain);
  // RFC 9989 §4.10.1: without a record of its own the domain follows the organization's.
  const applied: Found | undefined = own ?? walk.found.at(-1);
  if (applied === undefined) return part([line('dmarc', 'bad', `${domain} has no DMARC record.`)], [publish]);
  const { record } = applied;
  const policy = own === undefined ? (record.subdomainPolicy ?? record.policy) : record.policy;
  const where = own === undefined ? ` (from ${applied.domain})` : '';
  const lines = [dmarcPolicyLine(policy, where, record.isTesting)];
  if (!record.isUsable)
    lines.push(line('dmarc', 'bad', `The DMARC record${where} is of no use: its policy cannot be read.`));
  for (const defect of record.defects)
    lines.push(line('dmarc', 'warning', `The DMARC record${where} has a wrong tag: ${defect}.`));
  if (record.aggregateReports.length === 0)
    lines.push(
      line(
        'dmarc',
        'warning',
        `The DMARC record${where} asks for no reports (rua): nobody learns who sends as ${domain}.`,
      ),
    );
  return part(lines, record.isUsable ? [] : [publish]);
}

function dmarcPolicyLine(policy: string, where: string, isTesting: boolean): CheckLine {
  if (isTesting) return line('dmarc', 'warning', `DMARC says p=${policy}${where}, but t=y makes it a test.`);
  if (policy === 'reject')
    return line('dmarc', 'good', `DMARC says p=reject${where}: forged mail is refused.`);
  if (policy === 'quarantine')
    return line('dmarc', 'warning', `DMARC says p=quarantine${where}: forged mail lands in spam folders.`);
  return line('dmarc', 'warning', `DMARC says p=none${where}: forged mail is delivered.`);
}

async function checkSts(domain: string, ours: OurSide, resolver: Resolver): Promise<Part> {
  const name = `_mta-sts.${domain}`;
  const answer = await resolver.txt(name);
  if (answer.kind === 'error') return part([dnsFailed('mta-sts', name, answer)]);
  const id = answer.kind === 'records' ? parseStsRecord(answer.records) : undefined;
  if (id === undefined) {
    const publish: RecordToPublish[] = [
      {
        area: 'mta-sts',
        name,
        type: 'TXT',
        value: `v=STSv1; id=${new Date(ours.nowMs).toISOString().replaceAll(/\D/g, '').slice(0, 14)}`,
      },
      {
        area: 'mta-sts',
        name: `mta-sts.${domain}`,
        type: 'CNAME',
        value: 'the web server that serves /.well-known/mta-sts.txt',
        isAdvice: true,
      },
    ];
    return part(
      [
        line(
          'mta-sts',
          'warning',
          `${domain} has no MTA-STS record, so others may be tricked into sending in clear.`,
        ),
      ],
      publish,
    );
  }
  return part([
    line('mta-sts', 'good', `MTA-STS is announced (id ${id}).`),
    await stsPolicyLine(domain, ours, resolver),
  ]);
}

async function stsPolicyLine(domain: string, ours: OurSide, resolver: Resolver): Promise<CheckLine> {
  if (ours.fetchStsPolicy === undefined)
    return line('mta-sts', 'unknown', 'The MTA-STS policy was not fetched.');
  const text = await ours.fetchStsPolicy(domain);
  if (!text.ok) return line('mta-sts', 'bad', `The MTA-STS policy cannot be fetched: ${text.error}.`);
  const policy = parseStsPolicy(text.value);
  if (!policy.ok) return line('mta-sts', 'bad', `The MTA-STS policy is broken: ${policy.error}.`);
  const mx = await resolver.mx(domain);
  const hosts = mx.kind === 'records' ? mx.records.map((r) => r.exchange) : [];
  const outside = hosts.filter((h) => !policyNamesMx(policy.value, h));
  if (outside.length > 0)
    return line('mta-sts', 'bad', `The MTA-STS policy does not name ${outside.join(', ')}.`);
  if (policy.value.mode !== 'enforce')
    return line('mta-sts', 'warning', `The MTA-STS policy is in mode ${policy.value.mode}.`);
  return line('mta-sts', 'good', 'The MTA-STS policy enforces TLS and names every MX.');
}

async function checkTlsRpt(domain: string, resolver: Resolver): Promise<Part> {
  const name = `_smtp._tls.${domain}`;
  const answer = await resolver.txt(name);
  if (answer.kind === 'error') return part([dnsFailed('tls-rpt', name, answer)]);
  // RFC 8460 §3: one record that begins with the version, and a place for the reports.
  const records = answer.kind === 'records' ? answer.records.filter((r) => /^v=TLSRPTv1\s*;/.test(r)) : [];
  const publish: RecordToPublish = {
    area: 'tls-rpt',
    name,
    type: 'TXT',
    value: `v=TLSRPTv1; rua=mailto:tls-reports@${domain}`,
  };
  if (records.length === 0)
    return part(
      [line('tls-rpt', 'warning', `${domain} asks for no TLS reports, so failures at others stay unseen.`)],
      [publish],
    );
  const isWhole = records.length === 1 && /;\s*rua\s*=\s*(mailto|https):[^\s;]+/i.test(records[0] ?? '');
  return isWhole
    ? part([line('tls-rpt', 'good', 'TLS reports are asked for.')])
    : part([line('tls-rpt', 'bad', `The TLS-RPT record at ${name} is broken.`)], [publish]);
}

async function checkPtr(ours: OurSide, addresses: readonly string[], resolver: Resolver): Promise<Part> {
  if (addresses.length === 0)
    return part([
      line(
        'ptr',
        'unknown',
        `${ours.hostname} has no address in DNS, so its reverse names cannot be looked at.`,
      ),
    ]);
  const parts = await Promise.all(addresses.map((ip) => checkOnePtr(ip, ours, resolver)));
  return part(
    parts.flatMap((p) => p.lines),
    parts.flatMap((p) => p.publish),
  );
}

async function checkOnePtr(text: string, ours: OurSide, resolver: Resolver): Promise<Part> {
  const ip = parseIp(text);
  if (ip === undefined) return part([line('ptr', 'bad', `${text} is no address.`)]);
  const name = reverseName(ip);
  const answer = await resolver.ptr(name);
  const publish: RecordToPublish = { area: 'ptr', name, type: 'PTR', value: `${ours.hostname}.` };
  if (answer.kind === 'error') return part([dnsFailed('ptr', name, answer)]);
  const names = answer.kind === 'records' ? answer.records.map((r) => r.toLowerCase()) : [];
  if (names.includes(ours.hostname))
    return part([line('ptr', 'good', `${text} is called ${ours.hostname}.`)]);
  const found = names.length === 0 ? 'has no name' : `is called ${names.join(', ')}`;
  return part(
    [line('ptr', 'bad', `${text} ${found}, not ${ours.hostname}: many refuse mail from it.`)],
    [publish],
  );
}
