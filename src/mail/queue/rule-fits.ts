/** An SQL condition: the rule named by a parameter (a domain, `*.domain`, or `*`) speaks for the domain in a column. */
export function ruleFits(column: string, parameter: string): string {
  const p = `${parameter}::text`;
  return `(${p} = '*' or ${column} = ${p} or (${p} like '*.%' and right(${column}, length(${p}) - 1) = substr(${p}, 2)))`;
}
