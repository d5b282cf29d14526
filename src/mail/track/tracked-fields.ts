/** What tracking keeps of a header, so that a person can find the message: decoded, and cut to a sane length. */
import { decodeEncodedWords } from '#protocol/mime/encoded-word.ts';
import { fieldText, type Header } from '#protocol/message/header.ts';

const MAX_SUBJECT = 500;
const MAX_FROM = 320;
const MAX_MESSAGE_ID = 250;

export function trackedFields(header: Header): {
  readonly headerFrom: string | undefined;
  readonly subject: string | undefined;
  readonly messageIdHeader: string | undefined;
} {
  const from = first(header, 'from');
  const subject = first(header, 'subject');
  return {
    headerFrom: from === undefined ? undefined : addressIn(from).slice(0, MAX_FROM),
    subject: subject === undefined ? undefined : decodeEncodedWords(subject).slice(0, MAX_SUBJECT),
    messageIdHeader: first(header, 'message-id')?.slice(0, MAX_MESSAGE_ID),
  };
}

function first(header: Header, lower: string): string | undefined {
  const field = header.fields.find((f) => f.lower === lower);
  return field === undefined ? undefined : fieldText(header, field);
}

/** Good enough to find a message by; who really sent it is author.ts's business. */
function addressIn(from: string): string {
  const open = from.lastIndexOf('<');
  const close = from.indexOf('>', open);
  return open >= 0 && close > open ? from.slice(open + 1, close).trim() : from;
}
