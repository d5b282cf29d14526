/** A record as a syslog message: what is searched for stands in structured data, the leaf itself is the text. */
import { encodeMessage, frame, type Severity } from '#protocol/syslog/message.ts';
import { type SiemRecord, utc } from './record.ts';
import { type Level, levelOf } from './severity.ts';

/** RFC 5612: the private enterprise number reserved for documentation; a product of no registered enterprise has none. */
const ENTERPRISE = 32473;

const SEVERITY: Readonly<Record<Level, Severity>> = {
  informational: 'informational',
  low: 'notice',
  medium: 'warning',
  high: 'error',
  critical: 'alert',
};

/** One frame; `hostname` is the gateway's name. */
export function syslogFrame(record: SiemRecord, hostname: string): Uint8Array {
  const common = { hostname, appName: 'gatehouse', procId: '-' };
  switch (record.kind) {
    case 'entry': {
      const { event, origin, index, leaf } = record;
      const { tenant, what, actor, subject } = event;
      return frame(
        encodeMessage({
          ...common,
          severity: SEVERITY[levelOf(what)],
          at: utc(event.at),
          msgId: what,
          data: data({ kind: 'entry', origin, index: String(index), tenant, what, actor, subject }),
          text: leaf,
        }),
      );
    }
    case 'checkpoint':
      return frame(
        encodeMessage({
          ...common,
          severity: 'informational',
          at: utc(record.at),
          msgId: 'audit.checkpoint',
          // A note is lines; base64 keeps them whole on one.
          data: data({ kind: 'checkpoint', origin: record.origin, size: String(record.size) }),
          text: Buffer.from(record.note, 'utf8').toString('base64'),
        }),
      );
    case 'pruned':
      return frame(
        encodeMessage({
          ...common,
          severity: 'warning',
          at: utc(record.at),
          msgId: 'audit.pruned',
          data: data({
            kind: 'pruned',
            origin: record.origin,
            from: String(record.from),
            to: String(record.to),
          }),
          text: `entries ${record.from} to ${record.to - 1} were pruned before they could be sent`,
        }),
      );
  }
}

const data = (params: Readonly<Record<string, string>>) => [{ id: `gatehouse@${ENTERPRISE}`, params }];
