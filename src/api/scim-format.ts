/** How SCIM clients are answered (RFC 7644 §3.1, §3.12, §3.14): media type, errors of their form, versions as ETags. */
import type { FastifyReply } from 'fastify';
import type { Problem } from './problem.ts';

const MEDIA_TYPE = 'application/scim+json';
/** RFC 7644 §3.12, table 9. */
const TYPES = ['uniqueness', 'invalidFilter', 'invalidPath', 'invalidValue', 'noTarget'];

export function sendScim(reply: FastifyReply, status: number, value: unknown): FastifyReply {
  const { version, location } = metaOf(value);
  if (version !== undefined) reply.header('etag', version);
  if (status === 201 && location !== undefined) reply.header('location', location);
  return reply
    .status(status)
    .type(MEDIA_TYPE)
    .send(status === 204 ? undefined : value);
}

export function sendScimError(reply: FastifyReply, p: Problem): FastifyReply {
  // What does not fit the schema is invalidValue with 400 there.
  const isInvalid = p.type === 'invalid';
  const status = isInvalid ? 400 : p.status;
  const word = isInvalid ? 'invalidValue' : TYPES.find((t) => t === p.type);
  const said = p.complaints?.map((c) => `${c.at}: ${c.text}`).join(' ') ?? p.detail;
  return reply
    .status(status)
    .type(MEDIA_TYPE)
    .send({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      ...(word === undefined ? {} : { scimType: word }),
      detail: said.slice(0, 1000),
    });
}

function metaOf(value: unknown): { readonly version?: string; readonly location?: string } {
  const meta: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'meta') : undefined;
  if (typeof meta !== 'object' || meta === null) return {};
  const [version, location]: unknown[] = [Reflect.get(meta, 'version'), Reflect.get(meta, 'location')];
  return {
    ...(typeof version === 'string' ? { version } : {}),
    ...(typeof location === 'string' ? { location } : {}),
  };
}
