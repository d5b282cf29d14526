/** One mistake in what somebody gave us: where it is and, in one clear sentence, what is wrong. */
export type Complaint = {
  /** `file:line:col`, `line 12`, `nextHop.port`, a flag or variable's name; empty when the whole is meant. */
  readonly at: string;
  readonly text: string;
};

export function complaintText(c: Complaint): string {
  return c.at === '' ? c.text : `${c.at}: ${c.text}`;
}

/** The known word nearest to a mistyped one, when it is near enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = (word.length <= 3 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  if (word.length > 64) return undefined;
  for (const k of known) {
    const [a, b] = [word.toLowerCase(), k.toLowerCase()];
    // Letters in another order are the commonest slip, and count as one.
    const d = a !== b && sorted(a) === sorted(b) ? 1 : editDistance(a, b);
    if (d < bestDistance) [best, bestDistance] = [k, d];
  }
  return best;
}

const sorted = (word: string): string => word.split('').toSorted().join('');

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1); // `!`: j stays within the row
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!; // `!`: the row has b.length + 1 cells
}
