/**
 * One message between 354 and its answer: the spool it runs into, the checks that need its header, the hand-over to the
 * flow, and the reply. This is the SMTP door: whatever throws beyond it becomes 451 with the message's id.
 */
import { errorChain } from '#core/errors.ts';
import type { BlobId, Id, MessageId, TenantId } from '#core/id.ts';
import type { Envelope } from '#mail/envelope.ts';
import type { Finding } from '#mail/finding.ts';
import type { Logger } from '#platform/log.ts';
import type { ContentDefect } from '#protocol/smtp/byte-scan.ts';
import { replies, type Reply } from '#protocol/smtp/replies.ts';
import type { Transaction } from '#protocol/smtp/session-types.ts';
import type { Admission } from './admission.ts';
import type { Flow, FlowAnswer } from './arrival.ts';
import { isLooping, type LoopLimits } from './loop.ts';
import { openSpool, type Spool, type SpoolOptions, type Spooled } from './spool.ts';

export type IntakeOptions = {
  readonly spool: SpoolOptions;
  readonly flow: Flow;
  readonly log: Logger;
  readonly loop: LoopLimits;
};

/** The parts of the envelope that the connection knows. */
export type ConnectionPart = Pick<Envelope, 'listener' | 'peer' | 'tls' | 'receivedAtMs'>;

export class MessageIntake {
  readonly #options: IntakeOptions;
  readonly #id: MessageId;
  readonly #tenant: TenantId;
  #spool: Spool | undefined;
  /** Set when storing failed: the rest of the content is dropped, and the end answers 451. */
  #failure: unknown;

  /** The tenant's key must be known (KeyStore.ensureTenant). */
  constructor(options: IntakeOptions, id: MessageId, tenant: TenantId) {
    this.#options = options;
    this.#id = id;
    this.#tenant = tenant;
    this.#spool = openSpool(options.spool, tenant, id as Id<string> as BlobId);
  }

  write(chunk: Uint8Array): Promise<void> | void {
    if (this.#failure !== undefined) return undefined;
    try {
      return this.#spool?.write(chunk)?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      return this.#fail(error); // told at the end of the data
    }
  }

  async abort(): Promise<void> {
    const spool = this.#spool;
    this.#spool = undefined;
    // A blob that cannot be removed is an orphan without a row: `verify` names it, the peer need not know.
    await spool?.abort().catch((error: unknown) => this.#log('a message could not be removed', error));
  }

  /** The end of the data: everything up to the reply. */
  async complete(
    transaction: Transaction,
    defects: readonly ContentDefect[],
    admission: Admission,
    connection: () => Promise<{ readonly part: ConnectionPart; readonly findings: readonly Finding[] }>,
  ): Promise<Reply> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      const spooled = await this.#spool?.finish(defects);
      if (spooled === undefined) return replies.localError(this.#id);
      if (!spooled.ok) return await this.#drop(spooled.error);
      return await this.#settle(transaction, spooled.value, admission, await connection());
    } catch (error) {
      this.#log('a message could not be taken', error);
      return await this.#drop(replies.localError(this.#id));
    }
  }

  async #settle(
    transaction: Transaction,
    spooled: Spooled,
    admission: Admission,
    { part, findings }: { readonly part: ConnectionPart; readonly findings: readonly Finding[] },
  ): Promise<Reply> {
    const { header } = spooled.message;
    if (isLooping(header, this.#options.loop)) return await this.#drop(replies.loop(this.#id));
    const settled = admission.settle(header);
    if ('code' in settled) return await this.#drop(settled);
    const { sender } = settled;
    const { mail } = transaction;
    const envelope: Envelope = {
      ...part,
      id: this.#id,
      tenant: this.#tenant,
      direction: sender === undefined ? 'in' : 'out',
      helo: transaction.helo,
      protocol: transaction.protocol,
      auth: sender === undefined ? undefined : { method: sender.method, who: sender.who },
      mailFrom: mail.mailbox.address,
      body: mail.body,
      smtpUtf8: mail.smtpUtf8,
      requireTls: mail.requireTls,
      ret: mail.ret,
      envid: mail.envid,
      recipients: transaction.recipients.map((r) => {
        const address = admission.address(r);
        const domain = address.slice(address.lastIndexOf('@') + 1);
        return { address, domain, notify: r.notify, orcpt: r.orcpt };
      }),
    };
    const answer = await this.#options.flow(envelope, {
      ...spooled,
      sender,
      findings: [...findings, ...settled.findings],
    });
    return await this.#answer(answer);
  }

  async #answer(answer: FlowAnswer): Promise<Reply> {
    if (answer.kind === 'accepted') {
      this.#spool = undefined; // the blob belongs to the row now
      return replies.accepted(this.#id);
    }
    const usual = answer.kind === 'deferred' ? replies.deferred(this.#id) : replies.rejected(this.#id);
    return await this.#drop(answer.reply ?? usual);
  }

  async #drop(reply: Reply): Promise<Reply> {
    await this.abort();
    return reply;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #log(what: string, error: unknown): void {
    this.#options.log.error(what, { id: this.#id, error: errorChain(error) });
  }
}
