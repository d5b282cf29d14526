/** What has to change so that our people are those of the directory; pure. And when so much would vanish that nobody meant it. */
import type { Language } from '#assurance/identity/people.ts';
import type { DirectoryPerson } from './read-directory.ts';

export type Known = {
  readonly id: string;
  readonly externalId: string;
  readonly email: string;
  readonly name: string;
  readonly language: Language;
  readonly state: 'invited' | 'active' | 'suspended' | 'left';
};
export type Plan = {
  readonly add: readonly DirectoryPerson[];
  readonly change: readonly { readonly known: Known; readonly to: DirectoryPerson }[];
  readonly reactivate: readonly Known[];
  /** Gone from the directory. They are suspended, not removed: whoever comes back is the same person. */
  readonly suspend: readonly Known[];
};

const isIn = (k: Known): boolean => k.state === 'active' || k.state === 'invited';

export function planPeople(known: readonly Known[], there: readonly DirectoryPerson[]): Plan {
  const ours = new Map(known.map((k) => [k.externalId, k]));
  const theirs = new Set(there.map((p) => p.externalId));
  const both = there.flatMap((to) => {
    const one = ours.get(to.externalId);
    return one === undefined ? [] : [{ known: one, to }];
  });
  return {
    add: there.filter((p) => !ours.has(p.externalId)),
    change: both.filter(
      ({ known: k, to }) => k.email !== to.email || k.name !== to.name || k.language !== to.language,
    ),
    reactivate: both.flatMap(({ known: k }) => (isIn(k) ? [] : [k])),
    suspend: known.filter((k) => isIn(k) && !theirs.has(k.externalId)),
  };
}

/** Why the plan must not be carried out, if so. One leaver is always possible; an empty directory never is. */
export function tooMuchVanishes(
  known: readonly Known[],
  there: readonly DirectoryPerson[],
  vanishing: number,
  maxPercent: number,
): string | undefined {
  const before = known.filter(isIn).length;
  if (there.length === 0 && before > 0) return `the directory shows nobody, and ${before} would be suspended`;
  if (vanishing <= 1 || (100 * vanishing) / before <= maxPercent) return undefined;
  return `${vanishing} of ${before} people would be suspended, more than ${maxPercent} %`;
}
