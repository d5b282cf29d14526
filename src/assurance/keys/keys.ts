/**
 * Keys apart from the data. A root key lives in a file outside the data directory and wraps tenant keys; a tenant key
 * wraps one data key per message. Destroying a wrapped key is erasure of what it sealed.
 */
import type { TenantId } from '#core/id.ts';

export type WrappedKey = Uint8Array;

export type KeyStore = {
  /** A fresh 256-bit data key and its wrapped form. `context` (an object's id) is authenticated with it. */
  readonly newDataKey: (
    tenant: TenantId,
    context: string,
  ) => { readonly key: Uint8Array; readonly wrapped: WrappedKey };
  /** Fails with PermanentError when the wrapped key was changed, is another tenant's, or was made for another context. */
  readonly unwrapDataKey: (tenant: TenantId, context: string, wrapped: WrappedKey) => Uint8Array;
  /** Seals a small secret (a DKIM private key, a tracking field) under the tenant's key. */
  readonly seal: (tenant: TenantId, context: string, plain: Uint8Array) => Uint8Array;
  readonly open: (tenant: TenantId, context: string, sealed: Uint8Array) => Uint8Array;
  /** HMAC-SHA-256 under the tenant's key: a keyed hash that nobody outside can look up in a table of names. */
  readonly mac: (tenant: TenantId, context: string, bytes: Uint8Array) => Uint8Array;
  /** Makes the tenant's key known to this process, creating it on first use. Must be awaited before the five above. */
  readonly ensureTenant: (tenant: TenantId) => Promise<void>;
};
