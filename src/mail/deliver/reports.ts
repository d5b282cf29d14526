/** From the result of an attempt to what a delivery report says about it; the report itself is protocol/dsn. */
import type { DsnRecipient } from '#protocol/dsn/build.ts';
import type { DsnAction } from '#protocol/dsn/texts.ts';
import { wantsReport } from '#protocol/dsn/wanted.ts';
import type { Route } from '../directory/types.ts';
import type { AttemptResult, DeliveryRecipient } from './types.ts';

/**
 * The report this result calls for, if any. `failed` results and, at the right time, `deferred` ones (`isDelayNoticeDue`);
 * a success is reported by whoever is last to know of DSN (RFC 3461 §5.2.2): not by us where the next hop took over.
 */
export function reportAction(
  mailFrom: string,
  recipient: DeliveryRecipient,
  result: AttemptResult,
  route: Route,
  isDelayNoticeDue: boolean,
): DsnAction | undefined {
  const action = actionOf(result, route, isDelayNoticeDue);
  return action !== undefined && wantsReport(mailFrom, recipient.notify, action) ? action : undefined;
}

function actionOf(result: AttemptResult, route: Route, isDelayNoticeDue: boolean): DsnAction | undefined {
  if (result.outcome === 'failed') return 'failed';
  if (result.outcome === 'deferred') return isDelayNoticeDue ? 'delayed' : undefined;
  // LMTP is final delivery (RFC 2033 §1).
  if (route.kind === 'host' && route.protocol === 'lmtp') return 'delivered';
  return result.dsnPassedOn ? undefined : 'relayed';
}

export function dsnRecipient(recipient: DeliveryRecipient, result: AttemptResult): DsnRecipient {
  return {
    address: recipient.address,
    orcpt: recipient.orcpt,
    status: result.status,
    remoteHost: result.remoteSaid ? (result.remoteHost ?? result.remoteIp) : undefined,
    code: result.remoteSaid ? result.code : undefined,
    text: result.remoteSaid ? [result.enhanced, result.text].filter(Boolean).join(' ') : result.text,
    lastAttemptMs: result.startedMs,
  };
}
