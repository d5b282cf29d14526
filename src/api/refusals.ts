/** Refusals of rooms below as problems, and what routes about rights share. */
import { z } from 'zod';
import type { Refusal } from '#assurance/access/refusal.ts';
import { type Id, parseId } from '#core/id.ts';
import type { Result } from '#core/result.ts';
import type { Caller } from './caller.ts';
import { afterKey, page } from './paging.ts';
import { conflict, problem, type Problem } from './problem.ts';

export function problemOfRefusal({ kind, text }: Refusal): Problem {
  if (kind === 'conflict') return conflict(text);
  return kind === 'missing'
    ? problem({ status: 404, type: 'not-found', title: 'Not found', detail: text })
    : problem({ status: 403, type: 'forbidden', title: 'Not allowed', detail: text });
}

/** The value, or the refusal as a problem. */
export function orProblem<T, U>(result: Result<T, Refusal>, show: (value: T) => U): U | Problem {
  return result.ok ? show(result.value) : problemOfRefusal(result.error);
}

export const anId = <Kind extends string>() => z.uuid().transform((text) => text.toLowerCase() as Id<Kind>); // the schema has just checked it

/** Where a page of newest-first rows goes on; undefined for the first, null for a cursor that none of ours is. */
export function beforeId(cursor: string | undefined): Id<string> | undefined | null {
  return cursor === undefined ? undefined : (parseId<string>(afterKey(cursor)) ?? null);
}

export const pageById = <T extends { readonly id: string }>(rows: readonly T[], limit: number) =>
  page(rows, limit, (row) => row.id);

export const timeOf = (ms: number): string => new Date(ms).toISOString();
export const timeOrNull = (ms: number | null): string | null => (ms === null ? null : timeOf(ms));

/** For what one person answers for: a key cannot. */
export function personOf(caller: Caller): Id<'person'> | Problem {
  return caller.person ?? ONLY_PEOPLE;
}
const ONLY_PEOPLE = problem({
  status: 403,
  type: 'needs-person',
  title: 'Not allowed',
  detail: 'Only a person can do this, not a key.',
});

/** What nobody gives to themselves, nor by way of a key, which has no self. */
export const NOT_ONESELF: Problem = problem({
  status: 403,
  type: 'forbidden',
  title: 'Not allowed',
  detail: 'Nobody gives a right to themselves; ask for it instead.',
});
/** Undefined for a person, and for the machine's own administrator, who has the database anyway. */
export function refuseKey(caller: Caller): Problem | undefined {
  return caller.person === undefined && !caller.permissions.has('*') ? ONLY_PEOPLE : undefined;
}

export const reasonText = z.string().trim().min(10).max(2000).describe('Why, in a sentence.');
export const ticketText = z.string().trim().min(1).max(200).describe('Where the task is kept.');
export const durationS = (maxS: number) => z.int().min(60).max(maxS).describe('Seconds.');
