/**
 * The key store whose root key is a file of its own, in a directory apart from the data.
 *
 * Wrapping is AES-256-GCM with a random 96-bit nonce; the tenant, the purpose and the object's id are authenticated, so a
 * wrapped key works only where it was made for. Tenant keys are read once and kept in memory.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomFillSync,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, InvariantError, PermanentError } from '#core/errors.ts';
import type { TenantId } from '#core/id.ts';
import type { Database } from '#platform/db.ts';
import type { KeyStore } from './keys.ts';

const NONCE = 12;
const TAG = 16;

export type OpenKeys = KeyStore & {
  /** Drops the tenant's key from this process: it was destroyed, or its place is elsewhere now. */
  readonly forgetTenant: (tenant: TenantId) => void;
};

/**
 * Opens the root key in `directory`, creating it only when the database holds no key that an older one has sealed.
 * Throws ConfigError when the root key is missing, readable by others, or not the one this database was made with.
 */
export async function openFileKeys(directory: string, db: Database): Promise<OpenKeys> {
  const root = await rootKey(directory, db);
  const tenants = new Map<TenantId, TenantKeys>();
  const keysOf = (tenant: TenantId): TenantKeys => {
    const keys = tenants.get(tenant);
    if (keys === undefined)
      throw new InvariantError(`the key of tenant ${tenant} was used before ensureTenant()`);
    return keys;
  };
  return {
    ensureTenant: async (tenant) => {
      if (tenants.has(tenant)) return;
      const key = await tenantKey(db, root, tenant);
      tenants.set(tenant, {
        data: derive(key, 'data'),
        secret: derive(key, 'secret'),
        mac: derive(key, 'mac'),
      });
    },
    forgetTenant: (tenant) => void tenants.delete(tenant),
    newDataKey: (tenant, context) => {
      const key = randomFillSync(new Uint8Array(32));
      return { key, wrapped: sealWith(keysOf(tenant).data, `${tenant}/${context}`, key) };
    },
    unwrapDataKey: (tenant, context, wrapped) =>
      openWith(keysOf(tenant).data, `${tenant}/${context}`, wrapped),
    seal: (tenant, context, plain) => sealWith(keysOf(tenant).secret, `${tenant}/${context}`, plain),
    open: (tenant, context, sealed) => openWith(keysOf(tenant).secret, `${tenant}/${context}`, sealed),
    mac: (tenant, context, bytes) =>
      createHmac('sha256', keysOf(tenant).mac).update(`${tenant}/${context}\n`).update(bytes).digest(),
  };
}

type TenantKeys = { readonly data: KeyObject; readonly secret: KeyObject; readonly mac: KeyObject };

async function rootKey(directory: string, db: Database): Promise<KeyObject> {
  const path = join(directory, 'root.key');
  if (!existsSync(path)) {
    const [row] = await db.query<{ n: number }>('select count(*)::int as n from tenant_key');
    if (row !== undefined && row.n > 0)
      throw new ConfigError([
        `keys.directory: ${path} is missing, but this database holds ${row.n} tenant key(s) sealed by it; bring it back from its backup, a new one cannot open them`,
      ]);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // `wx`: of two processes that start at once one fails instead of overwriting.
    writeFileSync(path, randomBytes(32), { mode: 0o600, flag: 'wx', flush: true });
  }
  if ((statSync(path).mode & 0o077) !== 0)
    throw new ConfigError([`keys.directory: ${path} can be read by others; run: chmod 600 ${path}`]);
  const key = readFileSync(path);
  if (key.length !== 32)
    throw new ConfigError([`keys.directory: ${path} has ${key.length} bytes, not 32: it is no root key`]);
  return createSecretKey(key);
}

async function tenantKey(db: Database, root: KeyObject, tenant: TenantId): Promise<Uint8Array> {
  const read = () =>
    db.query<{ version: number; wrapped: Uint8Array }>(
      `select version, wrapped from tenant_key where tenant_id = $1 and state = 'active' order by version desc limit 1`,
      [tenant],
    );
  let [row] = await read();
  if (row === undefined) {
    await refuseElsewhere(db, tenant);
    const wrapped = sealWith(root, `tenant-key/${tenant}/1`, randomBytes(32));
    await db.query(
      `insert into tenant_key (tenant_id, version, wrapped, state) values ($1, 1, $2, 'active') on conflict do nothing`,
      [tenant, Buffer.from(wrapped)],
    );
    // Another process may have been first: what the table says now is the key.
    [row] = await read();
  }
  if (row === undefined) throw new PermanentError(`tenant ${tenant} has no active key: it was destroyed`);
  try {
    return openWith(root, `tenant-key/${tenant}/${row.version}`, row.wrapped);
  } catch (error) {
    throw new ConfigError(['keys.directory: this root key is not the one this database was made with'], {
      cause: error,
    });
  }
}

/** A node that may not hold the tenant's key does not see it, and must not make another. */
async function refuseElsewhere(db: Database, tenant: TenantId): Promise<void> {
  const [row] = await db.query<{ elsewhere: boolean }>(
    'select $1::uuid = any (tenants_elsewhere()) as elsewhere',
    [tenant],
  );
  if (row?.elsewhere === true)
    throw new PermanentError(`tenant ${tenant} is kept at another place: its key is not for this node`);
}

function derive(key: Uint8Array, purpose: string): KeyObject {
  // RFC 5869: one key per purpose, so that a data key can never pass for a sealed secret.
  return createSecretKey(
    new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), `gatehouse/${purpose}`, 32)),
  );
}

function sealWith(key: KeyObject, context: string, plain: Uint8Array): Uint8Array {
  const nonce = randomFillSync(new Uint8Array(NONCE));
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

function openWith(key: KeyObject, context: string, sealed: Uint8Array): Uint8Array {
  if (sealed.length < NONCE + TAG) throw new PermanentError(`the sealed value of ${context} is cut`);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(-TAG));
  const plain = decipher.update(sealed.subarray(NONCE, -TAG));
  try {
    decipher.final();
  } catch (error) {
    throw new PermanentError(`the sealed value of ${context} was changed or made elsewhere`, {
      cause: error,
    });
  }
  return new Uint8Array(plain);
}
