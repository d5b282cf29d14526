/** Talking to the API: typed by the routes, one error for whatever goes wrong, and the marks that every write carries. */
import createClient, { type Middleware } from 'openapi-fetch';
import type { paths, Problem } from './types.ts';

export type { Problem };

/** Whatever is not a success. `type` is the last word of the problem's URN; `offline` when there was no answer at all. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly type: string;
  readonly status: number;
  readonly problem: Problem | undefined;
  constructor(type: string, status: number, problem: Problem | undefined) {
    super(problem?.detail ?? type);
    this.type = type;
    this.status = status;
    this.problem = problem;
  }
}

/** A page of another site cannot send this header without asking first; the key makes a write that is sent twice happen once. */
const marks: Middleware = {
  onRequest({ request }) {
    if (request.method === 'GET' || request.method === 'HEAD') return undefined;
    request.headers.set('Gatehouse-Csrf', '1');
    if (!request.headers.has('Idempotency-Key')) request.headers.set('Idempotency-Key', crypto.randomUUID());
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? '' });
api.use(marks);

type Reply<T> = { readonly data?: T; readonly error?: unknown; readonly response: Response };

/** The answer of a call, or an ApiProblem. */
export async function answer<T>(call: Promise<Reply<T>>): Promise<T> {
  let reply: Reply<T>;
  try {
    reply = await call;
  } catch (error) {
    if (error instanceof TypeError) throw new ApiProblem('offline', 0, undefined);
    throw error;
  }
  // `as`: openapi-fetch leaves data out only where there is an error or no content.
  if (reply.response.ok) return reply.data as T;
  throw problemOf(reply.error, reply.response.status);
}

function problemOf(body: unknown, status: number): ApiProblem {
  const problem = isProblem(body) ? body : undefined;
  return new ApiProblem(problem?.type.split(':').at(-1) ?? `http-${status}`, status, problem);
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'type' in body && 'detail' in body;
}

/** What the server says of one field; `at` is its place in the body, as `nextHop.host`. */
export function complaintAt(error: unknown, at: string): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return error.problem?.complaints?.find((c) => c.at === `body.${at}` || c.at === at)?.text;
}
