/** Every route of the API, resource by resource. */
import { directoryRoutes } from '#api/index.ts';
import type { Route } from '#api/route.ts';
import type { Stores } from './installation.ts';

export function apiRoutes(_stores: Stores): readonly Route[] {
  return directoryRoutes();
}
