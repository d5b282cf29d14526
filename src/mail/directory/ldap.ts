/** Recipients by LDAP: one search for one address, escaped, bounded in time, over connections kept open for the next one. */
import type { Client } from 'ldapts';
import { errorChain } from '#core/errors.ts';
import { connectLdap, type LdapLink } from '#platform/ldap-link.ts';
import type { SourceAnswer } from './answer-cache.ts';
import type { LdapValue } from './values.ts';

export type LdapSource = {
  readonly lookup: (localpart: string, domain: string) => Promise<SourceAnswer>;
  readonly close: () => Promise<void>;
};

export function openLdapSource(value: LdapValue, bindPassword: string | undefined): LdapSource {
  let ready: Promise<LdapLink> | undefined;
  const connection = async (): Promise<Client> => {
    // Servers close what is idle; that is no failure of the source.
    if (ready !== undefined && (await ready).isLost()) ready = undefined;
    ready ??= connectLdap(value, bindPassword).catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    return (await ready).client;
  };
  const search = async (filter: string): Promise<SourceAnswer> => {
    const client = await connection();
    const { searchEntries } = await client.search(value.baseDn, {
      scope: 'sub',
      filter,
      // RFC 4511 §4.5.1.8: `1.1` asks for no attributes; that there is an entry is all we want to know.
      attributes: ['1.1'],
      sizeLimit: 2,
      timeLimit: Math.ceil(value.timeoutMs / 1000),
    });
    return { kind: searchEntries.length > 0 ? 'known' : 'unknown' };
  };
  const forget = async (): Promise<void> => {
    const old = ready;
    ready = undefined;
    // A connection that broke may not even be closed politely; it is gone either way.
    await old?.then(({ client }) => client.unbind()).catch(() => {});
  };
  return {
    lookup: async (localpart, domain) => {
      const filter = fillFilter(value.filter, localpart, domain);
      try {
        return await withLimit(search(filter), value.timeoutMs);
      } catch (error) {
        if (isTooMany(error)) return { kind: 'known' };
        await forget();
        return { kind: 'unavailable', detail: `LDAP source ${value.name}: ${errorChain(error)}` };
      }
    },
    close: forget,
  };
}

/** Two entries for one address are more than we asked for, and still mean that it is known. */
function isTooMany(error: unknown): boolean {
  return error instanceof Error && error.name === 'SizeLimitExceededError';
}

export function fillFilter(template: string, localpart: string, domain: string): string {
  const values: Readonly<Record<string, string>> = {
    '{address}': `${localpart}@${domain}`,
    '{local}': localpart,
    '{domain}': domain,
  };
  return template.replaceAll(/\{(?:address|local|domain)\}/g, (name) => escapeFilter(values[name] ?? ''));
}

/** RFC 4515 §3: what has a meaning in a filter becomes a backslash and two hexadecimal digits, byte by byte. */
export function escapeFilter(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const isPlain = byte > 0x20 && byte < 0x7f && !'()*\\&|!=<>~'.includes(String.fromCharCode(byte));
    out += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`;
  }
  return out;
}

async function withLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
