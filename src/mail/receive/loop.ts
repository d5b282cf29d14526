/** Loop detection by the trace a message carries (RFC 5321 §6.3). */
import { fieldLatin1, type Header } from '#protocol/message/header.ts';

export type LoopLimits = {
  readonly hostname: string;
  readonly maxReceivedFields: number;
  readonly maxOwnReceivedFields: number;
};

/** Enough of a Received field to hold its `by` clause; what is longer is not worth reading. */
const MAX_FIELD = 2000;

/**
 * True when it passed too many hosts, or us too often. A few passes through us are honest (in, through the mail store's
 * forward, out again), so our own name counts only from a small number on.
 */
export function isLooping(header: Header, limits: LoopLimits): boolean {
  let received = 0;
  let own = 0;
  let ids = 0;
  const by = ` by ${limits.hostname.toLowerCase()}`;
  for (const field of header.fields) {
    if (field.lower === 'x-gatehouse-id') ids++;
    if (field.lower !== 'received') continue;
    received++;
    const end = Math.min(field.end, field.start + MAX_FIELD);
    const text = ` ${fieldLatin1(header, { ...field, end })
      .toLowerCase()
      .replaceAll(/\s+/g, ' ')} `;
    const at = text.indexOf(by);
    if (at !== -1 && /[\s;(]/.test(text[at + by.length] ?? ' ')) own++;
  }
  return received >= limits.maxReceivedFields || Math.max(own, ids) >= limits.maxOwnReceivedFields;
}
