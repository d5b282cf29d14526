/** Every route of the API, resource by resource. */
import { dkimRoutes } from '#api/dkim.ts';
import { heldRoutes } from '#api/held.ts';
import { directoryRoutes } from '#api/index.ts';
import { messageRoutes } from '#api/messages.ts';
import { queueRoutes } from '#api/queue.ts';
import type { Route } from '#api/route.ts';
import type { Stores } from './installation.ts';

export function apiRoutes(stores: Stores): readonly Route[] {
  return [
    ...directoryRoutes(),
    ...heldRoutes(),
    ...messageRoutes(),
    ...queueRoutes(),
    ...dkimRoutes(stores.keys),
  ];
}
