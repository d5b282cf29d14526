/** `gatehouse grant`: see role.ts. */
import { grant } from './role.ts';

export const run = grant.run;
