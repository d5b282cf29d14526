/**
 * Personal fields of events, and forgetting them. What an event says about a person is sealed under a key of that person;
 * the log's hashes are over the sealed form. Destroying the key makes the fields noise for ever, in every copy of the log, and
 * leaves every proof as valid as it was.
 *
 * `about` is the id of a person, never a name or an address: it stays.
 */
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { fromUtf8, toUtf8 } from '#core/bytes.ts';
import { InvariantError } from '#core/errors.ts';
import { newId, type TenantId } from '#core/id.ts';
import { err, ok, type Result } from '#core/result.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { Reader, Transaction } from '#platform/db.ts';
import { canonicalJson, type JsonValue } from '#protocol/jcs/canonical-json.ts';

export type PersonalFields = {
  readonly about: string;
  readonly values: Readonly<Record<string, JsonValue>>;
};
/** What stands in an event's details under `personal`. */
export type SealedFields = {
  readonly key: string;
  /** Makes the place of the fields one of its own: they open nowhere else. */
  readonly ref: string;
  readonly sealed: string;
};
/** The event whose fields they are; changed afterwards, they do not open. */
export type Place = {
  readonly tenant: TenantId;
  readonly what: string;
  readonly actor: string;
  readonly subject: string;
};

export type SubjectKeys = {
  /** Seals under the person's key, which is made when there is none, in the transaction of the act. */
  readonly seal: (tx: Transaction, place: Place, fields: PersonalFields) => Promise<SealedFields>;
  /** `erased`: the key was destroyed. `damaged`: changed, or of another event. */
  readonly open: (
    db: Reader,
    place: Place,
    fields: SealedFields,
  ) => Promise<Result<Readonly<Record<string, JsonValue>>, 'erased' | 'damaged'>>;
};

const NONCE = 12;
const TAG = 16;

export function openSubjectKeys(keys: KeyStore): SubjectKeys {
  const keyOf = async (tenant: TenantId, id: string, wrapped: Uint8Array): Promise<Uint8Array> => {
    await keys.ensureTenant(tenant);
    return keys.unwrapDataKey(tenant, contextOf(id), wrapped);
  };
  return {
    seal: async (tx, place, fields) => {
      const { id, wrapped } =
        (await findKey(tx, place.tenant, fields.about)) ??
        (await makeKey(tx, keys, place.tenant, fields.about));
      const ref = newId<'audit-fields'>();
      const key = await keyOf(place.tenant, id, wrapped);
      const plain = fromUtf8(canonicalJson(fields.values));
      return { key: id, ref, sealed: sealFields(key, place, id, ref, plain) };
    },
    open: async (db, place, fields) => {
      const [row] = await db.query<{ wrapped: Uint8Array | null }>(
        'select wrapped from subject_key where tenant_id = $1 and id::text = $2',
        [place.tenant, fields.key],
        'audit.subject-key',
      );
      if (row === undefined) return err('damaged');
      if (row.wrapped === null) return err('erased');
      const key = await keyOf(place.tenant, fields.key, row.wrapped);
      const plain = openFields(key, place, fields);
      // `as`: the tag says that these are bytes we sealed, and we seal objects.
      return plain === undefined
        ? err('damaged')
        : ok(JSON.parse(toUtf8(plain)) as Record<string, JsonValue>);
    },
  };
}

/** Destroys the person's key. True when there was one; the caller appends the event of the act. */
export async function destroySubjectKey(tx: Transaction, tenant: TenantId, about: string): Promise<boolean> {
  const gone = await tx.query(
    `update subject_key set wrapped = null, destroyed_at = clock_timestamp()
     where tenant_id = $1 and about = $2 and wrapped is not null returning id`,
    [tenant, about],
  );
  return gone.length > 0;
}

type KeyRow = { id: string; wrapped: Uint8Array };

async function findKey(tx: Transaction, tenant: TenantId, about: string): Promise<KeyRow | undefined> {
  const [row] = await tx.query<KeyRow>(
    'select id, wrapped from subject_key where tenant_id = $1 and about = $2 and wrapped is not null',
    [tenant, about],
    'audit.find-subject-key',
  );
  return row;
}

async function makeKey(tx: Transaction, keys: KeyStore, tenant: TenantId, about: string): Promise<KeyRow> {
  await keys.ensureTenant(tenant);
  const id = newId<'subject-key'>();
  const { wrapped } = keys.newDataKey(tenant, contextOf(id));
  await tx.query(
    `insert into subject_key (tenant_id, id, about, wrapped) values ($1, $2, $3, $4)
     on conflict (tenant_id, about) where wrapped is not null do nothing`,
    [tenant, id, about, Buffer.from(wrapped)],
  );
  // Somebody may have been first.
  const row = await findKey(tx, tenant, about);
  if (row === undefined) throw new InvariantError('a subject key was made and is not there');
  return row;
}

const contextOf = (id: string): string => `subject-key/${id}`;

function additional(place: Place, key: string, ref: string): Uint8Array {
  const { tenant, what, actor, subject } = place;
  return fromUtf8(canonicalJson([tenant, what, actor, subject, key, ref]));
}

function sealFields(key: Uint8Array, place: Place, id: string, ref: string, plain: Uint8Array): string {
  const nonce = randomFillSync(new Uint8Array(NONCE));
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(additional(place, id, ref));
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64');
}

function openFields(key: Uint8Array, place: Place, fields: SealedFields): Uint8Array | undefined {
  const bytes = Buffer.from(fields.sealed, 'base64');
  if (bytes.length < NONCE + TAG) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE));
  decipher.setAAD(additional(place, fields.key, fields.ref));
  decipher.setAuthTag(bytes.subarray(-TAG));
  const plain = decipher.update(bytes.subarray(NONCE, -TAG));
  try {
    decipher.final();
  } catch {
    return undefined; // changed or moved: the outcome that is asked about
  }
  return plain;
}

/** The sealed fields among an event's details, when it has any. */
export function sealedFieldsOf(details: unknown): SealedFields | undefined {
  if (typeof details !== 'object' || details === null || !('personal' in details)) return undefined;
  const { personal } = details;
  if (typeof personal !== 'object' || personal === null) return undefined;
  const { key, ref, sealed } = personal as Partial<Record<string, unknown>>; // an object; each field is looked at
  if (typeof key !== 'string' || typeof ref !== 'string' || typeof sealed !== 'string') return undefined;
  return { key, ref, sealed };
}
