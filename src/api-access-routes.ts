/** The routes about rights, wired. */
import { breakGlassRoutes } from '#api/break-glass.ts';
import { campaignRoutes } from '#api/campaigns.ts';
import { contentRoutes } from '#api/content.ts';
import { grantRoutes } from '#api/grants.ts';
import { groupRoutes } from '#api/groups.ts';
import { noticeRoutes } from '#api/notices.ts';
import { requestRoutes, type RequestParts } from '#api/requests.ts';
import { roleRoutes } from '#api/roles.ts';
import type { Route } from '#api/route.ts';
import type { Stores } from './installation.ts';

export function accessRoutes(parts: RequestParts & { readonly stores: Stores }): readonly Route[] {
  return [
    ...roleRoutes(),
    ...grantRoutes(),
    ...groupRoutes(),
    ...requestRoutes(parts),
    ...breakGlassRoutes(),
    ...campaignRoutes(),
    ...contentRoutes(parts.stores),
    ...noticeRoutes(),
  ];
}
