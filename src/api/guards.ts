/**
 * What a request must satisfy before anything looks at it. Until sign-in exists the API listens on loopback only, which
 * stops other machines but not a browser on this one: a web page may point its own name at 127.0.0.1 (DNS rebinding) or post
 * across origins. Hence the Host and Origin of every request must be ours.
 */
import { problem, type Problem } from './problem.ts';

const OUR_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

type Headers = {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
};

export function guard(headers: Headers): Problem | undefined {
  const host = headers.host ?? '';
  if (!OUR_HOSTS.has(host.replace(/:\d{1,5}$/, '').toLowerCase())) {
    return forbidden('wrong-host', 'The Host header must be localhost, 127.0.0.1 or [::1].');
  }
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    return forbidden('wrong-origin', 'Requests from other origins are refused.');
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return forbidden('wrong-origin', 'Requests from other sites are refused.');
  }
  return undefined;
}

function forbidden(type: string, detail: string): Problem {
  return problem({ status: 403, type, title: 'Forbidden', detail });
}

/** Whether an address may be listened on while there is no sign-in. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
