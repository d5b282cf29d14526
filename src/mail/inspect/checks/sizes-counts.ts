/** More parts, attachments, recipients or header than honest mail has: what overwhelms a reader or a later check. */
import type { Check, CheckFinding, CheckInput } from '../check.ts';

export type SizeSettings = {
  readonly maxParts: number;
  readonly maxAttachments: number;
  readonly maxAttachmentBytes: number;
  readonly maxHeaderBytes: number;
  readonly maxRecipients: number;
};

export const DEFAULT_SIZES: SizeSettings = {
  maxParts: 500,
  maxAttachments: 100,
  maxAttachmentBytes: 100 * 1024 * 1024,
  maxHeaderBytes: 128 * 1024,
  maxRecipients: 1000,
};

/** The check for one set of limits. */
export function createSizesCounts(settings: SizeSettings): Check {
  return { name: 'sizes-counts', timeoutMs: 1_000, run: (input) => judge(input, settings) };
}

export const sizesCounts: Check = createSizesCounts(DEFAULT_SIZES);

function judge({ envelope, message }: CheckInput, settings: SizeSettings): CheckFinding[] {
  const { parts } = message.mime;
  const attachments = parts.filter((p) => p.disposition === 'attachment' || p.names.length > 0);
  const largest = parts.reduce((most, p) => Math.max(most, p.size), 0);
  const findings: CheckFinding[] = [];
  const above = (code: string, value: number, limit: number): void => {
    if (value > limit)
      findings.push({
        code,
        outcome: 'fail',
        class: 'policy',
        weight: 4,
        params: { value, limit },
        cites: [],
      });
  };
  above('parts', parts.length, settings.maxParts);
  above('attachments', attachments.length, settings.maxAttachments);
  above('attachment-bytes', largest, settings.maxAttachmentBytes);
  above('header-bytes', message.header.bodyStart, settings.maxHeaderBytes);
  above('recipients', envelope.recipients.length, settings.maxRecipients);
  return findings;
}
