/**
 * SCIM PATCH (RFC 7644 §3.5.2) over the JSON of a resource: operations in, the changed JSON out; whether that is a good
 * resource is asked afterwards, as for PUT. Written down are also the ways in which the two largest clients differ from the
 * standard: operation names in any case, dotted names and booleans as text in a value without path (Entra ID), removal of
 * members listed in `value`.
 */
import { err, ok, type Result } from '#core/result.ts';
import { type Filter, matches, parseFilter } from './filter.ts';

export type Json = { [key: string]: unknown };
export type PatchOperation = {
  readonly op: string;
  readonly path?: string | undefined;
  readonly value?: unknown;
};
export type PatchRefusal = {
  readonly kind: 'invalidPath' | 'noTarget' | 'invalidValue';
  readonly text: string;
};
type Done = Result<undefined, PatchRefusal>;

type Path = { readonly name: string; readonly filter?: Filter; readonly sub?: string };

/** `resource` is left alone; what comes back is another value. */
export function applyPatch(
  resource: Json,
  operations: readonly PatchOperation[],
): Result<Json, PatchRefusal> {
  const changed = structuredClone(resource);
  for (const operation of operations) {
    const done = applyOne(changed, operation);
    if (!done.ok) return done;
  }
  return ok(changed);
}

function applyOne(target: Json, { op: word, path, value }: PatchOperation): Done {
  const op = word.toLowerCase();
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    return refuse('invalidValue', `There is no operation "${word.slice(0, 20)}".`);
  if (path === undefined || path === '')
    return op === 'remove' ? refuse('noTarget', 'A removal names a path.') : merge(target, op, value);
  const parsed = parsePath(path);
  if (!parsed.ok) return parsed;
  return op === 'remove' ? remove(target, parsed.value, value) : put(target, op, parsed.value, value);
}

/** A value without path is a partial resource; its names may themselves be paths. */
function merge(target: Json, op: 'add' | 'replace', value: unknown): Done {
  if (!isObject(value)) return refuse('invalidValue', 'Without a path the value must be an object.');
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'schemas') continue;
    const parsed = parsePath(name);
    if (!parsed.ok) return parsed;
    const done = put(target, op, parsed.value, inner);
    if (!done.ok) return done;
  }
  return DONE;
}

function put(target: Json, op: 'add' | 'replace', path: Path, value: unknown): Done {
  const key = keyOf(target, path.name);
  if (path.filter !== undefined) return putWithin(target, key, { ...path, filter: path.filter }, value);
  if (path.sub !== undefined) {
    const inner = target[key];
    const holder: Json = isObject(inner) ? inner : {};
    target[key] = holder;
    holder[keyOf(holder, path.sub)] = value;
    return DONE;
  }
  const before = target[key];
  if (op === 'add' && Array.isArray(before)) target[key] = union(before, [value].flat());
  else if (isObject(before) && isObject(value)) target[key] = { ...before, ...value };
  else target[key] = value;
  return DONE;
}

/** RFC 7644 §3.5.2.3: where nothing fits there is no target, but an equality tells what to make (as both clients expect). */
function putWithin(
  target: Json,
  key: string,
  path: Path & { readonly filter: Filter },
  value: unknown,
): Done {
  const list: unknown[] = Array.isArray(target[key]) ? target[key] : [];
  let fitting = list.filter((v) => matches(path.filter, v));
  if (fitting.length === 0) {
    const made = madeFrom(path.filter);
    if (made === undefined) return refuse('noTarget', 'Nothing fits the filter of the path.');
    list.push(made);
    fitting = [made];
  }
  for (const element of fitting) {
    if (!isObject(element)) return refuse('invalidPath', 'The path leads into something that has no parts.');
    if (path.sub !== undefined) element[keyOf(element, path.sub)] = value;
    else if (isObject(value)) Object.assign(element, value);
    else return refuse('invalidValue', 'The value must be an object.');
  }
  target[key] = list;
  return DONE;
}

function madeFrom(filter: Filter): Json | undefined {
  if (filter.kind === 'compare' && filter.op === 'eq') return { [filter.path]: filter.value };
  if (filter.kind !== 'and') return undefined;
  const [left, right] = [madeFrom(filter.left), madeFrom(filter.right)];
  return left === undefined || right === undefined ? undefined : { ...left, ...right };
}

function remove(target: Json, path: Path, value: unknown): Done {
  const key = keyOf(target, path.name);
  const before = target[key];
  if (path.filter !== undefined) {
    const { filter, sub } = path;
    if (!Array.isArray(before)) return DONE;
    if (sub === undefined) target[key] = before.filter((v) => !matches(filter, v));
    else for (const v of before) if (isObject(v) && matches(filter, v)) delete v[keyOf(v, sub)];
    return DONE;
  }
  if (path.sub !== undefined) {
    if (isObject(before)) delete before[keyOf(before, path.sub)];
    return DONE;
  }
  if (Array.isArray(before) && value !== undefined && value !== null) {
    const gone = new Set([value].flat().map(identityOf));
    target[key] = before.filter((v) => !gone.has(identityOf(v)));
  } else delete target[key];
  return DONE;
}

const PATH = /^([A-Za-z$][\w$-]*)(?:\[(.{1,1000})\])?(?:\.([A-Za-z$][\w$-]*))?$/;
const URN = /^urn:ietf:params:scim:schemas:(?:core|extension):[\w:.]{1,80}:(?=[A-Za-z$])/i;

function parsePath(text: string): Result<Path, PatchRefusal> {
  const [, name, inside, sub] = PATH.exec(text.replace(URN, '').slice(0, 1200)) ?? [];
  if (name === undefined) return refuse('invalidPath', 'The path is malformed.');
  const filter = inside === undefined ? undefined : parseFilter(inside);
  if (filter !== undefined && !filter.ok) return refuse('invalidPath', filter.error);
  return ok({
    name,
    ...(filter === undefined ? {} : { filter: filter.value }),
    ...(sub === undefined ? {} : { sub }),
  });
}

/** RFC 7643 §2.1: attribute names are compared without case. */
function keyOf(target: Json, name: string): string {
  const lower = name.toLowerCase();
  return Object.keys(target).find((k) => k.toLowerCase() === lower) ?? name;
}

/** What is there already is not added again (RFC 7644 §3.5.2.1). */
function union(before: readonly unknown[], more: readonly unknown[]): unknown[] {
  const there = new Map(before.map((v) => [identityOf(v), v]));
  for (const v of more) if (!there.has(identityOf(v))) there.set(identityOf(v), v);
  return [...there.values()];
}

const identityOf = (v: unknown): string =>
  isObject(v) && typeof v['value'] === 'string' ? v['value'] : JSON.stringify(v ?? null);

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const DONE: Done = ok(undefined);
const refuse = (
  kind: PatchRefusal['kind'],
  text: string,
): { readonly ok: false; readonly error: PatchRefusal } => err({ kind, text });
