/** Milliseconds since the epoch, UTC. A clock is a parameter wherever time matters, so that tests and `--now` can fix it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => (n < 10 ? `0${n}` : String(n));

/** A date-time as mail headers write it, always in UTC (RFC 5322 §3.3). */
export function mailDate(atMs: number): string {
  const d = new Date(atMs);
  return (
    `${DAYS[d.getUTCDay()]}, ${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()} ` +
    `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} +0000`
  );
}
