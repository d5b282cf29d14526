/** The keys our mail is signed with. */
import { z } from 'zod';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { type DkimKeyRow, listDkimKeys } from '#mail/signing/dkim-keys.ts';
import { keyNote, makeSuccessors, putAway, useKeys, zoneLine } from '#mail/signing/key-acts.ts';
import { domainName } from '#mail/directory/values.ts';
import { systemClock } from '#core/time.ts';
import { readRoute, writeRoute, type Route } from './route.ts';
import { problemOf } from './things.ts';

const key = z.object({
  domain: z.string(),
  selector: z.string(),
  algorithm: z.enum(['rsa-sha256', 'ed25519-sha256']),
  state: z.enum(['published', 'signing', 'retired', 'removed']),
  /** The name and the text of its TXT record. */
  name: z.string(),
  record: z.string(),
  zoneLine: z.string(),
  createdAt: z.string(),
  signingFrom: z.string().nullable(),
  retiredAt: z.string().nullable(),
  seenAt: z.string().nullable(),
  checkedAt: z.string().nullable(),
  dnsSays: z.string().nullable(),
  note: z.string(),
});
const keys = z.object({ items: z.array(key) });

const selector = z.string().regex(/^[a-z0-9._-]{1,63}$/i, 'is no selector');
const names = z.strictObject({ domain: domainName, selector });
const WRITE = { permission: 'dkim.write', scope: 'tenant', rate: 'write' } as const;

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function shown(r: DkimKeyRow): z.input<typeof key> {
  const { domain, selector, algorithm, state, record, dnsSays } = r;
  return {
    domain,
    selector,
    algorithm,
    state,
    record,
    dnsSays,
    name: `${selector}._domainkey.${domain}`,
    zoneLine: zoneLine(r),
    createdAt: new Date(r.createdAtMs).toISOString(),
    signingFrom: iso(r.signingFromMs),
    retiredAt: iso(r.retiredAtMs),
    seenAt: iso(r.seenAtMs),
    checkedAt: iso(r.checkedAtMs),
    note: keyNote(r),
  };
}

export function dkimRoutes(store: KeyStore): readonly Route[] {
  return [
    readRoute({
      path: '/dkim-keys',
      summary: 'Lists the DKIM keys, of all domains or of one, with what DNS says of them.',
      permission: 'dkim.read',
      scope: 'tenant',
      rate: 'read',
      query: z.strictObject({ domain: domainName.optional() }),
      reply: keys,
      handle: async ({ query }, { db, tenant }) => ({
        items: (await listDkimKeys(db, tenant, query.domain)).map(shown),
      }),
    }),
    writeRoute({
      ...WRITE,
      method: 'post',
      path: '/dkim-keys',
      status: 201,
      summary: 'Makes the next keys of a domain; they take over once DNS shows them.',
      audit: 'dkim.key-made',
      rate: 'costly',
      body: z.strictObject({ domain: domainName }),
      reply: keys,
      handle: async ({ body }, call) => {
        const done = await makeSuccessors(call, store, body.domain, systemClock());
        return done.ok ? { items: done.value.map(shown) } : problemOf(done.error, 'domain');
      },
    }),
    writeRoute({
      ...WRITE,
      method: 'post',
      path: '/dkim-keys/{domain}/{selector}/use',
      status: 200,
      summary: 'Signs with a key now, whatever DNS says.',
      audit: 'dkim.key-signing',
      params: names,
      reply: keys,
      handle: async ({ params }, call) => {
        const done = await useKeys(call, params.domain, params.selector, systemClock());
        return done.ok ? { items: done.value.map(shown) } : problemOf(done.error, 'DKIM key');
      },
    }),
    ...([false, true] as const).map((destroy) =>
      writeRoute({
        ...WRITE,
        method: 'post',
        path: `/dkim-keys/{domain}/{selector}/${destroy ? 'destroy' : 'retire'}`,
        status: 200,
        summary: destroy
          ? 'Destroys a key that others may know.'
          : 'Signs with a key no more; its record stays for mail on its way.',
        audit: destroy ? 'dkim.key-removed' : 'dkim.key-retired',
        params: names,
        reply: z.object({ stillSigning: z.int() }),
        handle: async ({ params }, call) => {
          const done = await putAway(call, params.domain, params.selector, destroy, systemClock());
          return done.ok ? done.value : problemOf(done.error, 'DKIM key');
        },
      }),
    ),
  ];
}
