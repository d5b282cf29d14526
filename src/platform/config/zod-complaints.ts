/** A schema's verdict in our words: one sentence for each mistake, with its place, and the key that was probably meant. */
import { z } from 'zod';
import { nearest, type Complaint } from '#core/complaint.ts';

export type Mistake = { readonly path: readonly PropertyKey[]; readonly text: string };

/** `root` is put before the path of each mistake; empty leaves the path alone. */
export function zodComplaints(error: z.ZodError, schema: z.ZodType, root = ''): Complaint[] {
  return zodMistakes(error, schema).map((m) => ({ at: pathText(m.path, root), text: m.text }));
}

export function zodMistakes(error: z.ZodError, schema: z.ZodType): Mistake[] {
  return error.issues.flatMap((issue) => mistakesOf(issue, schema, []));
}

/** `listeners[0].port`. */
export function pathText(path: readonly PropertyKey[], root = ''): string {
  let text = root;
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}

function mistakesOf(issue: z.core.$ZodIssue, schema: z.ZodType, base: readonly PropertyKey[]): Mistake[] {
  const path = [...base, ...issue.path];
  // A sentence of the schema's own says more than ours.
  if (!/^(Invalid|Too|Unrecognized)\b/.test(issue.message)) return [{ path, text: issue.message }];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => {
        const meant = nearest(key, known);
        const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`;
        return { path: [...path, key], text: `unknown key; ${hint}` };
      });
    }
    case 'invalid_type':
      return [{ path, text: issue.message.endsWith('received undefined') ? 'is missing' : wrongType(issue) }];
    case 'invalid_value':
      return [{ path, text: `must be ${oneOf(issue.values)}` }];
    case 'invalid_union':
      return unionMistakes(issue, schema, path);
    case 'too_small':
      return [{ path, text: `must ${atLeast(issue)}` }];
    case 'too_big':
      return [{ path, text: `must ${atMost(issue)}` }];
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return [{ path, text: issue.message }];
    default:
      return [{ path, text: 'is not valid' }];
  }
}

function wrongType(issue: z.core.$ZodIssueInvalidType): string {
  const words: Readonly<Record<string, string>> = {
    object: 'a group of keys',
    record: 'a group of keys',
    array: 'a list',
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    undefined: 'absent',
  };
  return `must be ${words[issue.expected] ?? issue.expected}`;
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1
    ? JSON.stringify(values[0])
    : `one of ${values.map((v) => JSON.stringify(v)).join(', ')}`;

function atLeast(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.origin === 'string')
    return issue.minimum === 1 ? 'not be empty' : `have at least ${issue.minimum} characters`;
  if (issue.origin === 'array') return `have at least ${issue.minimum} entries`;
  return issue.inclusive === false ? `be more than ${issue.minimum}` : `be at least ${issue.minimum}`;
}

function atMost(issue: z.core.$ZodIssueTooBig): string {
  if (issue.origin === 'string') return `have at most ${issue.maximum} characters`;
  if (issue.origin === 'array') return `have at most ${issue.maximum} entries`;
  return issue.inclusive === false ? `be less than ${issue.maximum}` : `be at most ${issue.maximum}`;
}

/** Of a union's branches the one that came nearest speaks: the one with the fewest mistakes. */
function unionMistakes(
  issue: z.core.$ZodIssueInvalidUnion,
  schema: z.ZodType,
  path: readonly PropertyKey[],
): Mistake[] {
  const branches = issue.errors.filter((e) => e.length > 0);
  const best = branches.toSorted((a, b) => a.length - b.length || depth(b) - depth(a))[0];
  if (best === undefined) return [{ path, text: unionText(issue) }];
  const inner = schemaAt(schema, issue.path);
  return best.flatMap((i) => mistakesOf(i, inner ?? schema, path));
}

const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map((i) => i.path.length));

function unionText(issue: z.core.$ZodIssueInvalidUnion): string {
  const options: unknown = Reflect.get(issue, 'options');
  const discriminator: unknown = Reflect.get(issue, 'discriminator');
  if (!Array.isArray(options)) return 'fits none of the forms allowed here';
  return `${typeof discriminator === 'string' ? `"${discriminator}" ` : ''}must be ${oneOf(options)}`;
}

function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const found = schemaAt(schema, path);
  return found === undefined ? [] : keysOf(found);
}

function keysOf(schema: z.ZodType): string[] {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodObject) return Object.keys(bare.shape);
  if (bare instanceof z.ZodUnion) return [...new Set(bare.options.flatMap((o) => keysOf(o as z.ZodType)))];
  return [];
}

/** The schema that stands for a place in the document. */
export function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  let current: z.ZodType | undefined = schema;
  for (const part of path) {
    if (current === undefined) return undefined;
    const bare = unwrap(current);
    if (bare instanceof z.ZodObject) current = bare.shape[String(part)] as z.ZodType | undefined;
    else if (bare instanceof z.ZodArray) current = bare.element as z.ZodType;
    else if (bare instanceof z.ZodRecord) current = bare.valueType as z.ZodType;
    else return bare instanceof z.ZodUnion ? bare : undefined;
  }
  return current;
}

/** The schema under `optional`, `default`, `pipe` and their like. */
export function unwrap(schema: z.ZodType): z.ZodType {
  let current: z.ZodType = schema;
  for (let i = 0; i < 20; i++) {
    if (
      current instanceof z.ZodOptional ||
      current instanceof z.ZodDefault ||
      current instanceof z.ZodPrefault ||
      current instanceof z.ZodNullable ||
      current instanceof z.ZodReadonly
    )
      current = current.unwrap() as z.ZodType;
    else if (current instanceof z.ZodPipe) current = current.in as z.ZodType;
    else return current;
  }
  return current;
}
