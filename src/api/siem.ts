/** Where the tenant's audit log is streamed to. */
import { z } from 'zod';
import type { KeyStore } from '#assurance/keys/keys.ts';
import {
  addSink,
  listSinks,
  ocsfSettings,
  removeSink,
  sinkInput,
  sinkName,
  syslogSettings,
} from '#assurance/siem/sinks.ts';
import { conflict, notFound } from './problem.ts';
import { readRoute, type Route, writeRoute } from './route.ts';

const sink = z.object({
  name: z.string(),
  settings: z.discriminatedUnion('kind', [syslogSettings, ocsfSettings]),
  hasSecret: z.boolean(),
  nextIndex: z.int().describe('The first event that was not taken yet.'),
  logSize: z.int(),
  failures: z.int().describe('Since it last took something.'),
  lastError: z.string().nullable(),
  sentAtMs: z.int().nullable(),
});

export function siemRoutes(keys: KeyStore): readonly Route[] {
  return [
    readRoute({
      path: '/siem-sinks',
      summary: 'Lists where the audit log is streamed to, and how far each stream is.',
      permission: 'siem.read',
      scope: 'tenant',
      rate: 'read',
      reply: z.object({ items: z.array(sink) }),
      handle: async (_input, { db, tenant }) => ({ items: await listSinks(db, tenant) }),
    }),
    writeRoute({
      method: 'post',
      path: '/siem-sinks',
      status: 201,
      summary: 'Adds a sink; its stream begins within seconds.',
      permission: 'siem.write',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'siem.added',
      body: sinkInput,
      reply: z.object({ name: z.string() }),
      handle: async ({ body }, call) => {
        const done = await addSink(call, keys, body);
        return done.ok ? { name: done.value } : conflict(done.error);
      },
    }),
    writeRoute({
      method: 'delete',
      path: '/siem-sinks/{name}',
      status: 204,
      summary: 'Ends a stream and forgets how far it was.',
      permission: 'siem.write',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'siem.removed',
      params: z.strictObject({ name: sinkName }),
      reply: z.null(),
      handle: async ({ params }, call) => ((await removeSink(call, params.name)) ? null : notFound('sink')),
    }),
  ];
}
