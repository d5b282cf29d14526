/** What a caller is told when a request does not succeed (RFC 9457): public words only; the inside goes to the log. */
import type { Complaint } from '#core/complaint.ts';

export type Problem = {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503;
  /** Short stable word; `urn:gatehouse:problem:` goes before it. */
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  /** Every mistake that was found, each with its place. */
  readonly complaints?: readonly Complaint[];
  /** Sent as Retry-After. */
  readonly retryAfterS?: number;
};

const marked = new WeakSet<object>();

/** Makes a problem that a handler can return instead of its reply. */
export function problem(fields: Problem): Problem {
  const made = { ...fields };
  marked.add(made);
  return made;
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && marked.has(value);
}

/** The JSON form, RFC 9457 §3.1; `instance` carries the id under which the log has the rest. */
export function problemBody(p: Problem, requestId: string): Record<string, unknown> {
  return {
    type: `urn:gatehouse:problem:${p.type}`,
    title: p.title,
    status: p.status,
    detail: p.detail,
    instance: `urn:uuid:${requestId}`,
    ...(p.complaints === undefined ? {} : { complaints: p.complaints }),
  };
}

/** An id of another tenant answers exactly like one that does not exist. */
export function notFound(what: string): Problem {
  return problem({ status: 404, type: 'not-found', title: 'Not found', detail: `There is no such ${what}.` });
}

export function invalid(complaints: readonly Complaint[]): Problem {
  return problem({
    status: 422,
    type: 'invalid',
    title: 'The request is not valid',
    detail: complaints.length === 1 ? complaints[0]!.text : `${complaints.length} mistakes were found.`,
    complaints,
  });
}

export function conflict(detail: string): Problem {
  return problem({ status: 409, type: 'conflict', title: 'Conflict', detail });
}
