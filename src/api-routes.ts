/** Every route of the API, resource by resource. */
import { heldRoutes } from '#api/held.ts';
import { directoryRoutes } from '#api/index.ts';
import { messageRoutes } from '#api/messages.ts';
import type { Route } from '#api/route.ts';
import type { Stores } from './installation.ts';

export function apiRoutes(_stores: Stores): readonly Route[] {
  return [...directoryRoutes(), ...heldRoutes(), ...messageRoutes()];
}
