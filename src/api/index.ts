/** The door of the API: every resource that needs nothing but the database. Others are added in main.ts. */
import { addressRoutes } from './addresses.ts';
import { domainRoutes } from './domains.ts';
import type { Route } from './route.ts';
import { routeRoutes } from './routes.ts';
import { senderRoutes } from './senders.ts';

export function directoryRoutes(): readonly Route[] {
  return [...domainRoutes(), ...addressRoutes(), ...routeRoutes(), ...senderRoutes()];
}
