/** A limit of a tenant that was reached, as the database says it (hold_quota in migrations/0009). */
export type QuotaReached = { readonly kind: string; readonly text: string };

/** What the limit was, when this is why a statement failed. */
export function quotaReached(error: unknown): QuotaReached | undefined {
  const { code, message, detail } = (error ?? {}) as Record<string, unknown>;
  if (code !== 'GHQTA' || typeof message !== 'string') return undefined;
  return { kind: String(detail), text: `T${message.slice(1)}; ask those who run the gateway for more.` };
}
