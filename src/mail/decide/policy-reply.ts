/** The reply that a verdict asks for, with the id under which everything else about it is found. */
import { type Reply, replies } from '#protocol/smtp/replies.ts';
import type { MessageId } from '#core/id.ts';
import type { Verdict } from '../verdict.ts';

export function policyReply(verdict: Verdict, id: MessageId): Reply {
  return verdict.answer === 'reject'
    ? replies.rejectedByPolicy(id, verdict.reply ?? 'not accepted by policy')
    : replies.deferredByPolicy(id, verdict.reply ?? 'cannot be judged now, try again');
}
