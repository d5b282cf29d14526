/** A filter as SQL over the rows of one kind of resource. Every value is a parameter; unknown attributes are refused. */
import { err, ok, type Result } from '#core/result.ts';
import type { Filter, Operator } from './filter.ts';

/** `text` compares without case, `exact` as written; `time` is compared as a moment. */
export type Column = { readonly sql: string; readonly type: 'text' | 'exact' | 'boolean' | 'time' };
export type Columns = Readonly<Record<string, Column>>;
export type Condition = { readonly sql: string; readonly values: readonly unknown[] };

/** Parameters are numbered from `first` on. */
export function conditionOf(filter: Filter, columns: Columns, first: number): Result<Condition, string> {
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${first + values.push(value) - 1}`;
  const say = (f: Filter, prefix: string): Result<string, string> => {
    switch (f.kind) {
      case 'and':
      case 'or': {
        const [left, right] = [say(f.left, prefix), say(f.right, prefix)];
        if (!left.ok) return left;
        return right.ok ? ok(`(${left.value} ${f.kind} ${right.value})`) : right;
      }
      case 'not': {
        const inner = say(f.inner, prefix);
        return inner.ok ? ok(`(not coalesce(${inner.value}, false))`) : inner;
      }
      case 'within':
        return say(f.inner, `${f.path}.`);
      case 'compare': {
        const column = columns[`${prefix}${f.path}`];
        if (column === undefined) return err(`There is no filter on "${f.path.slice(0, 60)}".`);
        return compare(column, f.op, f.value, place);
      }
    }
  };
  const sql = say(filter, '');
  return sql.ok ? ok({ sql: sql.value, values }) : sql;
}

const SQL_OPERATOR: Readonly<Record<Exclude<Operator, 'co' | 'sw' | 'ew' | 'pr'>, string>> = {
  eq: 'is not distinct from',
  ne: 'is distinct from',
  gt: '>',
  ge: '>=',
  lt: '<',
  le: '<=',
};

function compare(
  { sql, type }: Column,
  op: Operator,
  value: unknown,
  place: (value: unknown) => string,
): Result<string, string> {
  if (op === 'pr') return ok(`(${sql} is not null)`);
  if (type === 'boolean')
    return typeof value === 'boolean' && (op === 'eq' || op === 'ne')
      ? ok(`(${sql} ${SQL_OPERATOR[op]} ${place(value)}::boolean)`)
      : err('A boolean is compared by eq or ne with true or false.');
  if (typeof value !== 'string') return err('A text is compared with a text.');
  if (type === 'time') {
    if (op === 'co' || op === 'sw' || op === 'ew' || Number.isNaN(Date.parse(value)))
      return err('A time is compared with a time.');
    return ok(`(${sql} ${SQL_OPERATOR[op]} ${place(new Date(value))}::timestamptz)`);
  }
  const [left, given] = type === 'text' ? [`lower(${sql})`, value.toLowerCase()] : [`${sql}::text`, value];
  const literal = given.replaceAll(/[\\%_]/g, '\\$&');
  switch (op) {
    case 'co':
      return ok(`(${left} like ${place(`%${literal}%`)})`);
    case 'sw':
      return ok(`(${left} like ${place(`${literal}%`)})`);
    case 'ew':
      return ok(`(${left} like ${place(`%${literal}`)})`);
    case 'eq':
    case 'ne':
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return ok(`(${left} ${SQL_OPERATOR[op]} ${place(given)}::text)`);
  }
}
