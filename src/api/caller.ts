/**
 * Who sends a request, and how the server learns it. What a request brings (a session's cookie, a key) is turned into a
 * Caller by the function that is handed to the server; nothing else in this room knows about sessions or keys.
 */
import type { Actor } from '#core/actor.ts';
import type { Id, TenantId } from '#core/id.ts';
import type { Permission } from './route.ts';

export type Caller = {
  readonly actor: Actor;
  /** The tenant whose things the caller may see, and no other's. */
  readonly tenant: TenantId;
  /** Absent for a service's key. */
  readonly person: Id<'person'> | undefined;
  /** Absent where the request was made with a key. */
  readonly session: Id<'session'> | undefined;
  /** What the caller may do with the tenant's things; `*` stands for everything and is for the machine's own administrator. */
  readonly permissions: ReadonlySet<Permission | '*'>;
  /** What the caller may do with the installation: an operator's permissions. */
  readonly platform: ReadonlySet<Permission | '*'>;
  /** When the caller last proved both who it is and a second factor; undefined where it never did, as with a key. */
  readonly provedAtMs: number | undefined;
  /** Whether the session still owes a factor: only routes with `enrolment` are open to it. */
  readonly isEnrolling?: boolean;
  /** Whether the session has shown one factor only: enough for an employee, not for a word that others rely on. */
  readonly isSingleFactor?: boolean;
};

/** What a request says of its sender. */
export type Credentials = {
  /** The value of the session's cookie. */
  readonly cookie: string | undefined;
  /** What follows `Bearer` in Authorization. */
  readonly bearer: string | undefined;
  /** The value of the device's cookie: that this browser has signed in before. */
  readonly device: string | undefined;
  /** The value of the flow's cookie. */
  readonly flow?: string | undefined;
  readonly ip: string;
  readonly userAgent: string;
};

/** Undefined for credentials that are no good, whatever is wrong with them: nobody learns which part was right. */
export type Authenticate = (credentials: Credentials) => Promise<Caller | undefined>;

export const SESSION_COOKIE = '__Host-gatehouse';
export const DEVICE_COOKIE = '__Host-gatehouse-device';
/** What a browser takes along to an OpenID provider and must bring back; Lax, since it comes back from another site. */
export const FLOW_COOKIE = '__Host-gatehouse-flow';
const FLOW_AGE_S = 300;

/** Sets the flow's cookie, or takes it away. */
export function flowLine(flow: string | undefined): string {
  const ageS = flow === undefined ? 0 : FLOW_AGE_S;
  return `${FLOW_COOKIE}=${flow ?? ''}; Path=/; Max-Age=${ageS}; Secure; HttpOnly; SameSite=Lax`;
}
/** A header that no form and no image can send, and that a script of another origin may not: against forged requests. */
export const CSRF_HEADER = 'gatehouse-csrf';

/** How long a proof of both factors is good for sensitive acts. */
export const STEP_UP_MS = 10 * 60_000;

/** `device` is kept far longer than the session, and tells nothing but that this browser is no stranger. */
export type CookieChange =
  | { readonly token: string; readonly maxAgeS: number; readonly device?: string }
  | 'clear';
const DEVICE_AGE_S = 365 * 86_400;

/** RFC 6265 §4.1.2, with the prefix `__Host-`: of this host only, for every path, over TLS (or the machine's own loopback). */
export function cookieLines(change: CookieChange): string[] {
  const line = (name: string, value: string, ageS: number): string =>
    `${name}=${value}; Path=/; Max-Age=${ageS}; Secure; HttpOnly; SameSite=Strict`;
  if (change === 'clear') return [line(SESSION_COOKIE, '', 0)];
  const session = line(SESSION_COOKIE, change.token, change.maxAgeS);
  return change.device === undefined
    ? [session]
    : [session, line(DEVICE_COOKIE, change.device, DEVICE_AGE_S)];
}

/** The value of our cookie in a Cookie header; the first one, where several were planted. */
export function cookieOf(header: string | undefined, name: string = SESSION_COOKIE): string | undefined {
  for (const part of (header ?? '').slice(0, 8192).split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header ?? '')?.[1];
}

/** Whether the caller may use a route; `step-up` where it may, but must prove itself anew first. */
export function decide(
  caller: Caller,
  route: {
    readonly permission: Permission;
    readonly scope: string;
    readonly stepUp: boolean;
    readonly enrolment: boolean;
  },
  nowMs: number,
): 'allowed' | 'forbidden' | 'step-up' | 'enrol' {
  if (caller.isEnrolling === true && !route.enrolment) return 'enrol';
  if (route.scope === 'person')
    return caller.person === undefined ? 'forbidden' : stepUpOr(caller, route, nowMs);
  const granted = route.scope === 'installation' ? caller.platform : caller.permissions;
  if (!granted.has('*') && !granted.has(route.permission)) return 'forbidden';
  return stepUpOr(caller, route, nowMs);
}

function stepUpOr(caller: Caller, route: { readonly stepUp: boolean }, nowMs: number): 'allowed' | 'step-up' {
  // A key cannot prove anything anew: what it may do was decided, with a proof, when it was made.
  if (!route.stepUp || caller.session === undefined) return 'allowed';
  return caller.provedAtMs !== undefined && nowMs - caller.provedAtMs <= STEP_UP_MS ? 'allowed' : 'step-up';
}
