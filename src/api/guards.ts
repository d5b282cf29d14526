/**
 * What a request must satisfy before anything looks at it. A browser on any machine that reaches us may be led astray: a web
 * page may point its own name at our address (DNS rebinding) or post across origins. Hence the Host and Origin of every
 * request must be ours: the public URL's, or this machine's own names.
 */
import { problem, type Problem } from './problem.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Who may come to a route: our own pages and programs; a browser on its way back from elsewhere; another server. */
export type Arrival = 'us' | 'browser' | 'server';

type Headers = {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
  readonly 'sec-fetch-mode'?: string | string[] | undefined;
  readonly 'sec-fetch-dest'?: string | string[] | undefined;
};
/** `isPage`: a browser may come there from elsewhere: it is no part of the API and changes nothing, or bound to a cookie. */
export type Guard = (headers: Headers, isPage?: boolean) => Problem | undefined;

/** Followed by a person into a tab of its own; frames and everything a page loads by itself say something else. */
const isOpened = (headers: Headers): boolean =>
  headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';

/** `publicUrl` is an origin such as `https://gate.example`; loopback is always ours, too. */
export function createGuard(publicUrl: string | undefined): Guard {
  const ours = publicUrl === undefined ? undefined : new URL(publicUrl);
  return (headers, isPage = false) => {
    const { host: given = '', origin, 'sec-fetch-site': site } = headers;
    const host = given.toLowerCase();
    const isLocal = LOOPBACK.has(host.replace(/:\d{1,5}$/, ''));
    if (!isLocal && host !== ours?.host) return forbidden('wrong-host', WRONG_HOST);
    const expected = isLocal ? `http://${host}` : ours?.origin;
    // A page of ours that was reached over TLS on a local name says so; its host is what counts.
    if (origin !== undefined && ![expected, `https://${host}`].includes(origin.toLowerCase()))
      return forbidden('wrong-origin', 'Requests from other origins are refused.');
    if (isPage && isOpened(headers)) return undefined;
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      return forbidden('wrong-origin', 'Requests from other sites are refused.');
    return undefined;
  };
}

const WRONG_HOST = 'The Host header must be that of http.publicUrl, or localhost, 127.0.0.1 or [::1].';

function forbidden(type: string, detail: string): Problem {
  return problem({ status: 403, type, title: 'Forbidden', detail });
}

/** Whether an address reaches this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
