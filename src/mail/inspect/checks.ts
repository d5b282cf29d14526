/** Every check there is, in the order people read them. To add one see check.ts. */
import type { Check } from './check.ts';
import { arc } from './checks/arc.ts';
import { byteDefects } from './checks/byte-defects.ts';
import { clamav } from './checks/clamav.ts';
import { dkim } from './checks/dkim.ts';
import { dmarc } from './checks/dmarc.ts';
import { dnsbl } from './checks/dnsbl.ts';
import { fileType } from './checks/file-type.ts';
import { fromHeader } from './checks/from-header.ts';
import { iprev } from './checks/iprev.ts';
import { mimeStructure } from './checks/mime-structure.ts';
import { sizesCounts } from './checks/sizes-counts.ts';
import { spf } from './checks/spf.ts';

export const CHECKS: readonly Check[] = [
  iprev,
  dnsbl,
  spf,
  dkim,
  arc,
  dmarc,
  fromHeader,
  byteDefects,
  mimeStructure,
  sizesCounts,
  fileType,
  clamav,
];
