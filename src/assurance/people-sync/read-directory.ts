/**
 * Everything a directory says of its people and groups, read in pages over one connection. All of it or nothing: a directory
 * that breaks off in the middle must not look like one that has fewer people.
 */
import type { Client, Entry } from 'ldapts';
import { errorChain } from '#core/errors.ts';
import { err, ok, type Result } from '#core/result.ts';
import { connectLdap } from '#platform/ldap-link.ts';
import type { SourceSettings } from './sources.ts';

export type DirectoryPerson = {
  readonly externalId: string;
  readonly dn: string;
  readonly email: string;
  readonly name: string;
  readonly language: 'de' | 'en' | 'nl';
};
export type DirectoryGroup = {
  readonly externalId: string;
  readonly name: string;
  /** Of people, lower case; what is no person's is left out later. */
  readonly memberDns: readonly string[];
};
export type Directory = {
  readonly people: readonly DirectoryPerson[];
  /** Undefined where groups are not copied. */
  readonly groups: readonly DirectoryGroup[] | undefined;
  /** Entries without an id or a usable address, or with an address that came before. */
  readonly unusable: number;
};

const PAGE = 500;
const MAX_ENTRIES = 200_000;
const MAX_TOTAL_MS = 10 * 60_000;

export async function readDirectory(
  settings: SourceSettings,
  password: string | undefined,
): Promise<Result<Directory, string>> {
  let client: Client | undefined;
  try {
    const link = await connectLdap(settings, password);
    ({ client } = link);
    const untilMs = performance.now() + MAX_TOTAL_MS;
    const people = await readPeople(client, settings, untilMs);
    const groups =
      settings.groupsFilter === undefined
        ? undefined
        : (await search(client, settings, settings.groupsFilter, groupAttributes(settings), untilMs)).flatMap(
            (e) => groupOf(e, settings),
          );
    return ok({ ...people, groups });
  } catch (error) {
    return err(errorChain(error).slice(0, 300)); // a directory that does not answer is an expected outcome
  } finally {
    // A connection that broke cannot be closed politely; it is gone either way.
    await client?.unbind().catch(() => {});
  }
}

async function readPeople(
  client: Client,
  settings: SourceSettings,
  untilMs: number,
): Promise<Pick<Directory, 'people' | 'unusable'>> {
  const { peopleFilter, disabledFilter } = settings;
  const wanted = disabledFilter === undefined ? peopleFilter : `(&${peopleFilter}(!${disabledFilter}))`;
  const attributes = [
    settings.idAttribute,
    settings.emailAttribute,
    settings.nameAttribute,
    settings.languageAttribute,
  ];
  const entries = await search(client, settings, wanted, attributes, untilMs);
  const people = new Map<string, DirectoryPerson>();
  const addresses = new Set<string>();
  for (const entry of entries) {
    const person = personOf(entry, settings);
    if (person === undefined || people.has(person.externalId) || addresses.has(person.email.toLowerCase()))
      continue;
    people.set(person.externalId, person);
    addresses.add(person.email.toLowerCase());
  }
  return { people: [...people.values()], unusable: entries.length - people.size };
}

/** RFC 2696: page by page, so that the server's limit for one answer is none for us. */
async function search(
  client: Client,
  { baseDn }: SourceSettings,
  filter: string,
  attributes: readonly string[],
  untilMs: number,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  const options = {
    scope: 'sub' as const,
    filter,
    attributes: [...attributes],
    // Ids may be binary (objectGUID), and text is asked for as bytes so that each is read once and the same way.
    explicitBufferAttributes: [attributes[0] ?? ''],
    paged: { pageSize: PAGE },
  };
  for await (const page of client.searchPaginated(baseDn, options)) {
    entries.push(...page.searchEntries);
    if (entries.length > MAX_ENTRIES) throw new Error(`the directory has more than ${MAX_ENTRIES} entries`);
    if (performance.now() > untilMs) throw new Error('the directory takes too long');
  }
  return entries;
}

function valuesOf(entry: Entry, name: string): (string | Buffer)[] {
  const key = Object.keys(entry).find((k) => k.toLowerCase() === name.toLowerCase());
  return key === undefined ? [] : [entry[key] ?? []].flat();
}

function textOf(entry: Entry, name: string): string | undefined {
  const [value] = valuesOf(entry, name);
  const text = value === undefined ? '' : value.toString('utf8').trim();
  return text === '' || text.length > 320 || /\p{Cc}/u.test(text) ? undefined : text;
}

/** Readable where it is plain ASCII, such as entryUUID; else as hexadecimal digits, such as objectGUID. */
function idOf(entry: Entry, name: string): string | undefined {
  const [value] = valuesOf(entry, name);
  if (value === undefined || value.length === 0 || value.length > 128) return undefined;
  const bytes = Buffer.from(value);
  const isText = bytes.every((b) => b > 0x20 && b < 0x7f);
  return isText ? bytes.toString('latin1') : bytes.toString('hex');
}

function personOf(entry: Entry, settings: SourceSettings): DirectoryPerson | undefined {
  const externalId = idOf(entry, settings.idAttribute);
  const email = textOf(entry, settings.emailAttribute);
  if (externalId === undefined || email === undefined || !/^[^\s@]+@[^\s@]+$/.test(email)) return undefined;
  const language = textOf(entry, settings.languageAttribute)?.slice(0, 2).toLowerCase();
  return {
    externalId,
    dn: entry.dn.toLowerCase(),
    email,
    name: (textOf(entry, settings.nameAttribute) ?? email).slice(0, 200),
    language: language === 'de' || language === 'nl' ? language : 'en',
  };
}

const groupAttributes = (s: SourceSettings): string[] => [
  s.idAttribute,
  s.groupNameAttribute,
  s.memberAttribute,
];

function groupOf(entry: Entry, settings: SourceSettings): DirectoryGroup[] {
  const externalId = idOf(entry, settings.idAttribute);
  const name = textOf(entry, settings.groupNameAttribute)?.slice(0, 200);
  if (externalId === undefined || name === undefined) return [];
  const memberDns = valuesOf(entry, settings.memberAttribute).map((v) => v.toString('utf8').toLowerCase());
  return [{ externalId, name, memberDns }];
}
