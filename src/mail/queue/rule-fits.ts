/** SQL about destination rules. A rule is named by a domain, `*.domain`, or `*`. */

/** A condition: the rule named by a parameter speaks for the domain in a column. */
export function ruleFits(column: string, parameter: string): string {
  const p = `${parameter}::text`;
  return `(${p} = '*' or ${column} = ${p} or (${p} like '*.%' and right(${column}, length(${p}) - 1) = substr(${p}, 2)))`;
}

/** A query for the rule that decides about a domain now, if any; the nearest name first, as deliver/destination.ts does. */
export function ruleInForce(tenant: string, domain: string): string {
  return `select d.name as rule, d.state, d.reason from destination_rule d
    where d.tenant_id = ${tenant} and d.state <> 'normal' and (d.state_until is null or d.state_until > now())
      and ${ruleFits(domain, 'd.name')}
    order by d.name = ${domain} desc, length(d.name) desc limit 1`;
}
