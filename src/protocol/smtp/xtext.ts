/** xtext (RFC 3461 §4): printable ASCII without `+` and `=`, the rest as `+` and two upper-case hex digits. */

/** The decoded text, or `undefined` when it is no xtext. A decoded control character is refused: no header may carry it. */
export function decodeXtext(text: string): string | undefined {
  if (!/^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})*$/.test(text)) return undefined;
  const decoded = text.replaceAll(/\+([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /[\u0000-\u001f\u007f]/.test(decoded) ? undefined : decoded;
}
