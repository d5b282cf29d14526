/**
 * Named points at which a test can kill the process or break an act, to see that nothing accepted is lost.
 *
 * `GATEHOUSE_FAULT=name[:n]` ends the process with SIGKILL at the n-th passing of the point (the first by default), as a
 * power cut would: no handler runs. Without the variable a point costs one comparison.
 */

/** Every point there is, in the order a message passes them, with what is true there. */
export const FAULT_POINTS = {
  'receive.data-ended': 'all bytes are here, nothing is durable',
  'receive.blob-written': 'the body is in its file, not yet fsynced',
  'receive.blob-durable': 'the body is durable, no row names it',
  'receive.before-commit': 'the verdict is made, the transaction is not begun',
  'receive.after-commit': 'message, recipients, queue and audit are committed, 250 is not said',
  'receive.after-250': '250 is in the socket',
  'deliver.leased': 'the rows are leased, nothing is sent',
  'deliver.connected': 'the remote has greeted',
  'deliver.data-sent': 'the last dot is sent, the remote has not answered',
  'deliver.remote-250': 'the remote has taken the message, we have not committed that',
  'deliver.settled': 'the attempt is committed, the body is not removed',
} as const;

export type FaultPoint = keyof typeof FAULT_POINTS;

const [wanted, count = '1'] = (process.env['GATEHOUSE_FAULT'] ?? '').split(':');
let left = Number(count);

/** Passes the point; ends the process there when a test asked for it. */
export function faultPoint(name: FaultPoint): void {
  if (wanted === name && --left === 0) process.kill(process.pid, 'SIGKILL');
}
