/** Recertification campaigns: which rights are still needed; silence removes. */
import { z } from 'zod';
import {
  type Campaign,
  decideGrant,
  listCampaigns,
  listItems,
  openCampaign,
} from '#assurance/access/campaigns.ts';
import { grantShape, showGrant } from './grants.ts';
import { BAD_CURSOR, pageOf, pageQuery } from './paging.ts';
import { isProblem, notFound } from './problem.ts';
import { anId, beforeId, orProblem, pageById, personOf, timeOf } from './refusals.ts';
import { readRoute, writeRoute, type Route } from './route.ts';

const campaign = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  roles: z.array(z.string()).nullable(),
  startsAt: z.string(),
  endsAt: z.string(),
  everyDays: z.int().nullable(),
  closed: z.boolean(),
  grants: z.int(),
  undecided: z.int(),
});
const item = grantShape.extend({ decision: z.enum(['keep', 'remove']).nullable() });
const params = z.strictObject({ id: anId<'campaign'>() });
const read = { permission: 'campaign.read', scope: 'tenant', rate: 'read' } as const;
const write = { permission: 'campaign.write', scope: 'tenant', rate: 'write' } as const;

export function campaignRoutes(): readonly Route[] {
  return [
    readRoute({
      ...read,
      path: '/campaigns',
      summary: 'Lists the campaigns, newest first.',
      query: pageQuery,
      reply: pageOf(campaign),
      handle: async ({ query }, { db, tenant }) => {
        const before = beforeId(query.cursor);
        if (before === null) return BAD_CURSOR;
        const rows = await listCampaigns(db, tenant, { limit: query.limit + 1, before });
        const { items, ...more } = pageById(rows, query.limit);
        return { items: items.map(show), ...more };
      },
    }),
    readRoute({
      ...read,
      path: '/campaigns/{id}',
      summary: 'Shows a campaign with its grants and what was decided of each.',
      params,
      reply: z.object({ campaign, items: z.array(item) }),
      handle: async ({ params }, { db, tenant }) => {
        const [found] = await listCampaigns(db, tenant, { limit: 1, id: params.id });
        if (found === undefined) return notFound('campaign');
        const items = await listItems(db, tenant, params.id);
        return {
          campaign: show(found),
          items: items.map(({ decision, ...g }) => ({ ...showGrant(g), decision })),
        };
      },
    }),
    writeRoute({
      ...write,
      method: 'post',
      path: '/campaigns',
      status: 201,
      summary: 'Opens a campaign over the privileged grants, or those of some roles.',
      audit: 'campaign.opened',
      body: z.strictObject({
        name: z.string().trim().min(1).max(200),
        owner: anId<'person'>(),
        roles: z.array(z.string().min(1).max(63)).min(1).max(100).optional(),
        endsAt: z.iso.datetime(),
        everyDays: z.int().min(1).max(366).optional(),
      }),
      reply: z.object({ id: z.string() }),
      handle: async ({ body }, { tx, tenant, actor }) => {
        const { name, owner, roles, everyDays, endsAt } = body;
        const asked = { tenant, name, owner, roles, everyDays, endsAtMs: Date.parse(endsAt) };
        return orProblem(await openCampaign(tx, { ...asked, by: actor, nowMs: Date.now() }), (id) => ({
          id,
        }));
      },
    }),
    writeRoute({
      ...write,
      method: 'post',
      path: '/campaigns/{id}/decisions',
      status: 204,
      summary: 'Keeps a grant, or removes it at once; nobody decides about their own.',
      audit: 'campaign.decided',
      params,
      body: z.strictObject({ grant: anId<'grant'>(), decision: z.enum(['keep', 'remove']) }),
      reply: z.null(),
      handle: async ({ params, body }, { tx, tenant, actor, caller }) => {
        const person = personOf(caller);
        if (isProblem(person)) return person;
        const by = { tenant, person, by: actor, nowMs: Date.now() };
        return orProblem(await decideGrant(tx, { ...by, campaign: params.id, ...body }), () => null);
      },
    }),
  ];
}

function show(c: Campaign): z.input<typeof campaign> {
  const { startsAtMs, endsAtMs, roles, ...rest } = c;
  return {
    ...rest,
    roles: roles === null ? null : [...roles],
    startsAt: timeOf(startsAtMs),
    endsAt: timeOf(endsAtMs),
  };
}
