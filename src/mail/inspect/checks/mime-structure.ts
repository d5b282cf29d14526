/**
 * Whether all mail programs find the same parts in the message. What one of them might read otherwise is named, with the
 * parts that only it would show; and what we did not read to the end is never called harmless.
 */
import { gradeOf, type DefectGrade } from '#protocol/mime/defects.ts';
import type { SpooledMessage } from '../../spooled.ts';
import type { Check, CheckFinding } from '../check.ts';
import { otherReadings, type OtherReadings } from '../other-readings.ts';

export const mimeStructure: Check = {
  name: 'mime-structure',
  timeoutMs: 5_000,
  run: async ({ message }) => judge(message, await otherReadings(message)),
};

function judge(message: SpooledMessage, other: OtherReadings): CheckFinding[] {
  const findings: CheckFinding[] = [];
  const { limitHit } = message.mime;
  if (limitHit !== undefined)
    findings.push({
      code: 'limit',
      outcome: 'fail',
      class: 'policy',
      weight: 8,
      params: { limit: limitHit },
      cites: [],
    });
  if (other.isCut)
    findings.push({ code: 'unread', outcome: 'fail', class: 'policy', weight: 8, params: {}, cites: [] });
  const [hidden] = other.parts;
  if (hidden !== undefined)
    findings.push({
      code: 'hidden-part',
      outcome: 'fail',
      class: 'malware',
      weight: 6,
      params: {
        name: hidden.part.names[0] ?? '',
        type: hidden.part.type,
        reason: hidden.reason,
        count: other.parts.length,
      },
      cites: ['RFC 2046 §5.1'],
    });
  const ambiguous = kindsOf(message, 'ambiguous');
  if (ambiguous !== '')
    findings.push({
      code: 'ambiguous',
      outcome: 'fail',
      class: 'policy',
      weight: 5,
      params: { defects: ambiguous },
      cites: ['RFC 2045 §5.1'],
    });
  const suspicious = kindsOf(message, 'suspicious');
  if (suspicious !== '')
    findings.push({
      code: 'untidy',
      outcome: 'neutral',
      class: 'spam',
      weight: 1,
      params: { defects: suspicious },
      cites: [],
    });
  return findings;
}

/** The defects of that grade by name, each once. */
function kindsOf({ mime }: SpooledMessage, grade: DefectGrade): string {
  const kinds = new Set<string>();
  for (const p of mime.parts) for (const d of p.defects) if (gradeOf(d) === grade) kinds.add(d.kind);
  return [...kinds].join(' ');
}
