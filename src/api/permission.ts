/** Permissions as they come from the database: text that is held against the catalogue before it counts. */
import { isPermission, type Permission } from '#assurance/access/catalogue.ts';

/** What nobody knows (any more) is worth nothing. */
export function permissionsIn(texts: Iterable<string>): ReadonlySet<Permission | '*'> {
  return new Set([...texts].filter((p): p is Permission | '*' => p === '*' || isPermission(p)));
}

/** Whether `mine` holds all of `theirs`. */
export function covers(mine: ReadonlySet<string>, theirs: Iterable<string>): boolean {
  return mine.has('*') || [...theirs].every((p) => mine.has(p));
}
