/** Times in replies: RFC 3339 in UTC. */
export type WithTimes<T> = {
  [K in keyof T]: T[K] extends Date ? string : T[K] extends Date | null ? string | null : T[K];
};

/** The row with every Date as text. */
export function withTimes<T extends object>(row: T): WithTimes<T> {
  const entries = Object.entries(row).map(([k, v]: [string, unknown]) => [
    k,
    v instanceof Date ? v.toISOString() : v,
  ]);
  return Object.fromEntries(entries) as WithTimes<T>; // `as`: that is what was just made
}
