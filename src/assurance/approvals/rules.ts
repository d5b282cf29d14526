/** A tenant's rules of who approves what. Changing a rule is an act under that rule itself, so nobody turns it off alone. */
import { appendAudit } from '#assurance/audit/audit.ts';
import type { Actor } from '#core/actor.ts';
import type { TenantId } from '#core/id.ts';
import { ok, type Result } from '#core/result.ts';
import type { Reader, Row, Transaction } from '#platform/db.ts';
import { conflict, forbidden, type Refusal } from '../access/refusal.ts';
import { ACT_NAMES, ACTS, type FourEyesAct } from './acts.ts';
import { isSatisfied, parseExpression, printExpression } from './expression.ts';
import { approversOf } from './people.ts';

export type Rule = {
  readonly act: FourEyesAct;
  /** `none` where nobody needs to approve. */
  readonly approval: string;
  readonly isDefault: boolean;
};

export async function listRules(on: Reader, tenant: TenantId): Promise<Rule[]> {
  const rows = await on.query<{ act: string; approval: string } & Row>(
    'select act, approval from four_eyes_rule where tenant_id = $1',
    [tenant],
  );
  const own = new Map(rows.map((r) => [r.act, r.approval]));
  return ACT_NAMES.map((act) => ({
    act,
    approval: own.get(act) ?? ACTS[act].fallback,
    isDefault: !own.has(act),
  }));
}

/** Whose approval the act needs in this tenant; undefined where it needs none. */
export async function ruleFor(on: Reader, tenant: TenantId, act: FourEyesAct): Promise<string | undefined> {
  const [row] = await on.query<{ approval: string }>(
    'select approval from four_eyes_rule where tenant_id = $1 and act = $2',
    [tenant, act],
  );
  const approval = row?.approval ?? ACTS[act].fallback;
  return approval === 'none' ? undefined : approval;
}

/** Sets a rule, or with `none` takes it away. One that the tenant's people could not meet today is refused. */
export async function setRule(
  tx: Transaction,
  by: { readonly tenant: TenantId; readonly actor: Actor },
  act: FourEyesAct,
  approval: string,
  nowMs: number,
): Promise<Result<Rule, Refusal>> {
  const checked = await checkRule(tx, by.tenant, act, approval, nowMs);
  if (!checked.ok) return checked;
  await tx.query(
    `insert into four_eyes_rule (tenant_id, act, approval) values ($1, $2, $3)
     on conflict (tenant_id, act) do update set approval = $3`,
    [by.tenant, act, checked.value],
  );
  await appendAudit(tx, [
    {
      tenant: by.tenant,
      what: 'four-eyes.changed',
      actor: by.actor,
      subject: act,
      details: { approval: checked.value },
    },
  ]);
  return ok({ act, approval: checked.value, isDefault: false });
}

async function checkRule(
  on: Reader,
  tenant: TenantId,
  act: FourEyesAct,
  approval: string,
  nowMs: number,
): Promise<Result<string, Refusal>> {
  if (approval === 'none')
    return ACTS[act].always ? forbidden('This always needs a second person.') : ok('none');
  const parsed = parseExpression(approval);
  if (!parsed.ok)
    return conflict(
      `The rule is not readable at character ${parsed.error.at + 1}: ${parsed.error.expected}.`,
    );
  // Met by everybody together; that the one who asks may be among them is seen when it is asked.
  const everybody = await approversOf(on, tenant, undefined, nowMs);
  return isSatisfied(parsed.value, everybody)
    ? ok(printExpression(parsed.value))
    : conflict('Nobody could meet this rule: its groups and roles have too few people today.');
}
