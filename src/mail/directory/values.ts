/**
 * The things of the directory as operators write them, with one schema each: API, CLI, declaration and commands all parse
 * by these, so that what one of them takes the others take. `name` is always what identifies the thing within its tenant.
 */
import { z } from 'zod';
import { isIP } from 'node:net';
import { parseIp, parseNetwork, formatIp } from '#core/ip.ts';
import { toAsciiDomain } from '#protocol/address/domain.ts';
import { parseMailbox } from '#protocol/address/mailbox.ts';

/** A domain in A-label form; other forms are converted. */
export const domainName = z
  .string()
  .max(1000)
  .transform((text, ctx): string => {
    const name = toAsciiDomain(text.trim());
    if (name !== undefined && name.includes('.') && isIP(name) === 0) return name;
    ctx.addIssue({ code: 'custom', message: `"${shown(text)}" is no domain name` });
    return z.NEVER;
  });

const hostName = z
  .string()
  .max(1000)
  .transform((text, ctx): string => {
    const ip = parseIp(text);
    const name = ip === undefined ? toAsciiDomain(text.trim()) : formatIp(ip);
    if (name !== undefined) return name;
    ctx.addIssue({ code: 'custom', message: `"${shown(text)}" is neither a host name nor an address` });
    return z.NEVER;
  });

const network = z
  .string()
  .max(64)
  .transform((text, ctx): string => {
    const parsed = parseNetwork(text.trim());
    if (parsed === undefined) {
      ctx.addIssue({ code: 'custom', message: `"${shown(text)}" is no network such as 192.0.2.0/24` });
      return z.NEVER;
    }
    // A short prefix is nearly always a slip, and would open the relay to strangers.
    const shortest = parsed.ip.version === 4 ? 8 : 19;
    if (parsed.prefix < shortest) {
      ctx.addIssue({
        code: 'custom',
        message: `"${shown(text)}" is too wide: at least /${shortest} is needed`,
      });
      return z.NEVER;
    }
    return `${formatIp(parsed.ip)}/${parsed.prefix}`;
  });

/** SHA-256 in hex, colons allowed as `openssl x509 -fingerprint` prints them. */
const sha256 = z
  .string()
  .max(200)
  .transform((text, ctx): string => {
    const hex = text.replaceAll(':', '').trim().toLowerCase();
    if (/^[0-9a-f]{64}$/.test(hex)) return hex;
    ctx.addIssue({ code: 'custom', message: 'must be a SHA-256 fingerprint: 64 hexadecimal digits' });
    return z.NEVER;
  });

const pem = z
  .string()
  .max(1_000_000)
  .refine(
    (t) => /-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----/.test(t),
    'must be certificates in PEM form',
  );

/** `name@example.org` or `@example.org`, the domain in A-label form. */
const mayUseEntry = z
  .string()
  .max(1000)
  .transform((text, ctx): string => {
    const parsed = parseMayUse(text.trim());
    if (parsed !== undefined) return parsed;
    ctx.addIssue({ code: 'custom', message: `"${shown(text)}" is neither an address nor @domain` });
    return z.NEVER;
  });

function parseMayUse(text: string): string | undefined {
  if (text.startsWith('@')) {
    const domain = toAsciiDomain(text.slice(1));
    return domain === undefined ? undefined : `@${domain}`;
  }
  const mailbox = parseMailbox(text, { smtpUtf8: true });
  return mailbox.ok ? mailbox.value.address : undefined;
}

const mayUse = z
  .array(mayUseEntry)
  .max(1000)
  .default([])
  .describe('Addresses, or @domain, that may be sent as; empty means every domain of the tenant.');

const label = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'must be a short name of lower-case letters, digits, dots and hyphens',
  );

const tls = z.enum(['none', 'opportunistic', 'required', 'verified']);

const hop = {
  host: hostName.describe('Name or address of the host.'),
  port: z.int().min(1).max(65_535).default(25).describe('TCP port.'),
  protocol: z.enum(['smtp', 'lmtp']).default('smtp').describe('What the host speaks.'),
  tls: tls.default('opportunistic').describe('How safe the transport must be.'),
  fingerprints: z
    .array(sha256)
    .max(16)
    .default([])
    .describe('SHA-256 of the certificates that are accepted, when any are named.'),
  caPem: pem.optional().describe('Anchors for `verified` instead of those of the system.'),
};

export const nextHop = z.strictObject(hop).transform((h) => ({
  ...h,
  // A pin without TLS would never be looked at.
  tls:
    h.fingerprints.length > 0 && (h.tls === 'none' || h.tls === 'opportunistic')
      ? ('required' as const)
      : h.tls,
}));

export const domainValue = z
  .strictObject({
    name: domainName,
    subdomains: z
      .boolean()
      .default(false)
      .describe('Whether names below it are ours, too, with the same people and the same next hop.'),
    nextHop: nextHop.describe('Where its mail goes.'),
    recipients: z
      .enum(['list', 'ldap', 'callout', 'any'])
      .default('list')
      .describe('How recipients are known: imported addresses, LDAP, asking the next hop, or not at all.'),
    ldap: label.optional().describe('The LDAP source, for `recipients: ldap`.'),
    subaddress: z
      .enum(['+', '-', '=', '#', ''])
      .default('+')
      .describe('`ann+news@` is looked up as `ann@`; empty for none.'),
    caseSensitive: z.boolean().default(false).describe('Whether `Ann@` and `ann@` are two people.'),
  })
  .refine((d) => (d.recipients === 'ldap') === (d.ldap !== undefined), {
    path: ['ldap'],
    message: 'names the LDAP source, and is needed for recipients: ldap and only then',
  });

export const loginValue = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\u0000-\u0020\u007f]+$/, 'must not contain spaces or control characters')
    .toLowerCase()
    .describe('As given in SMTP AUTH; compared without case.'),
  passwordHash: z
    .string()
    .max(512)
    .regex(
      /^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,3},p=\d{1,2}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/,
      'must be an argon2id hash in PHC form',
    )
    .describe('argon2id in PHC form, as `gatehouse sender hash` prints it.'),
  mayUse,
});

export const networkValue = z.strictObject({
  name: label,
  network: network.describe(
    'Addresses of our own servers. Not those of a provider that others use, too: see cloud pins.',
  ),
  mayUse,
});

export const certificateValue = z.strictObject({
  name: label,
  sha256: sha256.describe("SHA-256 of the client's certificate."),
  mayUse,
});

/** RFC 5322 §3.6.8 field names; values must be secret enough that a stranger in the same cloud does not guess them. */
const pinHeader = z.strictObject({
  kind: z.literal('header'),
  name: z.string().regex(/^[!-9;-~]{1,76}$/, 'must be the name of a header field'),
  value: z
    .string()
    .min(16)
    .max(200)
    .describe('What the field must say exactly; known to nobody else in that cloud.'),
});
export const pinValue = z.strictObject({
  name: label,
  networks: z
    .array(network)
    .min(1)
    .max(500)
    .describe('Address ranges of the shared cloud. Never enough by themselves.'),
  pin: z.discriminatedUnion('kind', [pinHeader, z.strictObject({ kind: z.literal('certificate'), sha256 })]),
  mayUse,
});

export const partnerValue = z.strictObject({
  name: domainName,
  subdomains: z.boolean().default(false).describe('Whether it holds for names below it, too.'),
  route: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('mx'), tls: tls.default('required') }),
    z.strictObject({ kind: z.literal('host'), ...hop }),
  ]),
});

const FILTER_HELP =
  'must be an LDAP filter with matching parentheses that contains {address}, or {local} and {domain}';

/** One filter and nothing after it (RFC 4515 §3); the client library lets some that do not match pass. */
function isOneFilter(filter: string): boolean {
  let depth = 0;
  for (let i = 0; i < filter.length; i++) {
    if (filter[i] === '(') depth++;
    else if (filter[i] === ')') depth--;
    if (depth < 0 || (depth === 0 && i < filter.length - 1)) return false;
  }
  return depth === 0 && filter.startsWith('(');
}

export const ldapValue = z
  .strictObject({
    name: label,
    url: z.string().regex(/^ldaps?:\/\/[^\s/?#]+\/?$/, 'must be a URL like ldaps://ldap.example.org'),
    startTls: z.boolean().default(false).describe('STARTTLS on an ldap:// connection.'),
    caPem: pem.optional(),
    bindDn: z.string().max(1000).optional(),
    /** Base64 of what the key store sealed; commands make it from a password. */
    bindPasswordSealed: z.base64().max(10_000).optional(),
    baseDn: z.string().max(1000),
    filter: z
      .string()
      .max(4000)
      .refine(
        (f) =>
          isOneFilter(f) && (f.includes('{address}') || (f.includes('{local}') && f.includes('{domain}'))),
        FILTER_HELP,
      )
      .default('(|(mail={address})(proxyAddresses=smtp:{address}))'),
    timeoutMs: z.int().min(100).max(60_000).default(5_000),
    cacheS: z.int().min(0).max(86_400).default(3_600),
    negativeCacheS: z.int().min(0).max(86_400).default(300),
  })
  .refine(
    (l) => (l.bindDn === undefined) === (l.bindPasswordSealed === undefined),
    'a bind DN and its password go together',
  )
  .refine((l) => l.bindDn === undefined || l.url.startsWith('ldaps:') || l.startTls || isLocal(l.url), {
    path: ['url'],
    message: 'would send the bind password in clear: use ldaps:// or startTls',
  });

const isLocal = (url: string): boolean => /^ldap:\/\/(localhost|127\.[\d.]+|\[::1\])(:\d+)?\/?$/.test(url);

const ip4 = z.ipv4({ error: 'must be an IPv4 address' });
const ip6 = z.ipv6({ error: 'must be an IPv6 address' });
const source = {
  sourceIp4: ip4.optional().describe('Our IPv4 address to send from.'),
  sourceIp6: ip6.optional().describe('Our IPv6 address to send from.'),
  heloName: hostName.optional().describe('What we call ourselves when we send from there.'),
};

/** A domain, `*.domain` for every name below it, or `*` for all. */
const destinationName = z
  .string()
  .max(1000)
  .transform((text, ctx): string => {
    if (text === '*') return text;
    const isBelow = text.startsWith('*.');
    const name = domainName.safeParse(isBelow ? text.slice(2) : text);
    if (name.success) return isBelow ? `*.${name.data}` : name.data;
    ctx.addIssue({
      code: 'custom',
      message: `"${shown(text)}" is neither a domain name nor *.domain, nor * for all`,
    });
    return z.NEVER;
  });

export const destinationValue = z
  .strictObject({
    name: destinationName,
    maxConnections: z.int().min(1).max(1000).optional(),
    messagesPerMinute: z.int().min(1).max(1_000_000).optional(),
    ...source,
    state: z
      .enum(['normal', 'pause', 'hold', 'reroute'])
      .default('normal')
      .describe(
        'pause: mail waits in the queue and grows old. hold: mail is set aside until somebody decides. reroute: it goes to nextHop.',
      ),
    until: z.iso
      .datetime({ offset: true, error: 'must be a time such as 2026-12-31T08:00:00Z' })
      .transform((text) => new Date(text).toISOString())
      .optional()
      .describe('When the state is over; until further notice when left out.'),
    reason: z.string().min(1).max(500).optional(),
    nextHop: nextHop.optional().describe('Where a rerouted destination goes.'),
  })
  .refine((d) => (d.state === 'reroute') === (d.nextHop !== undefined), {
    path: ['nextHop'],
    message: 'belongs to the state "reroute", which needs it',
  })
  .refine((d) => d.until === undefined || d.state === 'pause' || d.state === 'reroute', {
    path: ['until'],
    message: 'is for "pause" and "reroute"; a hold ends when somebody ends it',
  });

const seconds = (max: number): z.ZodInt => z.int().min(1).max(max);
const DAY_S = 86_400;
/** How a tenant's mail is delivered; what is left out is the product's default. */
export const tenantSettings = z
  .strictObject({
    language: z.enum(['en', 'de', 'nl']).optional().describe('Language of reports to its people.'),
    retryWaitsS: z
      .array(seconds(DAY_S))
      .min(1)
      .max(50)
      .optional()
      .describe('Seconds to wait after the first, second, … failure; the last one repeats.'),
    maxAgeS: seconds(30 * DAY_S)
      .optional()
      .describe('How long it is tried before the sender is told that it failed.'),
    bounceMaxAgeS: seconds(30 * DAY_S)
      .optional()
      .describe('The same for reports, which have nobody to tell.'),
    delayNoticesS: z
      .array(seconds(30 * DAY_S))
      .max(10)
      .optional()
      .describe('Ages at which the sender is told that the message is late.'),
    ...source,
  })
  .refine((t) => t.maxAgeS === undefined || t.maxAgeS >= Math.max(60, t.retryWaitsS?.[0] ?? 0), {
    path: ['maxAgeS'],
    message: 'is shorter than the first wait: nothing would ever be tried again',
  });

export type DomainValue = z.output<typeof domainValue>;
export type LoginValue = z.output<typeof loginValue>;
export type NetworkValue = z.output<typeof networkValue>;
export type CertificateValue = z.output<typeof certificateValue>;
export type PinValue = z.output<typeof pinValue>;
export type PartnerValue = z.output<typeof partnerValue>;
export type LdapValue = z.output<typeof ldapValue>;
export type DestinationValue = z.output<typeof destinationValue>;
export type TenantSettings = z.output<typeof tenantSettings>;

const shown = (text: string): string => text.slice(0, 100).replaceAll(/[\u0000-\u001f\u007f]/g, '\u{fffd}');
