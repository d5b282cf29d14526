/** C2SP tlog-policy: which logs and witnesses one knows, and how many of the witnesses must have signed. */
import { err, ok, type Result } from '#core/result.ts';
import type { Hash } from './hashing.ts';
import { formatKey, type NoteKey, parseKey, sameKey } from './keys.ts';

export type PolicyWitness = {
  readonly name: string;
  readonly key: NoteKey;
  readonly url: string | undefined;
};
export type PolicyGroup = {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
};
export type Policy = {
  readonly logs: readonly { readonly key: NoteKey; readonly url: string | undefined }[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** A witness, a group, or `none`. */
  readonly quorum: string;
};

const MAX_BYTES = 1024 * 1024;
const MAX_OF_A_KIND = 64;

export async function parsePolicy(hash: Hash, text: string): Promise<Result<Policy, string>> {
  if (text.length > MAX_BYTES) return err('the policy is too long');
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) return err('the policy holds a control character');
  const draft: Draft = { logs: [], witnesses: [], groups: [], quorum: undefined };
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.split(/[ \t]+/).filter((w) => w !== '');
    if (words.length === 0 || words[0]!.startsWith('#')) continue; // `!`: there is one
    const complaint = await take(hash, draft, words);
    if (complaint !== undefined) return err(`line ${i + 1}: ${complaint}`);
  }
  const { quorum } = draft;
  return quorum === undefined ? err('there is no quorum line') : ok({ ...draft, quorum });
}

type Draft = {
  logs: { key: NoteKey; url: string | undefined }[];
  witnesses: PolicyWitness[];
  groups: PolicyGroup[];
  quorum: string | undefined;
};

async function take(
  hash: Hash,
  draft: Draft,
  [verb = '', ...words]: readonly string[],
): Promise<string | undefined> {
  switch (verb) {
    case 'log':
      return await takeLog(hash, draft, words);
    case 'witness':
      return await takeWitness(hash, draft, words);
    case 'group':
      return takeGroup(draft, words);
    case 'quorum': {
      const [name = '', ...rest] = words;
      if (draft.quorum !== undefined) return 'there is a quorum line already';
      if (rest.length > 0 || (name !== 'none' && !isDefined(draft, name)))
        return 'a quorum names one witness or group that was defined before, or none';
      draft.quorum = name;
      return undefined;
    }
    default:
      return `"${verb.slice(0, 40)}" is none of log, witness, group, quorum`;
  }
}

async function takeLog(hash: Hash, draft: Draft, words: readonly string[]): Promise<string | undefined> {
  const [vkey = '', url, ...rest] = words;
  const key = await parseKey(hash, vkey);
  if (!key.ok) return key.error;
  if (rest.length > 0 || draft.logs.length === MAX_OF_A_KIND) return 'too many words or logs';
  if (draft.logs.some((l) => sameKey(l.key, key.value))) return 'this log key stands there already';
  draft.logs.push({ key: key.value, url });
  return undefined;
}

async function takeWitness(hash: Hash, draft: Draft, words: readonly string[]): Promise<string | undefined> {
  const [name = '', vkey = '', url, ...rest] = words;
  const key = await parseKey(hash, vkey);
  if (!key.ok) return key.error;
  if (key.value.kind === 'note') return 'a witness key makes cosignatures, this one makes plain notes';
  if (rest.length > 0 || draft.witnesses.length === MAX_OF_A_KIND) return 'too many words or witnesses';
  if (name === 'none' || isDefined(draft, name)) return `the name ${name} is taken`;
  if (draft.witnesses.some((w) => sameKey(w.key, key.value))) return 'this witness key stands there already';
  draft.witnesses.push({ name, key: key.value, url });
  return undefined;
}

function takeGroup(
  draft: Draft,
  [name = '', amount = '', ...members]: readonly string[],
): string | undefined {
  if (name === '' || name === 'none' || isDefined(draft, name)) return `the name ${name} is taken`;
  if (draft.groups.length === MAX_OF_A_KIND) return 'too many groups';
  if (members.length === 0 || new Set(members).size !== members.length)
    return 'a group has members, each once';
  const unknown = members.find((m) => !isDefined(draft, m));
  if (unknown !== undefined) return `${unknown.slice(0, 80)} was not defined before`;
  // A name that counted in two groups could count twice towards the quorum.
  if (members.some((m) => draft.groups.some((g) => g.members.includes(m))))
    return 'a member is in a group already';
  const threshold = amount === 'any' ? 1 : amount === 'all' ? members.length : Number(amount);
  if (!/^(any|all|[1-9]\d?)$/.test(amount) || threshold > members.length)
    return `"${amount.slice(0, 20)}" is no share of ${members.length}`;
  draft.groups.push({ name, threshold, members });
  return undefined;
}

const isDefined = (draft: Draft, name: string): boolean =>
  draft.witnesses.some((w) => w.name === name) || draft.groups.some((g) => g.name === name);

/** Whether those who signed are enough. */
export function isQuorum(policy: Policy, signers: readonly { readonly key: NoteKey }[]): boolean {
  const witnessed = (name: string): boolean => {
    const witness = policy.witnesses.find((w) => w.name === name);
    if (witness !== undefined) return signers.some((s) => formatKey(s.key) === formatKey(witness.key));
    const group = policy.groups.find((g) => g.name === name);
    return group !== undefined && group.members.filter(witnessed).length >= group.threshold;
  };
  return policy.quorum === 'none' || witnessed(policy.quorum);
}

export function formatPolicy(policy: Policy): string {
  const url = (text: string | undefined): string => (text === undefined ? '' : ` ${text}`);
  return [
    ...policy.logs.map((l) => `log ${formatKey(l.key)}${url(l.url)}`),
    ...policy.witnesses.map((w) => `witness ${w.name} ${formatKey(w.key)}${url(w.url)}`),
    ...policy.groups.map((g) => `group ${g.name} ${g.threshold} ${g.members.join(' ')}`),
    `quorum ${policy.quorum}\n`,
  ].join('\n');
}
