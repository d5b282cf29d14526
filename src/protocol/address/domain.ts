/**
 * Domain names as mail uses them: A-labels, lower case, no trailing dot. `Domain` is made only here, so code that has one
 * need not ask again how it is written.
 */
declare const brand: unique symbol;
export type Domain = string & { readonly [brand]: 'domain' };

/** RFC 1035 §2.3.4: 255 octets on the wire are 253 as text. */
const MAX_NAME = 253;
const MAX_LABEL = 63;
/** Longer text cannot become a name, also not after mapping. */
const MAX_UNICODE = 1000;

/** The name as A-labels in lower case; one trailing dot is dropped. `undefined` when it can be no host name. */
export function toAsciiDomain(text: string): Domain | undefined {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (isAscii(name)) return isHostName(name) ? (name.toLowerCase() as Domain) : undefined;
  return fromUnicode(name);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** RFC 5890 §2.3: U-labels by the URL standard's mapping (UTS 46, non-transitional), which every runtime brings along. */
function fromUnicode(name: string): Domain | undefined {
  if (name.length > MAX_UNICODE) return undefined;
  // What a URL would read as the end of its host must never get that far.
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c <= 0x7f && !isNameChar(c) && c !== DOT) return undefined;
  }
  const host = URL.parse(`http://${name}/`)?.hostname;
  if (host === undefined || !isHostName(host)) return undefined;
  // Digits and dots alone were read as an IPv4 address, which is not what was written.
  return /^[\d.]+$/.test(host) ? undefined : (host as Domain);
}

const DOT = 46;
const HYPHEN = 45;

function isNameChar(c: number): boolean {
  return (
    (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === HYPHEN || c === 95 // _
  );
}

/**
 * RFC 5321 §4.1.2: labels of letters, digits and inner hyphens.
 *
 * Deviates from RFC 5321 §4.1.2: an underscore is taken too. Such names resolve, other servers take them, and refusing
 * would lose mail; nothing downstream treats `_` specially.
 */
export function isHostName(name: string): boolean {
  if (name.length === 0 || name.length > MAX_NAME) return false;
  let labelStart = 0;
  for (let i = 0; i <= name.length; i++) {
    const c = i === name.length ? DOT : name.charCodeAt(i);
    if (c !== DOT) {
      if (!isNameChar(c)) return false;
      continue;
    }
    const length = i - labelStart;
    if (length === 0 || length > MAX_LABEL) return false;
    if (name.charCodeAt(labelStart) === HYPHEN || name.charCodeAt(i - 1) === HYPHEN) return false;
    labelStart = i + 1;
  }
  return true;
}

/** Whether `child` is `parent` or a name below it; both in A-label lower case. */
export function domainIsOrUnder(child: string, parent: string): boolean {
  if (child.length === parent.length) return child === parent;
  return (
    child.length > parent.length && child.endsWith(parent) && child[child.length - parent.length - 1] === '.'
  );
}

/** The name one label up; empty for a single label. */
export function parentDomain(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? '' : name.slice(dot + 1);
}
