/** Names that signatures carry: what may be asked from DNS, and how two of them compare. */

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A name as DNS is asked for it: A-labels, lower case, no trailing dot; `undefined` when it can be no name. Underscores
 * are let through, since selectors in use have them. U-labels may stand in internationalised mail (RFC 8616 §4).
 */
export function dnsName(text: string): string | undefined {
  const ascii = isAscii(text) ? text.toLowerCase() : toALabels(text);
  if (ascii === undefined || ascii.length === 0 || ascii.length > 253) return undefined;
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : undefined;
}

/** A registrable-looking domain: at least two labels, as `d=` must have. */
export function domainName(text: string): string | undefined {
  const name = dnsName(text);
  return name?.includes('.') === true ? name : undefined;
}

/** True when `name` is `parent` or below it; both in the form of `dnsName`. */
export function isAtOrBelow(name: string, parent: string): boolean {
  return name === parent || name.endsWith(`.${parent}`);
}

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}

function toALabels(text: string): string | undefined {
  // A host of a URL is what the platform offers for UTS 46 in browser and server alike; its syntax must stay outside.
  if (/[\x00-\x20"#%/:<>?@[\\\]^`{|}\x7f]/.test(text)) return undefined;
  const url = URL.parse(`http://${text}/`);
  return url === null || url.hostname === '' ? undefined : url.hostname;
}
