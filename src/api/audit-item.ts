/** An entry of the log as the API shows it. */
import { z } from 'zod';
import type { LogEntry } from '#assurance/audit/log.ts';
import { sealedFieldsOf, type SubjectKeys } from '#assurance/audit/subject-keys.ts';
import { toUtf8 } from '#core/bytes.ts';
import type { TenantId } from '#core/id.ts';
import type { Reader } from '#platform/db.ts';

export const auditItem = z.object({
  index: z.number().describe('Its place in the log.'),
  at: z.string(),
  what: z.string(),
  actor: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.unknown()),
  personal: z
    .union([z.enum(['sealed', 'erased', 'damaged']), z.record(z.string(), z.unknown())])
    .optional()
    .describe('Personal fields, where the event has some: opened, or why not.'),
});
export type AuditItem = z.output<typeof auditItem>;

/** The leaf's own words; we wrote it, so a leaf that is no event of this form is a bug and throws. */
const leaf = z.object({
  at: z.string(),
  what: z.string(),
  actor: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.unknown()),
});

export function itemOf({ index, entry }: LogEntry): AuditItem {
  const event = leaf.parse(JSON.parse(toUtf8(entry)));
  return { index, ...event, ...(sealedFieldsOf(event.details) && { personal: 'sealed' as const }) };
}

export async function openPersonal(
  db: Reader,
  tenant: TenantId,
  people: SubjectKeys,
  item: AuditItem,
): Promise<AuditItem> {
  const sealed = sealedFieldsOf(item.details);
  if (sealed === undefined) return item;
  const { what, actor, subject } = item;
  const opened = await people.open(db, { tenant, what, actor, subject }, sealed);
  return { ...item, personal: opened.ok ? opened.value : opened.error };
}
