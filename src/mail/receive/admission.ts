/**
 * Who may send what to whom, asked at MAIL, RCPT and the end of data. One Admission belongs to one connection and holds what
 * that client has shown to be: a known sender by network, certificate or password, or a stranger.
 *
 * Unknown recipients are refused here, in the dialogue, so that nothing of ours ever bounces to a forged sender.
 */
import type { TenantId } from '#core/id.ts';
import { assertNever } from '#core/result.ts';
import type {
  ClientFacts,
  Directory,
  PinnedSender,
  RecipientAnswer,
  Sender,
  TenantTrouble,
} from '#mail/directory/types.ts';
import { parentDomain } from '#protocol/address/domain.ts';
import { fieldsNamed, fieldText, type Header } from '#protocol/message/header.ts';
import type { MailFrom, RcptTo } from '#protocol/smtp/mail-parameters.ts';
import { replies, type Reply } from '#protocol/smtp/replies.ts';
import type { Credentials } from '#protocol/smtp/sasl.ts';
import type { Finding } from '#mail/finding.ts';
import type { ListenerConfig } from './config.ts';
import type { DnsblAnswer } from './dnsbl.ts';
import type { Greylist } from './greylist.ts';
import { authorFinding } from './header-author.ts';
import type { ClientLimits } from './limits.ts';

export type AdmissionOptions = {
  readonly config: ListenerConfig;
  readonly directory: Directory;
  readonly limits: ClientLimits;
  /** Asked for strangers only; started at connect, waited for at the first RCPT. */
  readonly reputation: () => Promise<DnsblAnswer>;
  readonly greylist: Greylist | undefined;
};

/** Who sends, and what about the author speaks against it. */
export type Settled = { readonly sender: Sender | undefined; readonly findings: readonly Finding[] };

/** What one transaction has come to. */
type Course = {
  readonly sender: Sender | undefined;
  /** Known only after the message's header confirms one; until then foreign recipients are taken on trial. */
  readonly pinned: readonly PinnedSender[];
  tenant: TenantId | undefined;
  /** A recipient who is not the tenant's. */
  hasForeign: boolean;
};

export class Admission {
  readonly #options: AdmissionOptions;
  #client: Sender | undefined;
  #pinned: readonly PinnedSender[] = [];
  #course: Course = { sender: undefined, pinned: [], tenant: undefined, hasForeign: false };

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Looks at address and certificate: at connect, and again after STARTTLS or XCLIENT. */
  recognise(facts: ClientFacts): void {
    const { directory, config } = this.#options;
    const sender = directory.clientSender(facts);
    this.#client = sender !== undefined && config.admit.includes(sender.method) ? sender : undefined;
    const clouds = directory.pinnedClouds(facts);
    // A certificate is proof at once; a header can only be read when the message is here.
    this.#pinned = clouds.filter((c) => c.pin.kind === 'header');
    this.#client ??= clouds.find((c) => c.pin.kind === 'certificate')?.sender;
  }

  async authenticate({ login, password }: Credentials): Promise<Reply> {
    const sender = await this.#options.directory.authenticate(login, password);
    if (sender === undefined) return replies.authFailed();
    this.#client = sender;
    return replies.authenticated();
  }

  async mail(id: string, mail: MailFrom): Promise<Reply> {
    const { config, directory, limits } = this.#options;
    if (!(await limits.takeMessage())) return replies.slowDown();
    const known = this.#client;
    if (config.kind !== 'mx' && known === undefined && this.#pinned.length === 0)
      return config.admit.includes('password') ? replies.authRequired() : replies.clientDenied();
    const from = mail.mailbox.address;
    const mayUse = known === undefined || directory.maySendAs(known, from);
    if (!mayUse && config.kind !== 'mx') return replies.senderNotAllowed();
    // On an MX a known host may also hand on strangers' mail to our people; it then has no more rights than a stranger.
    const sender = mayUse ? known : undefined;
    const trouble = sender === undefined ? undefined : directory.trouble?.(sender.tenant);
    if (trouble !== undefined) return SENDER_TROUBLE[trouble]();
    this.#course = {
      sender,
      pinned: sender === undefined ? this.#pinned.filter((p) => directory.maySendAs(p.sender, from)) : [],
      tenant: sender?.tenant,
      hasForeign: false,
    };
    return replies.senderOk(id);
  }

  async recipient(mail: MailFrom, rcpt: RcptTo): Promise<Reply> {
    const { config, directory, limits } = this.#options;
    if (!(await limits.takeRecipient())) return replies.slowDown();
    const isStranger = this.#course.sender === undefined;
    const reputation = isStranger && config.kind === 'mx' ? await this.#options.reputation() : undefined;
    const score = reputation?.score ?? 0;
    if (config.dnsblRefuseScore > 0 && score >= config.dnsblRefuseScore) return replies.listed();
    const address = this.address(rcpt);
    const reply = this.#judge(await directory.recipient(address));
    if (reply.code >= 300 || !isStranger || this.#options.greylist === undefined) return reply;
    const network = limits.network;
    const sender = mail.mailbox.address;
    const grey = await this.#options.greylist({ network, sender, recipient: address, score });
    return grey === 'pass' ? reply : replies.greylisted();
  }

  /**
   * RFC 5321 §4.5.1: `<postmaster>` is the postmaster of this host: of the nearest domain of ours above its name, else of
   * the first we own. Where we own none nobody can be reached, and the host's own name is refused like any foreign one.
   */
  address(rcpt: RcptTo): string {
    if (rcpt.mailbox.domain !== '') return rcpt.mailbox.address;
    const { config, directory } = this.#options;
    let domain = config.hostname.toLowerCase();
    while (domain !== '' && directory.ownerOf(domain) === undefined) domain = parentDomain(domain);
    return `postmaster@${domain === '' ? (directory.firstDomain() ?? config.hostname) : domain}`;
  }

  #judge(answer: RecipientAnswer): Reply {
    const course = this.#course;
    switch (answer.kind) {
      case 'known': {
        const trouble = this.#options.directory.trouble?.(answer.tenant);
        if (trouble !== undefined) return RECIPIENT_TROUBLE[trouble]();
        if (course.sender !== undefined) {
          course.hasForeign ||= answer.tenant !== course.tenant;
          return replies.recipientOk();
        }
        // A message has one tenant; the sender sends the rest in a message of its own.
        if (course.tenant !== undefined && course.tenant !== answer.tenant) return replies.otherTenant();
        course.tenant = answer.tenant;
        return replies.recipientOk();
      }
      case 'unknown':
        if (course.sender === undefined) this.#options.limits.noteUnknownRecipient();
        return replies.unknownRecipient();
      case 'foreign':
        return this.#foreign();
      case 'unavailable':
        return replies.directoryUnavailable();
      default:
        return assertNever(answer);
    }
  }

  #foreign(): Reply {
    const course = this.#course;
    if (course.sender !== undefined) {
      course.hasForeign = true;
      return replies.recipientOk();
    }
    // Several tenants of one cloud may fit (always so for the null sender): the first that fits the recipients so far is
    // tried, and the header then says whether it was the right one.
    const fitting = course.pinned.find(
      (p) => course.tenant === undefined || p.sender.tenant === course.tenant,
    );
    if (fitting === undefined)
      return course.pinned.length === 0 ? replies.relayDenied() : replies.otherTenant();
    const trouble = this.#options.directory.trouble?.(fitting.sender.tenant);
    if (trouble !== undefined) return SENDER_TROUBLE[trouble]();
    course.hasForeign = true;
    course.tenant = fitting.sender.tenant;
    return replies.recipientOk();
  }

  get tenant(): TenantId | undefined {
    return this.#course.tenant;
  }

  /** The sender of this message, now that its header is known; a Reply when it may not go where it was addressed. */
  settle(header: Header): Settled | Reply {
    const claimed = this.#senderBy(header);
    if (claimed === undefined || 'code' in claimed) return claimed ?? { sender: undefined, findings: [] };
    const { directory, config } = this.#options;
    const finding = authorFinding(directory, claimed, header);
    if (finding === undefined) return { sender: claimed, findings: [] };
    // As at MAIL: with an author not its own, a known host on an MX hands on strangers' mail.
    if (config.kind === 'mx' && !this.#course.hasForeign) return { sender: undefined, findings: [] };
    return { sender: claimed, findings: [finding] };
  }

  #senderBy(header: Header): Sender | Reply | undefined {
    const { sender, pinned, hasForeign, tenant } = this.#course;
    if (sender !== undefined || pinned.length === 0) return sender;
    const confirmed = pinned.find((p) => p.sender.tenant === tenant && carriesPin(header, p));
    if (confirmed !== undefined) return confirmed.sender;
    return hasForeign || this.#options.config.kind !== 'mx' ? replies.relayDenied() : undefined;
  }
}

/** Mail to a tenant waits outside until it may come in; mail of a suspended one is not taken, so that its sender knows. */
const RECIPIENT_TROUBLE = {
  suspended: replies.recipientSuspended,
  elsewhere: replies.elsewhere,
  limit: replies.tenantLimit,
} as const satisfies Record<TenantTrouble, () => Reply>;
const SENDER_TROUBLE = {
  ...RECIPIENT_TROUBLE,
  suspended: replies.senderSuspended,
} as const satisfies Record<TenantTrouble, () => Reply>;

/** The cloud stamps its tenant's name once; a message with two such fields was helped along by somebody. */
function carriesPin(header: Header, { pin }: PinnedSender): boolean {
  if (pin.kind !== 'header') return false;
  const [field, ...more] = fieldsNamed(header, pin.name);
  return field !== undefined && more.length === 0 && fieldText(header, field) === pin.value;
}
