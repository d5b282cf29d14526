/**
 * The sections of the machine configuration that belong to no room of the product. Each field has its help sentence here and
 * nowhere else: the example file, the manual page and the complaints are made from it.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { parseServer } from '../dns/resolv-conf.ts';

export const port = z.int().min(0).max(65_535);
export const path = z.string().min(1).max(4096);
const ms = (min: number, max: number): z.ZodInt => z.int().min(min).max(max);
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

export const hostName = z
  .string()
  .toLowerCase()
  .refine(
    (t) => HOST_NAME.test(t) && isIP(t) === 0,
    'must be a host name in ASCII form, such as mx.example.org',
  );

export const dataSection = path
  .default('./data')
  .describe('Folder of everything Gatehouse stores. Created at the first start.');

export const keysSection = path
  .optional()
  .describe(
    'Folder of the root key, which unlocks the data. Keep it, and its backup, apart from the data. Default: `keys` beside the data folder.',
  );

export const databaseSection = z
  .strictObject({
    url: z
      .string()
      .regex(/^postgres(ql)?:\/\/\S+$/, 'must be a URL like postgresql://user@host/name')
      .optional()
      .describe(
        'A PostgreSQL that you run. Put a password into the environment (GATEHOUSE_DATABASE_URL), not into the file.',
      ),
    appUrl: z
      .string()
      .regex(/^postgres(ql)?:\/\/\S+$/, 'must be a URL like postgresql://gatehouse_app@host/name')
      .optional()
      .describe(
        'The same database for API, console and command line, as the role gatehouse_app, which sees one tenant at a time. Without it the connection of `url` is handed to that role.',
      ),
    systemUrl: z
      .string()
      .regex(/^postgres(ql)?:\/\/\S+$/, 'must be a URL like postgresql://gatehouse_system@host/name')
      .optional()
      .describe('The same database for mail and periodic jobs, as the role gatehouse_system.'),
    embedded: z
      .boolean()
      .optional()
      .describe(
        'The PostgreSQL from the npm package, started by Gatehouse. For evaluation. This is the default.',
      ),
    distribution: z
      .boolean()
      .optional()
      .describe(
        "The distribution's PostgreSQL programs, started by Gatehouse on a cluster of its own below the data folder.",
      ),
    maxConnections: z.int().min(2).max(500).default(16).describe('Connections this process opens at most.'),
    statementTimeoutMs: ms(100, 600_000).default(15_000).describe('No statement may take longer.'),
  })
  .prefault({})
  .describe('Where the database is: exactly one of `url`, `embedded`, `distribution`.');

export const hostnameSection = hostName
  .optional()
  .describe(
    'Our name in greetings, EHLO and Received; it should resolve to our address and back. Default: the name of this machine.',
  );

export const httpSection = z
  .strictObject({
    host: z
      .string()
      .refine((t) => t === 'localhost' || isIP(t) !== 0, 'must be an IP address or localhost')
      .default('127.0.0.1')
      .describe('Address of the API and console. Any but loopback needs `tls.certificate` and `tls.key`.'),
    port: port.default(8080).describe('Port of the API and console; 0 takes a free one.'),
    publicUrl: z
      .string()
      .regex(/^https:\/\/[a-z0-9.-]+(:\d{1,5})?$/, 'must be an origin like https://gate.example')
      .optional()
      .describe(
        'Where people reach the console: its name is what passkeys are bound to, and so must not change later. Without it the console is for this machine (http://localhost).',
      ),
    privateProviders: z
      .boolean()
      .default(false)
      .describe(
        'Whether OpenID providers, which administrators of tenants name, may stand in private networks. Off, so that no tenant can have us ask around in ours.',
      ),
  })
  .prefault({})
  .describe('The HTTP side: API, console, health, metrics.');

const dnsServer = z
  .string()
  .refine(
    (t) => parseServer(t) !== undefined,
    'must be an address, 192.0.2.53 or 192.0.2.53:5353 or [2001:db8::53]:5353',
  );

export const dnsSection = z
  .strictObject({
    servers: z
      .array(dnsServer)
      .max(16)
      .default([])
      .describe('Resolvers to ask. Default: those of /etc/resolv.conf.'),
    validating: z
      .boolean()
      .default(false)
      .describe(
        'The servers named here validate DNSSEC and are reached over a path nobody can change, such as loopback: their AD flag is believed. Without this there is no DANE.',
      ),
    timeoutMs: ms(50, 30_000).default(2_000).describe('Wait for one answer from one server.'),
    rounds: z
      .int()
      .min(1)
      .max(5)
      .default(2)
      .describe('How often all servers are tried before a question has failed.'),
  })
  .prefault({})
  .describe('How names are looked up.');

export const tlsSection = z
  .strictObject({
    certificate: path.optional().describe('PEM file: our certificate and then its chain.'),
    key: path.optional().describe('PEM file: the private key of the certificate.'),
    nextKey: path
      .optional()
      .describe(
        'PEM file: the key (or certificate) that comes next. Only `domain check` reads it, to have its TLSA record published before.',
      ),
  })
  .prefault({})
  .describe(
    'The certificate of the SMTP listeners. Default: a self-signed one made at the first start, good for opportunistic TLS only.',
  );

export const logSection = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('The least severe events to write.'),
  })
  .prefault({})
  .describe("The operator's log, on standard error: JSON, or one readable line per event on a terminal.");

export const workersSection = z
  .strictObject({
    processes: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe(
        'Mail processes. Default: one per core, at most 4. They count the limits of a listener together.',
      ),
    deliveries: z
      .int()
      .min(1)
      .max(2_000)
      .default(64)
      .describe('Deliveries at the same time in one mail process.'),
  })
  .prefault({})
  .describe('How much is done at once.');

const place = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'must be a word of a-z, 0-9 and -, at most 31 long');

export const nodeSection = z
  .strictObject({
    labels: z
      .array(place)
      .max(32)
      .default([])
      .describe(
        'Places this machine belongs to, such as de. Mail, keys and jobs of a tenant that is pinned to another place are not for it.',
      ),
  })
  .prefault({})
  .describe('This machine among others.');

export const storageSection = z
  .strictObject({
    targets: z
      .array(
        z.strictObject({
          name: place.describe('The place; tenants are pinned to it by this name.'),
          directory: path.describe('Folder of the bodies of the tenants that are pinned to it.'),
        }),
      )
      .max(32)
      .default([])
      .describe(
        'Where bodies of tenants are stored that are pinned to a place. Others: below the data folder.',
      ),
  })
  .prefault({})
  .describe('Where data is.');

export const tenantsSection = z
  .strictObject({
    deletionGraceS: z
      .int()
      .min(0)
      .max(366 * 86_400)
      .default(30 * 86_400)
      .describe(
        'Seconds between the order to delete a tenant and its end, in which the order can be taken back.',
      ),
    exports: path
      .optional()
      .describe('Folder that exports of tenants are written to. Default: `exports` below the data folder.'),
  })
  .prefault({})
  .describe('What operators do with tenants.');

export const policySection = path
  .optional()
  .describe(
    'Policy file: what is done about what the checks find. Default: policies/default.yaml of the program.',
  );

export const authenticationSection = z
  .strictObject({
    authservId: hostName
      .optional()
      .describe(
        'Our name in Authentication-Results. Default: the hostname. Fields of this name from outside are removed.',
      ),
    trustedSealers: z
      .array(hostName)
      .default([])
      .describe(
        'Domains (d=) whose ARC seal is believed: forwarders and lists that check what they pass on. What they sign as a mailing list is held, not rejected, under a DMARC policy of reject.',
      ),
  })
  .prefault({})
  .describe('How senders are authenticated.');

export const deliverySection = z
  .strictObject({
    mxPort: port.default(25).describe('Port of the hosts that MX records name. Only a lab uses another.'),
    allowMxInto: z
      .array(
        z.string().regex(/^[0-9a-f.:]+(\/\d{1,3})?$/i, 'must be an address or a network like 127.0.0.0/8'),
      )
      .default([])
      .describe(
        'Networks that MX records of strangers may point into although they lead to this machine. Only for labs.',
      ),
    reportLanguage: z
      .enum(['en', 'de', 'nl'])
      .default('en')
      .describe('Language of delivery reports, where a tenant has not chosen its own.'),
    unprovenReports: z
      .strictObject({
        recipientsPerMessage: z
          .int()
          .min(1)
          .max(1_000)
          .default(10)
          .describe('Failed recipients of one message that such a sender is told of.'),
        perDomainAndHour: z
          .int()
          .min(1)
          .max(100_000)
          .default(30)
          .describe('Failure reports an hour to one domain that nothing proves to be the sender.'),
      })
      .prefault({})
      .describe('Failure reports to senders whom neither SPF nor DMARC proves: they may reach a victim.'),
    caFile: path
      .optional()
      .describe(
        'PEM file: the roots that certificates of next hops and MTA-STS hosts are checked by. Default: the system’s.',
      ),
    retryWaitsS: z
      .array(z.int().min(1).max(86_400))
      .min(1)
      .max(50)
      .optional()
      .describe(
        'Seconds to wait after the first, second, … failed try; the last one repeats. Default: 300, 600, 1200, 1800, 3600, 7200, 14400.',
      ),
    giveUpAfterS: z
      .int()
      .min(1)
      .max(30 * 86_400)
      .optional()
      .describe('Age in seconds at which a message is returned to its sender. Default: 5 days.'),
  })
  .prefault({})
  .describe('How mail goes out.');
