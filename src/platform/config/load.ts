/**
 * Reads the machine configuration: YAML file, then environment, then flags, each over the one before; then parse,
 * cross-check, freeze. Everything that is wrong is told at once, each with file, line and column or the name of the variable
 * or flag. An unknown key is an error, since a mistyped one would silently leave a protection at its default.
 */
import { dirname, resolve } from 'node:path';
import { isNode, isPair, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { nearest, type Complaint } from '#core/complaint.ts';
import { err, ok, type Result } from '#core/result.ts';
import { pathText, schemaAt, unwrap, zodMistakes, type Mistake } from './zod-complaints.ts';

export type Path = readonly (string | number)[];
/** A value from outside the file. `name` is the variable or flag as its owner typed it. */
export type Override = { readonly name: string; readonly path: Path; readonly value: string };
/** Looks at sections that are each valid in themselves and says what does not fit together. */
export type CrossCheck<C> = {
  readonly sections: readonly (keyof C & string)[];
  readonly check: (config: C) => readonly Mistake[];
};
export type ConfigSource = {
  /** As shown in complaints; `undefined` when there is no file. */
  readonly file: { readonly name: string; readonly text: string } | undefined;
  readonly overrides: readonly Override[];
  /** What relative paths from overrides and defaults start at; those from the file start at its folder. */
  readonly workingDirectory: string;
};

export type Loaded<C> = {
  readonly config: C;
  /** Top-level keys whose value stands in the file. */
  readonly fromFile: ReadonlySet<string>;
};

const MAX_FILE_CHARS = 1_000_000;

export function loadConfig<S extends z.ZodObject>(
  schema: S,
  crossChecks: readonly CrossCheck<z.output<S>>[],
  source: ConfigSource,
): Result<Loaded<z.output<S>>, readonly Complaint[]> {
  const file = readYaml(source.file);
  if (file.complaints.length > 0) return err(file.complaints);
  const raw = file.value;
  const fromFile = new Set(Object.keys(raw));
  const origins = new Map<string, string>();
  for (const o of source.overrides) {
    setAt(raw, o.path, fromText(o.value, schemaAt(schema, o.path)));
    origins.set(pathText(o.path), o.name);
    if (o.path.length === 1) fromFile.delete(String(o.path[0]));
  }
  const place = (m: Mistake): Complaint => locate(m, origins, source.file?.name, file);
  const mistakes: Mistake[] = [];
  const parsed = schema.safeParse(raw);
  if (parsed.error) mistakes.push(...zodMistakes(parsed.error, schema));
  mistakes.push(...checkAcross(schema, raw, crossChecks));
  if (mistakes.length > 0 || !parsed.success) return err(dedupe(mistakes.map(place)));
  return ok({ config: freeze(parsed.data), fromFile });
}

/** Runs each cross-check whose sections are valid by themselves, also when others are not. */
function checkAcross<S extends z.ZodObject>(
  schema: S,
  raw: Readonly<Record<string, unknown>>,
  crossChecks: readonly CrossCheck<z.output<S>>[],
): Mistake[] {
  const good: Record<string, unknown> = {};
  for (const [name, section] of Object.entries(schema.shape)) {
    const parsed = (section as z.ZodType).safeParse(raw[name]);
    if (parsed.success) good[name] = parsed.data;
  }
  return crossChecks
    .filter((c) => c.sections.every((s) => s in good || schemaAt(schema, [s]) === undefined))
    .flatMap((c) => c.check(good as z.output<S>)); // `as`: the sections it names are there and parsed
}

type Yaml = {
  readonly value: Record<string, unknown>;
  readonly complaints: readonly Complaint[];
  readonly doc: Document | undefined;
  readonly lines: LineCounter;
};

function readYaml(file: ConfigSource['file']): Yaml {
  const lines = new LineCounter();
  if (file === undefined) return { value: {}, complaints: [], doc: undefined, lines };
  const fail = (at: string, text: string): Yaml => ({
    value: {},
    complaints: [{ at, text }],
    doc: undefined,
    lines,
  });
  if (file.text.length > MAX_FILE_CHARS)
    return fail(file.name, `is larger than ${MAX_FILE_CHARS} characters`);
  const doc = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const complaints = doc.errors.map((e) => {
    const { line, col } = lines.linePos(e.pos[0]);
    return {
      at: `${file.name}:${line}:${col}`,
      text: yamlText(e.code, e.message, file.text.slice(e.pos[0], e.pos[0] + 60)),
    };
  });
  if (complaints.length > 0) return { value: {}, complaints, doc: undefined, lines };
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    // The only thing toJS refuses in a document without errors is an alias bomb.
    return fail(file.name, 'uses too many aliases');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail(`${file.name}:1:1`, 'must be a group of keys');
  return { value: value as Record<string, unknown>, complaints: [], doc, lines };
}

/** The parser's own words, save where they leave out which key they are about. */
function yamlText(code: string, message: string, source: string): string {
  const key = source.split(/[:\n]/, 1)[0]?.trim() ?? '';
  return code === 'DUPLICATE_KEY' ? `the key "${key.slice(0, 60)}" is there twice` : message;
}

function locate(
  m: Mistake,
  origins: ReadonlyMap<string, string>,
  fileName: string | undefined,
  file: Yaml,
): Complaint {
  const path = pathText(m.path);
  const text = path === '' ? m.text : `${path}: ${m.text}`;
  const origin = origins.get(path);
  if (origin !== undefined) return { at: origin, text };
  if (file.doc === undefined || fileName === undefined) return { at: '', text };
  const { line, col } = file.lines.linePos(offsetOf(file.doc, m.path));
  return { at: `${fileName}:${line}:${col}`, text };
}

/** Where the value stands, or for a key that is missing or unknown the nearest thing around it. */
function offsetOf(doc: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const here = path.slice(0, length);
    const node: unknown = length === 0 ? doc.contents : doc.getIn(here, true);
    if (length > 0) {
      const parent: unknown = length === 1 ? doc.contents : doc.getIn(here.slice(0, -1), true);
      const key = keyOffset(parent, here.at(-1));
      if (key !== undefined) return key;
    }
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffset(parent: unknown, key: PropertyKey | undefined): number | undefined {
  if (typeof parent !== 'object' || parent === null || !('items' in parent) || !Array.isArray(parent.items))
    return undefined;
  for (const pair of parent.items as unknown[]) {
    if (isPair(pair) && isScalar(pair.key) && pair.key.value === key) return pair.key.range?.[0];
  }
  return undefined;
}

function setAt(target: Record<string, unknown>, path: Path, value: unknown): void {
  let at: Record<string, unknown> = target;
  for (const part of path.slice(0, -1)) {
    const next = at[String(part)];
    if (typeof next === 'object' && next !== null) at = next as Record<string, unknown>;
    else at[String(part)] = at = {};
  }
  at[String(path.at(-1))] = value;
}

/** Text of a variable or flag as what the schema wants there; what does not convert stays text and is refused as such. */
function fromText(text: string, schema: z.ZodType | undefined): unknown {
  const bare = schema === undefined ? undefined : unwrap(schema);
  if (bare instanceof z.ZodNumber && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (bare instanceof z.ZodBoolean && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function dedupe(complaints: readonly Complaint[]): Complaint[] {
  const each = [...new Map(complaints.map((c) => [`${c.at}\n${c.text}`, c])).values()];
  return each.toSorted((a, b) => a.at.localeCompare(b.at, 'en', { numeric: true }));
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

/** Variables that begin like ours and are none of ours are mistyped ones. */
export function environmentOverrides(
  environment: Readonly<Record<string, string | undefined>>,
  names: Readonly<Record<string, Path>>,
  others: readonly string[],
): Result<readonly Override[], readonly Complaint[]> {
  const overrides: Override[] = [];
  const complaints: Complaint[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('GATEHOUSE_') || value === undefined) continue;
    const path = names[name];
    if (path !== undefined) overrides.push({ name, path, value });
    else if (!others.some((o) => name === o || (o.endsWith('_') && name.startsWith(o)))) {
      const meant = nearest(name, [...Object.keys(names), ...others]);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      complaints.push({ at: name, text: `no setting has this name${hint}` });
    }
  }
  return complaints.length > 0 ? err(complaints) : ok(overrides);
}

/** A path as written, made absolute from the folder of the file or from where the process was started. */
export function absolutePath(path: string, isFromFile: boolean, source: ConfigSource): string {
  const base =
    isFromFile && source.file !== undefined
      ? dirname(resolve(source.workingDirectory, source.file.name))
      : source.workingDirectory;
  return resolve(base, path);
}
