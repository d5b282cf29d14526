/** `gatehouse apply` over the API: makes the directory what a YAML text says, all or nothing, or shows what it would do. */
import { z } from 'zod';
import { appendAudit } from '#assurance/audit/audit.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { err } from '#core/result.ts';
import { applyDeclaration } from '#mail/directory/declaration.ts';
import { invalid } from './problem.ts';
import { writeRoute, type Route } from './route.ts';

const reply = z.object({
  applied: z.boolean(),
  steps: z.array(
    z.object({
      verb: z.enum(['add', 'change', 'remove']),
      what: z.string(),
      name: z.string(),
      changes: z.array(z.object({ field: z.string(), from: z.string(), to: z.string() })),
    }),
  ),
});

export function applyRoutes(keys: KeyStore): readonly Route[] {
  return [
    writeRoute({
      method: 'post',
      path: '/directory/apply',
      status: 200,
      summary: 'Makes domains, senders and routes what a YAML text says, all or nothing.',
      permission: 'directory.write',
      scope: 'tenant',
      rate: 'costly',
      audit: 'directory.applied',
      body: z.strictObject({
        text: z
          .string()
          .max(4_000_000)
          .describe('The declaration; docs/operations/directory-file.md has every key.'),
        dryRun: z.boolean().default(false).describe('Answers the plan and changes nothing.'),
        delete: z.boolean().default(false).describe('Also removes what a section of the text does not name.'),
      }),
      reply,
      handle: async ({ body }, call) => {
        const { tx, tenant, actor } = call;
        await tx.query('savepoint before_apply');
        const options = { keys, readSecret: () => NO_FILES, mayRemove: body.delete || body.dryRun };
        const done = await applyDeclaration(call, { name: 'text', text: body.text }, options);
        if (!done.ok) return invalid(done.error);
        const steps = done.value.map((s) => ({ ...s, changes: [...s.changes] }));
        if (body.dryRun) await tx.query('rollback to savepoint before_apply');
        if (body.dryRun || steps.length === 0) call.nothingChanged();
        else
          await appendAudit(tx, [
            {
              tenant,
              what: 'directory.applied',
              actor,
              subject: 'directory',
              details: { steps: steps.length },
            },
          ]);
        return { applied: !body.dryRun, steps };
      },
    }),
  ];
}

const NO_FILES = err('bindPasswordFile: no files are read here; give the password to /ldap-sources');
