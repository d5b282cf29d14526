/** The end of somebody's access because a directory says so: person, sessions and the keys the person had made, at once. */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Act, PersonId } from '#assurance/identity/identity.ts';
import { leavePerson, suspendPerson } from '#assurance/identity/people.ts';

export async function deactivatePerson(act: Act, id: PersonId, how: 'suspend' | 'leave'): Promise<void> {
  await revokeKeysOf(act, id);
  // A refusal means that the person is suspended or gone already, which is what was asked for.
  await (how === 'suspend' ? suspendPerson(act, id) : leavePerson(act, id));
}

/** Whoever made a key has seen it, so it ends with its maker; a service that needs one gets it from somebody who is there. */
async function revokeKeysOf({ tx, tenant, actor }: Act, id: PersonId): Promise<void> {
  const gone = await tx.query<{ id: string }>(
    'delete from api_key where tenant_id = $1 and created_by = any ($2) returning id',
    [tenant, [`admin:${id}`, `employee:${id}`]],
  );
  await appendAudit(
    tx,
    gone.map((key) => ({
      tenant,
      actor,
      what: 'api-key.revoked',
      subject: `api-key:${key.id}`,
      details: { because: `person:${id}` },
    })),
  );
}
