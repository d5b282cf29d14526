/**
 * What a command is given. Everything is opened only when asked for, so that offline commands touch nothing.
 */
import type { KeyStore } from '#assurance/keys/keys.ts';
import type { BlobStore } from '#platform/blob.ts';
import type { Database } from '#platform/db.ts';

export type Stores = AsyncDisposable & {
  readonly db: Database;
  /** The database with all tenants' rows, for what concerns the installation as a whole. */
  readonly system: Database;
  readonly keys: KeyStore;
  readonly blobs: BlobStore;
};

export type CliContext = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /**
   * The installation's database, also while the gateway runs; it shows no tenant until one is named (`withTenant`). The
   * command disposes it. Throws ConfigError when there is none.
   */
  readonly openDatabase: () => Promise<Database>;
  /** The same with keys and bodies, for commands that read messages. */
  readonly openStores: () => Promise<Stores>;
  /** Where people reach the console, for links. */
  readonly consoleUrl?: () => string;
  /** Options given before the command's name (`--config F`, `--data D`), for commands that read the configuration. */
  readonly globals: Readonly<Record<string, string>>;
};

/** Exit codes: 0 good · 1 a negative result or a failure · 2 bad usage. */
export type Command = {
  /** One line for `gatehouse help`. */
  readonly summary: string;
  readonly run: (args: readonly string[], context: CliContext) => Promise<number>;
};
