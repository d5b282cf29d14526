/**
 * Who may send what to whom, asked at MAIL, RCPT and the end of data. One Admission belongs to one connection and holds what
 * that client has shown to be: a known sender by network, certificate or password, or a stranger.
 *
 * Unknown recipients are refused here, in the dialogue, so that nothing of ours ever bounces to a forged sender.
 */
import type { TenantId } from '#core/id.ts';
import { assertNever } from '#core/result.ts';
import type { ClientFacts, CloudPin, Directory, RecipientAnswer, Sender } from '#mail/directory/types.ts';
import { fieldsNamed, fieldText, type Header } from '#protocol/message/header.ts';
import type { MailFrom, RcptTo } from '#protocol/smtp/mail-parameters.ts';
import { replies, type Reply } from '#protocol/smtp/replies.ts';
import type { Credentials } from '#protocol/smtp/sasl.ts';
import type { ListenerConfig } from './config.ts';
import type { DnsblAnswer } from './dnsbl.ts';
import type { Greylist } from './greylist.ts';
import type { ClientLimits } from './limits.ts';

export type AdmissionOptions = {
  readonly config: ListenerConfig;
  readonly directory: Directory;
  readonly limits: ClientLimits;
  /** Asked for strangers only; started at connect, waited for at the first RCPT. */
  readonly reputation: () => Promise<DnsblAnswer>;
  readonly greylist: Greylist | undefined;
};

/** What one transaction has come to. */
type Course = {
  readonly sender: Sender | undefined;
  /** Known only after the message's header confirms it; until then foreign recipients are taken on trial. */
  readonly pinned: { readonly sender: Sender; readonly pin: CloudPin } | undefined;
  tenant: TenantId | undefined;
  hasForeign: boolean;
};

export class Admission {
  readonly #options: AdmissionOptions;
  #client: Sender | undefined;
  #pinned: Course['pinned'];
  #course: Course = { sender: undefined, pinned: undefined, tenant: undefined, hasForeign: false };

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Looks at address and certificate: at connect, and again after STARTTLS or XCLIENT. */
  recognise(facts: ClientFacts): void {
    const { directory, config } = this.#options;
    const sender = directory.clientSender(facts);
    this.#client = sender !== undefined && config.admit.includes(sender.method) ? sender : undefined;
    const cloud = directory.pinnedCloud(facts);
    this.#pinned = undefined;
    if (cloud === undefined) return;
    // A certificate is proof at once; a header can only be read when the message is here.
    if (cloud.pin.kind === 'header') this.#pinned = cloud;
    else if (cloud.pin.sha256.toLowerCase() === facts.clientCertSha256) this.#client ??= cloud.sender;
  }

  async authenticate({ login, password }: Credentials): Promise<Reply> {
    const sender = await this.#options.directory.authenticate(login, password);
    if (sender === undefined) return replies.authFailed();
    this.#client = sender;
    return replies.authenticated();
  }

  mail(id: string, mail: MailFrom): Reply {
    const { config, directory, limits } = this.#options;
    if (!limits.takeMessage()) return replies.slowDown();
    const known = this.#client;
    if (config.kind !== 'mx' && known === undefined && this.#pinned === undefined)
      return config.admit.includes('password') ? replies.authRequired() : replies.clientDenied();
    const mayUse = known === undefined || directory.maySendAs(known, mail.mailbox.address);
    if (!mayUse && config.kind !== 'mx') return replies.senderNotAllowed();
    // On an MX a known host may also hand on strangers' mail to our people; it then has no more rights than a stranger.
    const sender = mayUse ? known : undefined;
    this.#course = {
      sender,
      pinned: sender === undefined ? this.#pinned : undefined,
      tenant: sender?.tenant,
      hasForeign: false,
    };
    return replies.senderOk(id);
  }

  async recipient(mail: MailFrom, rcpt: RcptTo): Promise<Reply> {
    const { config, directory, limits } = this.#options;
    if (!limits.takeRecipient()) return replies.slowDown();
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

  /** RFC 5321 §4.5.1: `<postmaster>` is the postmaster of this host. */
  address(rcpt: RcptTo): string {
    return rcpt.mailbox.domain === '' ? `postmaster@${this.#options.config.hostname}` : rcpt.mailbox.address;
  }

  #judge(answer: RecipientAnswer): Reply {
    const course = this.#course;
    switch (answer.kind) {
      case 'known':
        if (course.sender !== undefined) return replies.recipientOk();
        // A message has one tenant; the sender sends the rest in a message of its own.
        if (course.tenant !== undefined && course.tenant !== answer.tenant) return replies.otherTenant();
        course.tenant = answer.tenant;
        return replies.recipientOk();
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
    if (course.sender !== undefined) return replies.recipientOk();
    if (course.pinned === undefined) return replies.relayDenied();
    if (course.tenant !== undefined && course.tenant !== course.pinned.sender.tenant)
      return replies.otherTenant();
    course.hasForeign = true;
    course.tenant = course.pinned.sender.tenant;
    return replies.recipientOk();
  }

  get tenant(): TenantId | undefined {
    return this.#course.tenant;
  }

  /** The sender of this message, now that its header is known; a Reply when it may not go where it was addressed. */
  settle(header: Header, mail: MailFrom): { readonly sender: Sender | undefined } | Reply {
    const { sender, pinned, hasForeign, tenant } = this.#course;
    if (sender !== undefined || pinned === undefined) return { sender };
    const { pin } = pinned;
    const confirmed =
      pin.kind === 'header' &&
      pinned.sender.tenant === tenant &&
      fieldsNamed(header, pin.name).some((f) => fieldText(header, f) === pin.value) &&
      this.#options.directory.maySendAs(pinned.sender, mail.mailbox.address);
    if (confirmed) return { sender: pinned.sender };
    return hasForeign || this.#options.config.kind !== 'mx' ? replies.relayDenied() : { sender: undefined };
  }
}
