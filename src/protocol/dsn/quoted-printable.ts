/** Text as quoted-printable (RFC 2045 §6.7). */
const SOFT_AT = 72;

export function toQuotedPrintable(text: string): string {
  return text.split('\r\n').map(encodeLine).join('\r\n');
}

function encodeLine(line: string): string {
  let out = '';
  let width = 0;
  const bytes = new TextEncoder().encode(line);
  for (const [i, b] of bytes.entries()) {
    const blankAtEnd = (b === 32 || b === 9) && i === bytes.length - 1;
    const plain = b >= 32 && b <= 126 && b !== 61 && !blankAtEnd;
    const piece = plain ? String.fromCharCode(b) : `=${b.toString(16).toUpperCase().padStart(2, '0')}`;
    if (width + piece.length > SOFT_AT) {
      out += '=\r\n';
      width = 0;
    }
    out += piece;
    width += piece.length;
  }
  return out;
}
