/** Messages for tests of the stations after receive. */
import { newId, type TenantId } from '#core/id.ts';
import type { Envelope } from '#mail/envelope.ts';
import type { MessageToCommit } from '#mail/queue/rows.ts';

export const TENANT = '00000000-0000-7000-8000-000000000001' as TenantId;

export function sampleEnvelope(over: Partial<Envelope> = {}): Envelope {
  return {
    id: newId<'message'>(),
    tenant: TENANT,
    direction: 'in',
    listener: { name: 'mx', kind: 'mx' },
    receivedAtMs: Date.now(),
    peer: { ip: '192.0.2.1', port: 4711, name: undefined },
    helo: 'mail.sender.example',
    protocol: 'ESMTP',
    tls: undefined,
    auth: undefined,
    mailFrom: 'alice@sender.example',
    body: '8BITMIME',
    smtpUtf8: false,
    requireTls: false,
    ret: undefined,
    envid: undefined,
    recipients: [
      { address: 'bob@ours.example', domain: 'ours.example', notify: undefined, orcpt: undefined },
    ],
    ...over,
  };
}

export function sampleToCommit(over: Partial<MessageToCommit> = {}): MessageToCommit {
  const envelope = over.envelope ?? sampleEnvelope();
  return {
    envelope,
    size: 100,
    sha256: 'ab'.repeat(32),
    blob: newId<'blob'>(),
    keyWrapped: new Uint8Array(60),
    headerFrom: 'alice@sender.example',
    subject: 'Hello',
    messageIdHeader: '<1@sender.example>',
    findings: [],
    verdict: {
      recipients: envelope.recipients.map((r) => ({
        address: r.address,
        action: 'accept',
        class: 'none',
        reasons: [],
        subjectTag: undefined,
      })),
      answer: 'accept',
      class: 'none',
      reasons: [],
      reply: undefined,
      policyVersion: 'test',
    },
    variants: [new Uint8Array([1, 2, 3])],
    variantOf: envelope.recipients.map(() => 0),
    timings: {},
    ...over,
  };
}
