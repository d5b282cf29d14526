/**
 * Opening an installation: its database (started where that is ours to do), its keys and its bodies. Used by the gateway
 * and by every command that works beside it.
 */
import { join, resolve } from 'node:path';
import { openFileKeys } from '#assurance/keys/file-keys.ts';
import type { KeyStore } from '#assurance/keys/keys.ts';
import { type KnownTenants, openKnownTenants } from '#assurance/tenants/known-tenants.ts';
import { ConfigError, TransientError } from '#core/errors.ts';
import { openBlobDirectory } from '#platform/blob-directory.ts';
import { type LocatedBlobs, locatedBlobs } from '#platform/located-blobs.ts';
import { openPackedBlobs, type PackedBlobs } from '#platform/packed-blobs.ts';
import { type Database, openDatabase } from '#platform/db.ts';
import { embeddedUrl, startPostgres } from '#platform/embedded-postgres.ts';
import { assertDurable } from '#platform/durability.ts';
import { migrate } from '#platform/migrate.ts';
import type { Config } from './config.ts';

export type DatabaseServer = {
  readonly url: string;
  /** `evaluation` for the npm binaries, which old libraries are linked into. */
  readonly kind: 'evaluation' | 'distribution' | 'external';
  /** Where its files are, when they are not in the data folder. */
  readonly elsewhere: string | undefined;
  readonly stop: () => Promise<void>;
};

/** Starts or finds the database server that the configuration names. */
export async function startDatabaseServer(config: Config): Promise<DatabaseServer> {
  const { url, distribution } = config.database;
  if (url !== undefined) return { url, kind: 'external', elsewhere: undefined, stop: async () => {} };
  const isDistribution = distribution === true;
  const server = await startPostgres(config.data, isDistribution ? 'distribution' : 'npm');
  const isInside = server.directory === resolve(config.data, 'postgres');
  return {
    url: server.url,
    kind: isDistribution ? 'distribution' : 'evaluation',
    elsewhere: isInside ? undefined : server.directory,
    stop: server.stop,
  };
}

/** Brings the schema up to date and refuses a database that could lose what it was given. */
export async function prepareDatabase(config: Config, url: string): Promise<readonly string[]> {
  await using db = openConfiguredDatabase(config, url, 'owner', 'gatehouse-start', 2);
  await assertDurable(db);
  return await migrate(db);
}

/**
 * Who a connection is to the database: `owner` changes the schema at a start and does nothing else, `app` sees the one
 * tenant that is named, `system` (mail, periodic jobs) sees all tenants' rows of the tables it needs (migrations/0005).
 */
export type DatabaseRole = 'owner' | 'app' | 'system';

export function openConfiguredDatabase(
  config: Config,
  url: string,
  role: DatabaseRole,
  name: string,
  maxConnections?: number,
): Database {
  return openDatabase({
    url: asRole(config, url, role),
    maxConnections: maxConnections ?? config.database.maxConnections,
    statementTimeoutMs: config.database.statementTimeoutMs,
    applicationName: name,
  });
}

/**
 * Our own server lets us in as each role. Elsewhere the URLs of the roles may be given; without them the owner's connection
 * is handed to the role as it opens, which keeps rows apart just as well but could be undone by whoever ran SQL of his own.
 */
function asRole(config: Config, url: string, role: DatabaseRole): string {
  const { appUrl, systemUrl, url: external } = config.database;
  if (role === 'owner') return url;
  const labels = config.node.labels.join(',');
  if (external === undefined)
    return withOptions(url.replace(/^postgresql:\/\/gatehouse@/, `postgresql://gatehouse_${role}@`), {
      labels,
    });
  const given = role === 'app' ? appUrl : systemUrl;
  if (given !== undefined) return withOptions(given, { labels });
  return withOptions(url, { labels, role: `gatehouse_${role}` });
}

/** What the connection says of itself: the places this node belongs to (migrations/0009), and the role it is handed to. */
function withOptions(
  url: string,
  { labels, role }: { readonly labels: string; readonly role?: string },
): string {
  const options = [
    ...(role === undefined ? [] : [`-c role=${role}`]),
    ...(labels === '' ? [] : [`-c gatehouse.labels=${labels}`]),
  ];
  if (options.length === 0) return url;
  const separator = url.includes('?') ? '&' : '?';
  return `${url}${separator}options=${encodeURIComponent(options.join(' '))}`;
}

/** The database of a gateway that runs, for a command beside it. Throws ConfigError when nothing answers. */
export async function openRunningDatabase(config: Config, role: 'app' | 'system' = 'app'): Promise<Database> {
  const url = config.database.url ?? embeddedUrl(config.data);
  const db = openConfiguredDatabase(config, url, role, 'gatehouse-cli', 4);
  try {
    await db.query('select 1 from migration limit 1');
    return db;
  } catch (error) {
    await db[Symbol.asyncDispose]();
    if (!(error instanceof TransientError)) throw error;
    const where =
      config.database.url === undefined
        ? `the installation in ${config.data}`
        : 'the database of database.url';
    throw new ConfigError(
      [
        `${where} does not answer: is the gateway running? Start it with "gatehouse up" (or name its folder with --data)`,
      ],
      {
        cause: error,
      },
    );
  }
}

export type Stores = {
  readonly db: Database;
  readonly keys: KeyStore;
  readonly blobs: LocatedBlobs;
  readonly tenants: KnownTenants;
};

/** Keys and bodies beside a database that is open as `system`; every tenant's key is made ready. */
export async function openStores(config: Config, db: Database): Promise<Stores> {
  const keys = await openFileKeys(config.keys, db);
  const tenants = await openKnownTenants(db, keys);
  const targets = new Map<string, PackedBlobs>();
  for (const { name, directory } of config.storage.targets) targets.set(name, await openBlobs(directory));
  const usual = await openBlobs(join(config.data, 'blobs'));
  return { db, keys, blobs: locatedBlobs({ usual, targets, locationOf: tenants.locationOf }), tenants };
}

const openBlobs = async (root: string): Promise<PackedBlobs> =>
  await openPackedBlobs(root, await openBlobDirectory(root));
