/** AUTH PLAIN (RFC 4616) and LOGIN, as a small exchange: each step takes the client's line and says what comes next. */
import { toUtf8 } from '#core/bytes.ts';

export type Credentials = {
  readonly mechanism: 'PLAIN' | 'LOGIN';
  readonly login: string;
  readonly password: string;
};
export type SaslStep =
  | { readonly kind: 'challenge'; readonly base64: string }
  | { readonly kind: 'credentials'; readonly credentials: Credentials }
  | { readonly kind: 'malformed' };

const USERNAME = 'VXNlcm5hbWU6'; // "Username:"
const PASSWORD = 'UGFzc3dvcmQ6'; // "Password:"
/** RFC 4616 §2 sets no limit; nobody's login or password is longer, and argon2id is not fed without bound. */
const MAX_PART = 255;

/** One exchange. Holds the password only until the credentials are handed out. */
export class SaslExchange {
  readonly #mechanism: 'PLAIN' | 'LOGIN';
  #login: string | undefined;

  constructor(mechanism: 'PLAIN' | 'LOGIN') {
    this.#mechanism = mechanism;
  }

  /** `undefined` asks for the first challenge, when the command carried no initial response. */
  next(response: string | undefined): SaslStep {
    if (response === undefined)
      return { kind: 'challenge', base64: this.#mechanism === 'PLAIN' ? '' : USERNAME };
    const text = decodeBase64(response);
    if (text === undefined) return { kind: 'malformed' };
    return this.#mechanism === 'PLAIN' ? plain(text) : this.#loginStep(text);
  }

  #loginStep(text: string): SaslStep {
    if (text === '' || text.length > MAX_PART || text.includes('\0')) return { kind: 'malformed' };
    if (this.#login === undefined) {
      this.#login = text;
      return { kind: 'challenge', base64: PASSWORD };
    }
    return { kind: 'credentials', credentials: { mechanism: 'LOGIN', login: this.#login, password: text } };
  }
}

/** `[authzid] NUL authcid NUL password`; acting for somebody else is not offered. */
function plain(text: string): SaslStep {
  const [authzid, login = '', password = '', ...rest] = text.split('\0');
  const bad = rest.length > 0 || login === '' || password === '' || (authzid !== '' && authzid !== login);
  if (bad || login.length > MAX_PART || password.length > MAX_PART) return { kind: 'malformed' };
  return { kind: 'credentials', credentials: { mechanism: 'PLAIN', login, password } };
}

/** Strict base64 (RFC 4648 §4) of UTF-8; `=` alone is the empty response of RFC 4954 §4. */
function decodeBase64(text: string): string | undefined {
  if (text === '=' || text === '') return '';
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const decoded = toUtf8(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  return decoded.includes('\ufffd') ? undefined : decoded;
}
