/** The OpenAPI 3.1 description, made from the routes themselves; test/golden/openapi.json keeps what was promised. */
import { z } from 'zod';
import { CSRF_HEADER, SESSION_COOKIE } from './caller.ts';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

export function openapi(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes.toSorted((a, b) => a.path.localeCompare(b.path))) {
    const path = `/api/v1${route.path}`;
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Gatehouse', version: 'v1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { Problem: PROBLEM }, securitySchemes: SECURITY },
    security: [{ session: [] }, { key: [] }],
  };
}

function operation(route: Route): Json {
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.kind === 'public' ? { security: [] } : {}),
    ...(route.scope === 'tenant' || route.scope === 'installation'
      ? { 'x-permission': route.permission }
      : {}),
    'x-scope': route.scope,
    'x-rate-class': route.rate,
    ...(route.stepUp ? { 'x-step-up': true } : {}),
    ...(route.kind !== 'public' && route.audit !== undefined ? { 'x-audit-event': route.audit } : {}),
    parameters: parameters(route),
    ...(route.kind !== 'read' && route.body !== undefined ? { requestBody: requestBody(route) } : {}),
    responses: {
      [route.kind === 'write' ? route.status : 200]: {
        description: 'Done.',
        ...(route.kind === 'write' && route.status === 204
          ? {}
          : { content: { 'application/json': { schema: jsonSchema(route.reply, 'output') } } }),
      },
      default: {
        description: 'What went wrong.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** `GET /domains/{name}` is `getDomainsName`. */
function operationId(route: Route): string {
  const words = route.path.split(/[^a-zA-Z]+/).filter((w) => w !== '');
  return route.method + words.map((w) => w[0]!.toUpperCase() + w.slice(1)).join(''); // `!`: words are not empty
}

function parameters(route: Route): Json[] {
  const list: Json[] = [];
  const add = (where: 'path' | 'query', schema: z.ZodObject | undefined): void => {
    for (const [name, value] of Object.entries(schema?.shape ?? {})) {
      const type = value as z.ZodType;
      const required = where === 'path' || !type.safeParse(undefined).success;
      list.push({ name, in: where, required, schema: jsonSchema(type, 'input') });
    }
  };
  add('path', route.params);
  add('query', route.query);
  if (route.kind === 'write') list.push(KEY_HEADER);
  return list;
}

function requestBody(route: Exclude<Route, { kind: 'read' }>): Json {
  const type = route.kind === 'write' ? route.bodyType : 'application/json';
  const schema = type === 'text/csv' ? { type: 'string' } : jsonSchema(route.body ?? z.undefined(), 'input');
  return { required: true, content: { [type]: { schema } } };
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

const SECURITY: Json = {
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: `Of a person who signed in. Requests that change something also carry the header ${CSRF_HEADER}: 1.`,
  },
  key: { type: 'http', scheme: 'bearer', description: 'A key of a person or a service.' },
};
const KEY_HEADER: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', maxLength: 128 },
  description: 'A write with a key happens once, however often it is sent within 24 hours.',
};
const PROBLEM: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    complaints: {
      type: 'array',
      items: {
        type: 'object',
        required: ['at', 'text'],
        properties: { at: { type: 'string' }, text: { type: 'string' } },
      },
    },
  },
};
