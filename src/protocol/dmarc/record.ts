/**
 * A DMARC policy record as a value (RFC 9989 §4.7). Unknown tags are ignored; a known tag with a malformed value is as good
 * as absent (RFC 9989 §4.8), and is listed as a defect so that `domain check` can say so.
 */
export type DmarcPolicy = 'none' | 'quarantine' | 'reject';
export type Alignment = 'relaxed' | 'strict';

export type DmarcRecord = {
  readonly text: string;
  /** For the domain itself. */
  readonly policy: DmarcPolicy;
  /** For names below it; undefined where the record does not say. */
  readonly subdomainPolicy: DmarcPolicy | undefined;
  /** For names below it that do not exist. */
  readonly nonexistentPolicy: DmarcPolicy | undefined;
  readonly dkimAlignment: Alignment;
  readonly spfAlignment: Alignment;
  readonly psd: 'y' | 'n' | 'u';
  /** t=y: each policy counts one step milder. */
  readonly isTesting: boolean;
  /** Only of use where there is a failure report address (RFC 9989 §4.7). */
  readonly failureOptions: readonly string[];
  readonly aggregateReports: readonly string[];
  readonly failureReports: readonly string[];
  /** False: p, sp or np is malformed and nobody asks for reports, so no policy may be taken from it (RFC 9989 §4.10.1). */
  readonly isUsable: boolean;
  /** Tags whose value is malformed, or which come twice. */
  readonly defects: readonly string[];
};

/** Whether a TXT text is a policy record: the version stands first and is written exactly (RFC 9989 §4.7). */
export function isDmarcRecord(text: string): boolean {
  return /^[vV][ \t]*=[ \t]*DMARC1[ \t]*(;|$)/.test(text.slice(0, 200));
}

/** Longer than any record people publish; what follows is not read. */
const MAX_RECORD = 65_535;
const MAX_URIS = 20;

/** Parses a text that `isDmarcRecord`; never fails, see `isUsable`. */
export function parseDmarcRecord(text: string): DmarcRecord {
  const defects: string[] = [];
  const tags = readTags(text.slice(0, MAX_RECORD), defects);
  const pick = <T extends string>(tag: string, allowed: readonly T[]): T | undefined => {
    const written = tags.get(tag)?.toLowerCase();
    const value = allowed.find((a) => a === written);
    if (written !== undefined && value === undefined) defects.push(tag);
    return value;
  };
  const policies = ['none', 'quarantine', 'reject'] as const;
  const p = pick('p', policies);
  const sp = pick('sp', policies);
  const np = pick('np', policies);
  const rua = readUris(tags.get('rua'), 'rua', defects);
  const ruf = readUris(tags.get('ruf'), 'ruf', defects);
  // RFC 9989 §4.10.1: then the record counts as p=none if it asks for reports, and not at all if it does not.
  const isBroken = ['p', 'sp', 'np'].some((tag) => defects.includes(tag));
  return {
    text,
    policy: isBroken ? 'none' : (p ?? 'none'),
    subdomainPolicy: isBroken ? undefined : sp,
    nonexistentPolicy: isBroken ? undefined : np,
    dkimAlignment: pick('adkim', ['r', 's']) === 's' ? 'strict' : 'relaxed',
    spfAlignment: pick('aspf', ['r', 's']) === 's' ? 'strict' : 'relaxed',
    psd: pick('psd', ['y', 'n', 'u']) ?? 'u',
    isTesting: pick('t', ['y', 'n']) === 'y',
    failureOptions: ruf.length === 0 ? [] : readFailureOptions(tags.get('fo'), defects),
    aggregateReports: rua,
    failureReports: ruf,
    isUsable: !isBroken || rua.length > 0,
    defects,
  };
}

/**
 * Tags by name.
 *
 * Deviates from RFC 6376 §3.2: of a tag that comes twice the first counts, where DKIM would drop the whole list; dropping
 * the record would take the protection from a domain that only mistyped.
 */
function readTags(text: string, defects: string[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value = equals === -1 ? '' : part.slice(equals + 1).trim();
    if (name === '') {
      if (equals !== -1) defects.push('=');
    } else if (value === '' || tags.has(name) || !/^[\x20-\x7e]*$/.test(value))
      defects.push(name.slice(0, 20));
    else tags.set(name, value);
  }
  return tags;
}

/** RFC 9989 §4.6; the obsolete size limit `!10m` is dropped (RFC 9989 §4.8). */
function readUris(list: string | undefined, tag: string, defects: string[]): string[] {
  if (list === undefined) return [];
  const uris: string[] = [];
  for (const written of list.split(',')) {
    const uri = written.trim().replace(/!\d+[kmgt]?$/i, '');
    const isGood =
      /^mailto:[^@\s!]+@[^@\s!]+$/i.test(uri) || /^(?!mailto:)[a-z][a-z0-9+.-]*:[^\s!]+$/i.test(uri);
    if (isGood && uris.length < MAX_URIS) uris.push(uri);
    else if (!defects.includes(tag)) defects.push(tag);
  }
  return uris;
}

function readFailureOptions(value: string | undefined, defects: string[]): string[] {
  if (value === undefined) return ['0'];
  const options = value
    .toLowerCase()
    .split(':')
    .map((o) => o.trim());
  const isGood =
    options.every((o) => ['0', '1', 'd', 's'].includes(o)) &&
    new Set(options).size === options.length &&
    !(options.includes('0') && options.includes('1'));
  if (!isGood) defects.push('fo');
  return isGood ? options : ['0'];
}
