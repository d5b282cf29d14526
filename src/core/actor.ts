/**
 * Who did it, as every event of the record says: a kind of actor, and which one. What follows the colon is the id of a
 * person or a key (`admin:01909…`), or the place where a program acts (`system:worker`, `system:smtp/192.0.2.1`,
 * `admin:cli/root`).
 */
export const ACTOR_TYPES = ['admin', 'employee', 'customer', 'service', 'system'] as const;
export type ActorType = (typeof ACTOR_TYPES)[number];
export type Actor = `${ActorType}:${string}`;

export function isActor(text: string): text is Actor {
  const at = text.indexOf(':');
  return at > 0 && at < text.length - 1 && (ACTOR_TYPES as readonly string[]).includes(text.slice(0, at));
}

/** A background worker of the gateway itself. */
export const WORKER: Actor = 'system:worker';
