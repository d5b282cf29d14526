/**
 * The API's OpenAPI description as TypeScript types for the console (web/src/api/types.ts), in the form openapi-fetch reads.
 * One line for each operation, so that two people who add routes do not meet. (openapi-typescript does not run with
 * TypeScript 7.) `GATEHOUSE_TEST_RENEW=1 node --test src/api-types.test.ts` writes the file; the test holds it to the routes.
 */
type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: unknown): Json => (isObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function apiTypes(description: unknown): string {
  const paths = Object.entries(objectOf(objectOf(description)['paths']));
  return `// Made from the routes by tools/make-api-types.ts; do not edit.
export type Problem = { type: string; title: string; status: number; detail: string; instance: string; complaints?: { at: string; text: string }[] };
type Refused = { headers: Record<string, unknown>; content: { 'application/problem+json': Problem } };
type None = { query?: never; header?: never; path?: never; cookie?: never };
export interface paths {
${paths.map(([path, item]) => pathLines(path, objectOf(item))).join('\n')}
}
`;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

function pathLines(path: string, item: Json): string {
  const lines = METHODS.filter((m) => isObject(item[m])).map(
    (m) => `    ${m}: ${operation(objectOf(item[m]))};`,
  );
  const absent = METHODS.filter((m) => !isObject(item[m])).map((m) => `${m}?: never`);
  return [`  '${path}': {`, `    parameters: None;`, ...lines, `    ${absent.join('; ')};`, '  };'].join(
    '\n',
  );
}

function operation(op: Json): string {
  const body = objectOf(op['requestBody']);
  const requestBody = isObject(op['requestBody']) ? content(body) : undefined;
  const responses = Object.entries(objectOf(op['responses'])).map(([status, response]) =>
    status === 'default' ? 'default: Refused' : `${status}: ${answer(objectOf(response))}`,
  );
  return `{ parameters: ${parameters(listOf(op['parameters']).map(objectOf))}; ${
    requestBody === undefined ? 'requestBody?: never' : `requestBody: ${requestBody}`
  }; responses: { ${responses.join('; ')} } }`;
}

function parameters(list: readonly Json[]): string {
  const parts = (['query', 'header', 'path', 'cookie'] as const).map((where) => {
    const mine = list.filter((p) => p['in'] === where);
    if (mine.length === 0) return `${where}?: never`;
    const fields = mine.map(
      (p) => `${key(String(p['name']))}${p['required'] === true ? '' : '?'}: ${type(p['schema'])}`,
    );
    return `${where}${mine.some((p) => p['required'] === true) ? '' : '?'}: { ${fields.join('; ')} }`;
  });
  return `{ ${parts.join('; ')} }`;
}

const content = (holder: Json): string => {
  const kinds = Object.entries(objectOf(holder['content'])).map(
    ([kind, value]) => `'${kind}': ${type(objectOf(value)['schema'])}`,
  );
  return `{ content: { ${kinds.join('; ')} } }`;
};

function answer(response: Json): string {
  const kinds = Object.entries(objectOf(response['content'])).map(
    ([kind, value]) => `'${kind}': ${type(objectOf(value)['schema'])}`,
  );
  return `{ headers: Record<string, unknown>; ${kinds.length === 0 ? 'content?: never' : `content: { ${kinds.join('; ')} }`} }`;
}

const key = (name: string): string => (/^[a-z_$][\w$]*$/i.test(name) ? name : `'${name}'`);

/** A JSON Schema as a type; what it cannot say is `unknown`, which nobody can use by mistake. */
function type(schema: unknown): string {
  if (!isObject(schema)) return 'unknown';
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((v) => JSON.stringify(v)).join(' | ');
  for (const word of ['anyOf', 'oneOf'] as const)
    if (Array.isArray(schema[word])) return `(${schema[word].map(type).join(' | ')})`;
  if (Array.isArray(schema['allOf'])) return `(${schema['allOf'].map(type).join(' & ')})`;
  if (Array.isArray(schema['type']))
    return `(${schema['type'].map((t) => type({ ...schema, type: t })).join(' | ')})`;
  return plain(schema);
}

function plain(schema: Json): string {
  switch (schema['type']) {
    case 'string':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array':
      return `${type(schema['items'])}[]`.replace(/^(.* \| .*)\[\]$/, '($1)[]');
    case 'object':
      return object(schema);
    default:
      return 'unknown';
  }
}

function object(schema: Json): string {
  const required = new Set(listOf(schema['required']));
  const fields = Object.entries(objectOf(schema['properties'])).map(
    ([name, value]) => `${key(name)}${required.has(name) ? '' : '?'}: ${type(value)}`,
  );
  const more = schema['additionalProperties'];
  const open =
    isObject(more) && Object.keys(more).length > 0
      ? `Record<string, ${type(more)}>`
      : 'Record<string, unknown>';
  if (fields.length === 0) return more === false ? 'Record<string, never>' : open;
  const closed = `{ ${fields.join('; ')} }`;
  return isObject(more) ? `(${closed} & ${open})` : closed;
}
