/** Pages by cursor: stable while rows come and go, and as fast on the last page as on the first. */
import { z } from 'zod';
import { problem, type Problem } from './problem.ts';

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Rows per page.'),
  cursor: z
    .string()
    .max(2048)
    .regex(/^[A-Za-z0-9_-]+$/)
    .refine((text) => keyIn(text) !== undefined)
    .optional()
    .describe('`next` of the page before.'),
});

export const BAD_CURSOR: Problem = problem({
  status: 400,
  type: 'bad-cursor',
  title: 'Bad cursor',
  detail: 'A cursor must be "next" of the page before, as it was answered.',
});

/** The reply of a list: `next` is absent on the last page. */
export function pageOf<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next: z.ZodOptional<z.ZodString> }> {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

/** Turns `limit + 1` rows into a page; the extra row only tells that there is more. */
export function page<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => string,
): { items: T[]; next?: string } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || last === undefined) return { items };
  return { items, next: Buffer.from(keyOf(last), 'utf8').toString('base64url') };
}

/** The key after which the page starts; empty sorts before every key. */
export function afterKey(cursor: string | undefined): string {
  return (cursor === undefined ? undefined : keyIn(cursor)) ?? '';
}

/** Undefined for what `page` never wrote: no base64url, no UTF-8, a control character, or spelt another way. */
function keyIn(cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const key = bytes.toString('utf8');
  const isOurs = cursor !== '' && Buffer.from(key, 'utf8').toString('base64url') === cursor;
  return isOurs && !/\p{Cc}/u.test(key) ? key : undefined;
}
