/** State in the address: every page names the words it knows; what else stands there is dropped, empty ones are left out. */
export type Search<K extends string> = Partial<Record<K, string>>;

const MAX_CHARS = 2_048;

export function searchOf<const K extends string>(
  ...names: readonly K[]
): (raw: Record<string, unknown>) => Search<K> {
  return (raw) => {
    const found: Search<K> = {};
    for (const name of names) {
      const value = raw[name];
      if (typeof value === 'string' && value !== '' && value.length <= MAX_CHARS) found[name] = value;
    }
    return found;
  };
}

/** Plain `a=b`, so that addresses can be read, written by hand and kept as bookmarks. */
export const parseSearch = (text: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(text));

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search))
    if (typeof value === 'string' && value !== '') params.set(name, value);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}
