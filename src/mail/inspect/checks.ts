/** Every check there is, in the order people read them. To add one see check.ts. */
import type { Check } from './check.ts';
import { byteDefects } from './checks/byte-defects.ts';
import { clamav } from './checks/clamav.ts';
import { dnsbl } from './checks/dnsbl.ts';

export const CHECKS: readonly Check[] = [dnsbl, byteDefects, clamav];
