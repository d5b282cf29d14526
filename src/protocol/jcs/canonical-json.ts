/** RFC 8785: one spelling for each JSON value, so that its bytes can be hashed and signed. */

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

const MAX_DEPTH = 64;

/** Throws a RangeError for what JSON cannot say (NaN, infinities) and for what is nested too deeply. */
export function canonicalJson(value: JsonValue, depth = 0): string {
  if (depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH}`);
  // RFC 8785 §3.2.2: strings and numbers are spelt as ECMAScript does.
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} is not JSON`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((v: JsonValue) => canonicalJson(v, depth + 1)).join(',')}]`;
  const object = value as { readonly [name: string]: JsonValue }; // arrays were the other kind of object
  // RFC 8785 §3.2.3: sorted by UTF-16 code units, which is how ECMAScript compares strings.
  const members = Object.keys(object)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(object[name]!, depth + 1)}`); // `!`: its own key
  return `{${members.join(',')}}`;
}
