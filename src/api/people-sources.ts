/** The LDAP directories that people and groups are copied from. */
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import {
  addSource,
  listSources,
  removeSource,
  sourceInput,
  sourceName,
  sourceSettings,
} from '#assurance/people-sync/sources.ts';
import { PEOPLE_SYNC_JOB } from '#assurance/people-sync/sync.ts';
import { JOB_CHANNEL } from '#platform/jobs.ts';
import { conflict, notFound } from './problem.ts';
import { readRoute, type Route, writeRoute } from './route.ts';

const source = z.object({
  name: z.string(),
  settings: sourceSettings,
  syncedAt: z.string().nullable(),
  trouble: z.string().nullable().describe('Why the last attempt changed nothing.'),
  done: z.record(z.string(), z.number()).nullable().describe('What the last one that went through did.'),
});
const params = z.strictObject({ name: sourceName });

export function peopleSourceRoutes(keys: KeyStore): readonly Route[] {
  return [
    readRoute({
      path: '/people-sources',
      summary: 'Lists the directories that people are copied from, and how their last copy went.',
      permission: 'person.read',
      scope: 'tenant',
      rate: 'read',
      reply: z.object({ items: z.array(source) }),
      handle: async (_input, { db, tenant }) => ({
        items: (await listSources(db, tenant)).map((s) => ({
          ...s,
          syncedAt: s.syncedAt?.toISOString() ?? null,
        })),
      }),
    }),
    writeRoute({
      method: 'post',
      path: '/people-sources',
      status: 201,
      summary:
        'Adds a directory; its people are copied within a minute. Try it first with "gatehouse people-source sync --dry-run".',
      permission: 'person.write',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'people-source.added',
      body: sourceInput,
      reply: z.object({ name: z.string() }),
      handle: async ({ body }, call) => {
        const done = await addSource(call, keys, body);
        return done.ok ? { name: done.value } : conflict(done.error);
      },
    }),
    writeRoute({
      method: 'post',
      path: '/people-sources/{name}/sync',
      status: 202,
      summary: 'Copies people from the directory now instead of at the next turn.',
      permission: 'person.write',
      scope: 'tenant',
      rate: 'costly',
      audit: 'people-source.sync-asked',
      params,
      reply: z.object({ name: z.string() }),
      handle: async ({ params: { name } }, { tx, tenant, actor }) => {
        const found = await tx.query(
          'update people_source set next_at = now() where tenant_id = $1 and name = $2 returning name',
          [tenant, name],
        );
        if (found.length === 0) return notFound('source');
        await appendAudit(tx, [
          { tenant, actor, what: 'people-source.sync-asked', subject: name, details: {} },
        ]);
        await tx.query('select pg_notify($1, $2)', [JOB_CHANNEL, PEOPLE_SYNC_JOB]);
        return { name };
      },
    }),
    writeRoute({
      method: 'delete',
      path: '/people-sources/{name}',
      status: 204,
      summary: 'Removes a directory; the people that came from it stay as they are.',
      permission: 'person.write',
      scope: 'tenant',
      rate: 'write',
      stepUp: true,
      audit: 'people-source.removed',
      params,
      reply: z.null(),
      handle: async ({ params: { name } }, call) =>
        (await removeSource(call, name)) ? null : notFound('source'),
    }),
  ];
}
