// Made from the routes by tools/make-api-types.ts; do not edit.
export type Problem = { type: string; title: string; status: number; detail: string; instance: string; complaints?: { at: string; text: string }[] };
type Refused = { headers: Record<string, unknown>; content: { 'application/problem+json': Problem } };
type None = { query?: never; header?: never; path?: never; cookie?: never };
export interface paths {
  '/api/v1/access-settings': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { maxGrantS: number; maxRequestS: number; securityGroup: (string | null) } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { maxGrantS: number; maxRequestS: number; securityGroup: (string | null) } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { maxGrantS: number; maxRequestS: number; securityGroup: (string | null) } } }; default: Refused } };
    post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/factors': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number }; passkeys: ({ id: string; name: string; createdAt: string; lastUsedAt: (string | null); isBackedUp: boolean })[]; totp: { id: string; name: string; createdAt: string }[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/language': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { language: "de" | "en" | "nl" } } }; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/oidc-links': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { provider: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { start: string } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/passkeys': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; passkey: { id: string; rawId: string; type: "public-key"; response: { clientDataJSON: string; attestationObject: string; transports?: string[] }; authenticatorAttachment?: "platform" | "cross-platform"; clientExtensionResults?: Record<string, unknown> } } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/passkeys/{id}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    patch: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string } } }; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; trace?: never;
  };
  '/api/v1/account/passkeys/options': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': ({ challenge: string } & Record<string, unknown>) } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/password': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { password: string } } }; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/recovery-codes': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody?: never; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { codes: string[] } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/totp': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string; secret: string; uri: string } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/totp/{id}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/account/totp/{id}/confirm': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { code: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number } } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/api-keys': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; service: string; purpose: string; permissions: string[]; platformPermissions: string[]; createdAt: string; createdBy: string; expiresAt: string; lastUsedAt: (string | null) })[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { service: string; purpose?: string; permissions: string[]; platformPermissions?: string[]; days: number } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string; key: string; expiresAt: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/api-keys/{id}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/add-checkpoint': {
    parameters: None;
    get: { parameters: { query: { old: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { size: number; request: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/cosignatures': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { note: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { size: number; witnesses: string[] } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/events': {
    parameters: None;
    get: { parameters: { query?: { actor?: string; subject?: string; what?: string; from?: string; to?: string; limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ index: number; at: string; what: string; actor: string; subject: string; details: Record<string, unknown>; personal?: ("sealed" | "erased" | "damaged" | Record<string, unknown>) })[]; next?: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/events/{index}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { index: number }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { index: number; at: string; what: string; actor: string; subject: string; details: Record<string, unknown>; personal?: ("sealed" | "erased" | "damaged" | Record<string, unknown>); entry: string; proof: string; witnessed: boolean } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/log': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { origin: string; size: number; minimumIndex: number; checkpoint: string; signedAt: string; policy: string; quorum: number; witnesses: ({ name: string; vkeys: string[]; size: (number | null); signedAt: (string | null) })[]; witnessed: ({ size: number; signedAt: string; ageS: number } | null) } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/quorum': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { count: number } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { count: number } } }; default: Refused } };
    get?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/tail': {
    parameters: None;
    get: { parameters: { query: { actor?: string; subject?: string; what?: string; from?: string; to?: string; after: number; waitS?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ index: number; at: string; what: string; actor: string; subject: string; details: Record<string, unknown>; personal?: ("sealed" | "erased" | "damaged" | Record<string, unknown>) })[]; next: number } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/witnesses': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; vkeys: string[] } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; vkeys: string[] } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/audit/witnesses/{name}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/break-glass': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; person: string; grant: string; role: string; reason: string; ticket: (string | null); at: string; expiresAt: string; reviewedAt: (string | null); reviewedBy: (string | null); findings: (string | null) })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { role: string; reason: string; ticket?: string; durationS: number } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/break-glass/{id}/review': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { findings: string } } }; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/campaigns': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; name: string; owner: string; roles: (string[] | null); startsAt: string; endsAt: string; everyDays: (number | null); closed: boolean; grants: number; undecided: number })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; owner: string; roles?: string[]; endsAt: string; everyDays?: number } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/campaigns/{id}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { campaign: { id: string; name: string; owner: string; roles: (string[] | null); startsAt: string; endsAt: string; everyDays: (number | null); closed: boolean; grants: number; undecided: number }; items: ({ id: string; person: (string | null); personTenant: (string | null); group: (string | null); role: (string | null); permission: (string | null); source: string; reason: string; ticket: (string | null); by: string; at: string; expiresAt: (string | null); decision: ("keep" | "remove" | null) })[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/campaigns/{id}/decisions': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { grant: string; decision: "keep" | "remove" } } }; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/content-access': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; request: string; person: string; message: (string | null); search: unknown; place: string; startsAt: string; expiresAt: string; endedAt: (string | null) })[]; next?: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/content-access/{id}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/content-requests': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { message?: string; search?: { sender?: string; recipient?: string; since: string; until: string }; durationS: number; reason: string; ticket?: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/destinations': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ name: string; maxConnections?: number; messagesPerMinute?: number; sourceIp4?: string; sourceIp6?: string; heloName?: string; state: "normal" | "pause" | "hold" | "reroute"; until?: string; reason?: string; nextHop?: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string } })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; maxConnections?: number; messagesPerMinute?: number; sourceIp4?: string; sourceIp6?: string; heloName?: string; state?: "normal" | "pause" | "hold" | "reroute"; until?: string; reason?: string; nextHop?: { host: string; port?: number; protocol?: "smtp" | "lmtp"; tls?: "none" | "opportunistic" | "required" | "verified"; fingerprints?: string[]; caPem?: string } } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; maxConnections?: number; messagesPerMinute?: number; sourceIp4?: string; sourceIp6?: string; heloName?: string; state: "normal" | "pause" | "hold" | "reroute"; until?: string; reason?: string; nextHop?: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string } } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/destinations/{name}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; maxConnections?: number; messagesPerMinute?: number; sourceIp4?: string; sourceIp6?: string; heloName?: string; state: "normal" | "pause" | "hold" | "reroute"; until?: string; reason?: string; nextHop?: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string } } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; maxConnections?: number; messagesPerMinute?: number; sourceIp4?: string; sourceIp6?: string; heloName?: string; state?: "normal" | "pause" | "hold" | "reroute"; until?: string; reason?: string; nextHop?: { host: string; port?: number; protocol?: "smtp" | "lmtp"; tls?: "none" | "opportunistic" | "required" | "verified"; fingerprints?: string[]; caPem?: string } } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; maxConnections?: number; messagesPerMinute?: number; sourceIp4?: string; sourceIp6?: string; heloName?: string; state: "normal" | "pause" | "hold" | "reroute"; until?: string; reason?: string; nextHop?: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string } } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/destinations/{name}/state': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { state?: "normal" | "pause" | "hold" | "reroute"; until?: string; reason?: string; nextHop?: { host: string; port?: number; protocol?: "smtp" | "lmtp"; tls?: "none" | "opportunistic" | "required" | "verified"; fingerprints?: string[]; caPem?: string } } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { value: { name: string; maxConnections?: number; messagesPerMinute?: number; sourceIp4?: string; sourceIp6?: string; heloName?: string; state: "normal" | "pause" | "hold" | "reroute"; until?: string; reason?: string; nextHop?: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string } }; messages: number } } }; default: Refused } };
    get?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/directory/apply': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { text: string; dryRun?: boolean; delete?: boolean } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { applied: boolean; steps: ({ verb: "add" | "change" | "remove"; what: string; name: string; changes: { field: string; from: string; to: string }[] })[] } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/dkim-keys': {
    parameters: None;
    get: { parameters: { query?: { domain?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ domain: string; selector: string; algorithm: "rsa-sha256" | "ed25519-sha256"; state: "published" | "signing" | "retired" | "removed"; name: string; record: string; zoneLine: string; createdAt: string; signingFrom: (string | null); retiredAt: (string | null); seenAt: (string | null); checkedAt: (string | null); dnsSays: (string | null); note: string })[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { domain: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ domain: string; selector: string; algorithm: "rsa-sha256" | "ed25519-sha256"; state: "published" | "signing" | "retired" | "removed"; name: string; record: string; zoneLine: string; createdAt: string; signingFrom: (string | null); retiredAt: (string | null); seenAt: (string | null); checkedAt: (string | null); dnsSays: (string | null); note: string })[] } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/dkim-keys/{domain}/{selector}/destroy': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { domain: string; selector: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { stillSigning: number } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/dkim-keys/{domain}/{selector}/retire': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { domain: string; selector: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { stillSigning: number } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/dkim-keys/{domain}/{selector}/use': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { domain: string; selector: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ domain: string; selector: string; algorithm: "rsa-sha256" | "ed25519-sha256"; state: "published" | "signing" | "retired" | "removed"; name: string; record: string; zoneLine: string; createdAt: string; signingFrom: (string | null); retiredAt: (string | null); seenAt: (string | null); checkedAt: (string | null); dnsSays: (string | null); note: string })[] } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/domains': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ name: string; subdomains: boolean; nextHop: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string }; recipients: "list" | "ldap" | "callout" | "any"; ldap?: string; subaddress: string; caseSensitive: boolean })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; subdomains?: boolean; nextHop: { host: string; port?: number; protocol?: "smtp" | "lmtp"; tls?: "none" | "opportunistic" | "required" | "verified"; fingerprints?: string[]; caPem?: string }; recipients?: "list" | "ldap" | "callout" | "any"; ldap?: string; subaddress?: "+" | "-" | "=" | "#" | ""; caseSensitive?: boolean } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; subdomains: boolean; nextHop: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string }; recipients: "list" | "ldap" | "callout" | "any"; ldap?: string; subaddress: string; caseSensitive: boolean } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/domains/{name}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; subdomains: boolean; nextHop: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string }; recipients: "list" | "ldap" | "callout" | "any"; ldap?: string; subaddress: string; caseSensitive: boolean } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; subdomains?: boolean; nextHop: { host: string; port?: number; protocol?: "smtp" | "lmtp"; tls?: "none" | "opportunistic" | "required" | "verified"; fingerprints?: string[]; caPem?: string }; recipients?: "list" | "ldap" | "callout" | "any"; ldap?: string; subaddress?: "+" | "-" | "=" | "#" | ""; caseSensitive?: boolean } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; subdomains: boolean; nextHop: { host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string }; recipients: "list" | "ldap" | "callout" | "any"; ldap?: string; subaddress: string; caseSensitive: boolean } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/domains/{name}/addresses': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: string[]; next?: string } } }; default: Refused } };
    patch: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { add?: string[]; remove?: string[] } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { added: string[]; removed: string[]; unchanged: number } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; trace?: never;
  };
  '/api/v1/domains/{name}/addresses/import': {
    parameters: None;
    post: { parameters: { query?: { mode?: "merge" | "replace"; dryRun?: "true" | "false" }; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'text/csv': string } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { added: string[]; removed: string[]; unchanged: number } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/domains/{name}/check': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { domain: string; lines: ({ area: "mx" | "spf" | "dkim" | "dmarc" | "mta-sts" | "tls-rpt" | "tlsa" | "ptr"; outcome: "good" | "warning" | "bad" | "unknown"; text: string })[]; publish: ({ area: "mx" | "spf" | "dkim" | "dmarc" | "mta-sts" | "tls-rpt" | "tlsa" | "ptr"; name: string; type: "MX" | "TXT" | "TLSA" | "PTR" | "A" | "CNAME"; value: string; isAdvice?: true })[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/exports': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; askedAt: string; isOpen: boolean; state: "waiting" | "running" | "done" | "failed"; tables: number; rows: number; bodies: number; folder: (string | null); manifestSha256: (string | null); trouble: (string | null); endedAt: (string | null) })[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody?: never; responses: { 202: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/four-eyes': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { act: string; approval: string; isDefault: boolean }[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/four-eyes/{act}': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { act: "access.request" | "access.settings" | "content.access" | "domain.remove" | "grant.give" | "grant.give-admin" | "group.change" | "held.release" | "role.change" | "tenant.export" }; cookie?: never }; requestBody: { content: { 'application/json': { approval: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { act: string; approval: string; isDefault: boolean } } }; default: Refused } };
    get?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/grants': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; person: (string | null); personTenant: (string | null); group: (string | null); role: (string | null); permission: (string | null); source: string; reason: string; ticket: (string | null); by: string; at: string; expiresAt: (string | null) })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { person?: string; personTenant?: string; group?: string; role?: string; permission?: "access.read" | "access.write" | "address.read" | "address.write" | "api-key.read" | "api-key.write" | "approval.read" | "audit.content" | "audit.read" | "audit.write" | "break-glass.read" | "break-glass.review" | "break-glass.take" | "campaign.read" | "campaign.write" | "content.read" | "content.write" | "directory.write" | "dkim.read" | "dkim.write" | "domain.read" | "domain.write" | "grant.read" | "grant.write" | "group.read" | "group.write" | "held.delete" | "held.read" | "held.release" | "ldap-source.read" | "ldap-source.write" | "message.read" | "person.read" | "person.write" | "queue.read" | "queue.write" | "role.read" | "role.write" | "route.read" | "route.write" | "scim.write" | "sender.read" | "sender.write" | "session.read" | "session.write" | "siem.read" | "siem.write" | "sign-in.read" | "sign-in.write" | "status.read" | "tenant.read" | "tenant.write"; expiresAt?: string; reason: string; ticket?: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/grants/{id}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/groups': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { id: string; name: string; members: number }[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; members: number } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/groups/{id}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/groups/{id}/members': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { person: string }[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/groups/{id}/members/{person}': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string; person: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string; person: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/held': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string; recipient?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ message: string; n: number; recipient: string; heldAt: string; mailFrom: string; headerFrom: (string | null); subject: (string | null); size: number; class: string; reasons: { rule: string; finding: string; text: string }[] })[]; next?: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/held/{id}': {
    parameters: None;
    get: { parameters: { query?: { lang?: "en" | "de" | "nl" }; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ message: string; n: number; recipient: string; heldAt: string; mailFrom: string; headerFrom: (string | null); subject: (string | null); size: number; class: string; reasons: { rule: string; finding: string; text: string }[] })[]; findings: { check: string; outcome: string; text: string }[] } } }; default: Refused } };
    delete: { parameters: { query?: { recipient?: string }; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { n: number; recipient: string }[] } } }; default: Refused } };
    put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/held/{id}/content': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { access: string; base64: string } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/held/{id}/release': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { recipient?: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { n: number; recipient: string }[] } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/ldap-sources': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { name: string; url: string; startTls: boolean; caPem?: string; bindDn?: string; baseDn: string; filter: string; timeoutMs: number; cacheS: number; negativeCacheS: number }[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; url: string; startTls?: boolean; caPem?: string; bindDn?: string; baseDn: string; filter?: string; timeoutMs?: number; cacheS?: number; negativeCacheS?: number; bindPassword?: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; url: string; startTls: boolean; caPem?: string; bindDn?: string; baseDn: string; filter: string; timeoutMs: number; cacheS: number; negativeCacheS: number } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/ldap-sources/{name}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; url: string; startTls: boolean; caPem?: string; bindDn?: string; baseDn: string; filter: string; timeoutMs: number; cacheS: number; negativeCacheS: number } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; url: string; startTls?: boolean; caPem?: string; bindDn?: string; baseDn: string; filter?: string; timeoutMs?: number; cacheS?: number; negativeCacheS?: number; bindPassword?: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; url: string; startTls: boolean; caPem?: string; bindDn?: string; baseDn: string; filter: string; timeoutMs: number; cacheS: number; negativeCacheS: number } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/ldap-sources/{name}/lookup': {
    parameters: None;
    get: { parameters: { query: { address: string }; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { answer: "known" | "unknown" | "unavailable"; detail?: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/messages': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string; id?: string; sender?: string; recipient?: string; subject?: string; messageId?: string; from?: string; until?: string; verdict?: "accept" | "tag" | "hold" | "defer" | "reject" }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; receivedAt: string; direction: "in" | "out"; mailFrom: string; headerFrom: (string | null); subject: (string | null); size: number; verdict: string; class: string; recipients: { address: string; state: string }[]; recipientCount: number })[]; next?: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/messages/{id}': {
    parameters: None;
    get: { parameters: { query?: { lang?: "en" | "de" | "nl" }; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { text: string; message: ({ id: string; receivedAtMs: number; direction: "in" | "out"; listener: string; peerIp: string; peerName: (string | null); helo: string; protocol: string; tlsVersion: (string | null); tlsCipher: (string | null); authMethod: (string | null); authWho: (string | null); mailFrom: string; headerFrom: (string | null); subject: (string | null); messageIdHeader: (string | null); size: number; verdict: string; class: string; policyVersion: string } & Record<string, unknown>); checks: { check: string; outcome: string; class: string; weight: number; durationUs: number; text: string; cites: string[] }[]; because: { rule: string; text: string }[]; recipients: (({ n: number; address: string; action: string; state: string; stateAtMs: number; nextAtMs: (number | null); because: { rule: string; text: string }[]; attempts: ({ atMs: number; durationMs: number; outcome: "delivered" | "deferred" | "failed"; stage: string; remoteHost: (string | null); remoteIp: (string | null); replyCode: (number | null); enhanced: (string | null); replyText: string; tlsVersion: (string | null); tlsCipher: (string | null); security: string; securityDetail: string })[] } & Record<string, unknown>))[]; record: ({ atMs: number; what: string; actor: string; details: Record<string, unknown> } & Record<string, unknown>)[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/notices': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string; unseen?: "true" | "false"; lang?: "de" | "en" | "nl" }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; kind: string; text: string; details: Record<string, unknown>; at: string; seenAt: (string | null) })[]; next?: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/notices/{id}/seen': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/oidc-providers': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ name: string; issuer: string; clientId: string; settings: { label: string; scopes: string[]; clientAuth: "basic" | "post"; emailClaim: string; nameClaim: string; trustsEmail: boolean; allowedDomains: string[]; createsPeople: boolean; groupsClaim?: string; groups: Record<string, string>; secondFactorAcr: string[]; secondFactorAmr: string[] }; ref: string })[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; issuer: string; clientId: string; clientSecret?: string; settings: { label: string; scopes?: string[]; clientAuth?: "basic" | "post"; emailClaim?: string; nameClaim?: string; trustsEmail?: boolean; allowedDomains?: string[]; createsPeople?: boolean; groupsClaim?: string; groups?: Record<string, string>; secondFactorAcr?: string[]; secondFactorAmr?: string[] } } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; issuer: string; clientId: string; settings: { label: string; scopes: string[]; clientAuth: "basic" | "post"; emailClaim: string; nameClaim: string; trustsEmail: boolean; allowedDomains: string[]; createsPeople: boolean; groupsClaim?: string; groups: Record<string, string>; secondFactorAcr: string[]; secondFactorAmr: string[] }; ref: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/oidc-providers/{name}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/partners': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ name: string; subdomains: boolean; route: ({ kind: "mx"; tls: "none" | "opportunistic" | "required" | "verified" } | { kind: "host"; host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string }) })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; subdomains?: boolean; route: ({ kind: "mx"; tls?: "none" | "opportunistic" | "required" | "verified" } | { kind: "host"; host: string; port?: number; protocol?: "smtp" | "lmtp"; tls?: "none" | "opportunistic" | "required" | "verified"; fingerprints?: string[]; caPem?: string }) } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; subdomains: boolean; route: ({ kind: "mx"; tls: "none" | "opportunistic" | "required" | "verified" } | { kind: "host"; host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string }) } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/partners/{name}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; subdomains: boolean; route: ({ kind: "mx"; tls: "none" | "opportunistic" | "required" | "verified" } | { kind: "host"; host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string }) } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; subdomains?: boolean; route: ({ kind: "mx"; tls?: "none" | "opportunistic" | "required" | "verified" } | { kind: "host"; host: string; port?: number; protocol?: "smtp" | "lmtp"; tls?: "none" | "opportunistic" | "required" | "verified"; fingerprints?: string[]; caPem?: string }) } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; subdomains: boolean; route: ({ kind: "mx"; tls: "none" | "opportunistic" | "required" | "verified" } | { kind: "host"; host: string; port: number; protocol: "smtp" | "lmtp"; tls: "none" | "opportunistic" | "required" | "verified"; fingerprints: string[]; caPem?: string }) } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string; search?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; email: string; name: string; language: "de" | "en" | "nl"; state: "invited" | "active" | "suspended" | "left"; source: "local" | "scim" | "ldap" | "oidc"; createdAt: string; lastSignInAt: (string | null) })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { email: string; name: string; language?: "de" | "en" | "nl" } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { person: { id: string; email: string; name: string; language: "de" | "en" | "nl"; state: "invited" | "active" | "suspended" | "left"; source: "local" | "scim" | "ldap" | "oidc"; createdAt: string; lastSignInAt: (string | null) }; link: { url: string; expiresAt: string } } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people-sources': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ name: string; settings: { url: string; startTls: boolean; caPem?: string; baseDn: string; bindDn?: string; timeoutMs: number; peopleFilter: string; idAttribute: string; emailAttribute: string; nameAttribute: string; languageAttribute: string; disabledFilter?: string; groupsFilter?: string; groupNameAttribute: string; memberAttribute: string; maxVanishPercent: number; everyS: number }; syncedAt: (string | null); trouble: (string | null); done: (Record<string, number> | null) })[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; settings: { url: string; startTls?: boolean; caPem?: string; baseDn: string; bindDn?: string; timeoutMs?: number; peopleFilter?: string; idAttribute?: string; emailAttribute?: string; nameAttribute?: string; languageAttribute?: string; disabledFilter?: string; groupsFilter?: string; groupNameAttribute?: string; memberAttribute?: string; maxVanishPercent?: number; everyS?: number }; password?: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people-sources/{name}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people-sources/{name}/sync': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 202: { headers: Record<string, unknown>; content: { 'application/json': { name: string } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people/{id}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; email: string; name: string; language: "de" | "en" | "nl"; state: "invited" | "active" | "suspended" | "left"; source: "local" | "scim" | "ldap" | "oidc"; createdAt: string; lastSignInAt: (string | null) } } }; default: Refused } };
    patch: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { email?: string; name?: string; language?: "de" | "en" | "nl" } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; email: string; name: string; language: "de" | "en" | "nl"; state: "invited" | "active" | "suspended" | "left"; source: "local" | "scim" | "ldap" | "oidc"; createdAt: string; lastSignInAt: (string | null) } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; trace?: never;
  };
  '/api/v1/people/{id}/leave': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; email: string; name: string; language: "de" | "en" | "nl"; state: "invited" | "active" | "suspended" | "left"; source: "local" | "scim" | "ldap" | "oidc"; createdAt: string; lastSignInAt: (string | null) } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people/{id}/reactivate': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; email: string; name: string; language: "de" | "en" | "nl"; state: "invited" | "active" | "suspended" | "left"; source: "local" | "scim" | "ldap" | "oidc"; createdAt: string; lastSignInAt: (string | null) } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people/{id}/reset-link': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { what: "invite" | "password" | "factors" } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { link: { url: string; expiresAt: string } } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people/{id}/sessions': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { id: string; createdAt: string; seenAt: string; ip: string; userAgent: string }[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people/{id}/sessions/end': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { session?: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { ended: number } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/people/{id}/suspend': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; email: string; name: string; language: "de" | "en" | "nl"; state: "invited" | "active" | "suspended" | "left"; source: "local" | "scim" | "ldap" | "oidc"; createdAt: string; lastSignInAt: (string | null) } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/permissions': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { permission: string; of: string }[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/queue': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string; domain?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ message: string; n: number; recipient: string; domain: string; mailFrom: string; subject: (string | null); size: number; queuedAt: string; nextAt: string; attempts: number; lastReply: (string | null); isLeased: boolean; isPaused: boolean; pauseReason: (string | null) })[]; next?: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/queue/{message}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { message: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ message: string; n: number; recipient: string; domain: string; mailFrom: string; subject: (string | null); size: number; queuedAt: string; nextAt: string; attempts: number; lastReply: (string | null); isLeased: boolean; isPaused: boolean; pauseReason: (string | null) })[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/queue/retry': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': ({ message: string } | { domain: string }) } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { recipients: number } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/request-log': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; act: string; subject: string; details: unknown; hash: string; approval: string; requester: string; reason: string; ticket: (string | null); createdAt: string; expiresAt: string; state: "open" | "executed" | "refused" | "withdrawn" | "expired" })[]; next?: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/requests': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string; box?: "mine" | "waiting" }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; act: string; subject: string; details: unknown; hash: string; approval: string; requester: string; reason: string; ticket: (string | null); createdAt: string; expiresAt: string; state: "open" | "executed" | "refused" | "withdrawn" | "expired" })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { role?: string; permission?: "access.read" | "access.write" | "address.read" | "address.write" | "api-key.read" | "api-key.write" | "approval.read" | "audit.content" | "audit.read" | "audit.write" | "break-glass.read" | "break-glass.review" | "break-glass.take" | "campaign.read" | "campaign.write" | "content.read" | "content.write" | "directory.write" | "dkim.read" | "dkim.write" | "domain.read" | "domain.write" | "grant.read" | "grant.write" | "group.read" | "group.write" | "held.delete" | "held.read" | "held.release" | "ldap-source.read" | "ldap-source.write" | "message.read" | "person.read" | "person.write" | "queue.read" | "queue.write" | "role.read" | "role.write" | "route.read" | "route.write" | "scim.write" | "sender.read" | "sender.write" | "session.read" | "session.write" | "siem.read" | "siem.write" | "sign-in.read" | "sign-in.write" | "status.read" | "tenant.read" | "tenant.write"; durationS: number; reason: string; ticket?: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/requests/{id}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { request: { id: string; act: string; subject: string; details: unknown; hash: string; approval: string; requester: string; reason: string; ticket: (string | null); createdAt: string; expiresAt: string; state: "open" | "executed" | "refused" | "withdrawn" | "expired" }; answers: ({ person: string; word: "approve" | "refuse"; method: "passkey" | "step-up"; isWeaker: boolean; evidence: unknown; at: string })[]; mayAnswer: boolean } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/requests/{id}/approve': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { hash: string; assertion?: { id: string; rawId: string; type: "public-key"; response: { authenticatorData: string; clientDataJSON: string; signature: string; userHandle?: string }; clientExtensionResults?: Record<string, unknown> } } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { state: "open" | "approved" | "executed" } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/requests/{id}/execute': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { reply: unknown } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/requests/{id}/refuse': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/requests/{id}/withdraw': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/roles': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { name: string; description: string; permissions: string[]; platform: string[]; isBuiltIn: boolean; isPrivileged: boolean }[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; description: string; permissions: ("access.read" | "access.write" | "account.read" | "account.write" | "address.read" | "address.write" | "api-key.read" | "api-key.write" | "approval.read" | "audit.content" | "audit.read" | "audit.write" | "break-glass.read" | "break-glass.review" | "break-glass.take" | "campaign.read" | "campaign.write" | "content.read" | "content.write" | "directory.write" | "dkim.read" | "dkim.write" | "domain.read" | "domain.write" | "grant.read" | "grant.write" | "group.read" | "group.write" | "held.content" | "held.delete" | "held.read" | "held.release" | "ldap-source.read" | "ldap-source.write" | "message.content" | "message.read" | "metrics.read" | "nothing.read" | "notice.read" | "notice.write" | "operator.read" | "operator.write" | "person.read" | "person.write" | "queue.read" | "queue.write" | "request.read" | "request.write" | "role.read" | "role.write" | "route.read" | "route.write" | "scim.write" | "sender.read" | "sender.write" | "session.read" | "session.write" | "siem.read" | "siem.write" | "sign-in.read" | "sign-in.write" | "status.read" | "tenant.content" | "tenant.delete" | "tenant.read" | "tenant.write")[] } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; description: string; permissions: string[]; platform: string[]; isBuiltIn: boolean; isPrivileged: boolean } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/roles/{name}': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; description: string; permissions: ("access.read" | "access.write" | "account.read" | "account.write" | "address.read" | "address.write" | "api-key.read" | "api-key.write" | "approval.read" | "audit.content" | "audit.read" | "audit.write" | "break-glass.read" | "break-glass.review" | "break-glass.take" | "campaign.read" | "campaign.write" | "content.read" | "content.write" | "directory.write" | "dkim.read" | "dkim.write" | "domain.read" | "domain.write" | "grant.read" | "grant.write" | "group.read" | "group.write" | "held.content" | "held.delete" | "held.read" | "held.release" | "ldap-source.read" | "ldap-source.write" | "message.content" | "message.read" | "metrics.read" | "nothing.read" | "notice.read" | "notice.write" | "operator.read" | "operator.write" | "person.read" | "person.write" | "queue.read" | "queue.write" | "request.read" | "request.write" | "role.read" | "role.write" | "route.read" | "route.write" | "scim.write" | "sender.read" | "sender.write" | "session.read" | "session.write" | "siem.read" | "siem.write" | "sign-in.read" | "sign-in.write" | "status.read" | "tenant.content" | "tenant.delete" | "tenant.read" | "tenant.write")[] } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; description: string; permissions: string[]; platform: string[]; isBuiltIn: boolean; isPrivileged: boolean } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/scim/v2/Groups': {
    parameters: None;
    get: { parameters: { query?: { filter?: string; startIndex?: number; count?: number; attributes?: string; excludedAttributes?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { externalId?: (string | null); displayName: string; members?: ({ value: string }[] | null) } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/scim/v2/Groups/{id}': {
    parameters: None;
    get: { parameters: { query?: { filter?: string; startIndex?: number; count?: number; attributes?: string; excludedAttributes?: string }; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { externalId?: (string | null); displayName: string; members?: ({ value: string }[] | null) } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    patch: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { Operations: { op: string; path?: string; value?: unknown }[] } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    post?: never; options?: never; head?: never; trace?: never;
  };
  '/api/v1/scim/v2/ResourceTypes': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/scim/v2/ResourceTypes/{id}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/scim/v2/Schemas': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/scim/v2/Schemas/{id}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/scim/v2/ServiceProviderConfig': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/scim/v2/Users': {
    parameters: None;
    get: { parameters: { query?: { filter?: string; startIndex?: number; count?: number; attributes?: string; excludedAttributes?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { externalId?: (string | null); userName: string; displayName?: (string | null); name?: ({ formatted?: (string | null); givenName?: (string | null); familyName?: (string | null) } | null); active?: (boolean | string); emails?: (({ value: string; primary?: (boolean | string | null); type?: (string | null) })[] | null); preferredLanguage?: (string | null) } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/scim/v2/Users/{id}': {
    parameters: None;
    get: { parameters: { query?: { filter?: string; startIndex?: number; count?: number; attributes?: string; excludedAttributes?: string }; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { externalId?: (string | null); userName: string; displayName?: (string | null); name?: ({ formatted?: (string | null); givenName?: (string | null); familyName?: (string | null) } | null); active?: (boolean | string); emails?: (({ value: string; primary?: (boolean | string | null); type?: (string | null) })[] | null); preferredLanguage?: (string | null) } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    patch: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { Operations: { op: string; path?: string; value?: unknown }[] } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Record<string, unknown> } }; default: Refused } };
    post?: never; options?: never; head?: never; trace?: never;
  };
  '/api/v1/senders/certificates': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { name: string; sha256: string; mayUse: string[] }[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; sha256: string; mayUse?: string[] } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; sha256: string; mayUse: string[] } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/senders/certificates/{name}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; sha256: string; mayUse: string[] } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; sha256: string; mayUse?: string[] } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; sha256: string; mayUse: string[] } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/senders/logins': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { name: string; mayUse: string[] }[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; passwordHash: string; mayUse?: string[] } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; mayUse: string[] } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/senders/logins/{name}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; mayUse: string[] } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; passwordHash: string; mayUse?: string[] } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; mayUse: string[] } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/senders/networks': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { name: string; network: string; mayUse: string[] }[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; network: string; mayUse?: string[] } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; network: string; mayUse: string[] } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/senders/networks/{name}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; network: string; mayUse: string[] } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; network: string; mayUse?: string[] } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; network: string; mayUse: string[] } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/senders/pins': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ name: string; networks: string[]; pin: ({ kind: "header"; name: string } | { kind: "certificate"; sha256: string }); mayUse: string[] })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; networks: string[]; pin: ({ kind: "header"; name: string; value: string } | { kind: "certificate"; sha256: string }); mayUse?: string[] } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string; networks: string[]; pin: ({ kind: "header"; name: string } | { kind: "certificate"; sha256: string }); mayUse: string[] } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/senders/pins/{name}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; networks: string[]; pin: ({ kind: "header"; name: string } | { kind: "certificate"; sha256: string }); mayUse: string[] } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; networks: string[]; pin: ({ kind: "header"; name: string; value: string } | { kind: "certificate"; sha256: string }); mayUse?: string[] } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { name: string; networks: string[]; pin: ({ kind: "header"; name: string } | { kind: "certificate"; sha256: string }); mayUse: string[] } } }; default: Refused } };
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/session': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { person: { id: string; name: string; email: string; language: "de" | "en" | "nl" }; tenant: { id: string; name: string }; permissions: string[]; platform: string[]; factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number }; state: "signed-in" | "enrolling"; provedAt: string; idleS: number; endsAt: string } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/session/proof': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number }; passkey?: ({ challenge: string } & Record<string, unknown>) } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': ({ passkey: { id: string; rawId: string; type: "public-key"; response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string }; authenticatorAttachment?: "platform" | "cross-platform"; clientExtensionResults?: Record<string, unknown> } } | { password: string; code?: string }) } }; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sessions': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { id: string; createdAt: string; seenAt: string; ip: string; userAgent: string; proofs: string[]; isCurrent: boolean }[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sessions/{id}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sessions/end-others': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { ended: number } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/setup': {
    parameters: None;
    post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { token: string; name: string; email: string; language?: "de" | "en" | "nl"; organisation?: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': ({ state: "signed-in" } | { state: "enrolling" } | { state: "second-factor"; ticket: string; factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number }; passkey?: ({ challenge: string } & Record<string, unknown>) }) } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/siem-sinks': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ name: string; settings: ({ kind: "syslog"; host: string; port: number; caPem?: string; serverName?: string; certPem?: string } | { kind: "ocsf"; url: string; caPem?: string; auth: "bearer" | "hmac" }); hasSecret: boolean; nextIndex: number; logSize: number; failures: number; lastError: (string | null); sentAtMs: (number | null) })[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; settings: ({ kind: "syslog"; host: string; port?: number; caPem?: string; serverName?: string; certPem?: string } | { kind: "ocsf"; url: string; caPem?: string; auth: "bearer" | "hmac" }); secret?: string; from?: "beginning" | "now" } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { name: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/siem-sinks/{name}': {
    parameters: None;
    delete: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { name: string }; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; post?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/link': {
    parameters: None;
    post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { token: string; password?: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': ({ state: "signed-in" } | { state: "enrolling" } | { state: "second-factor"; ticket: string; factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number }; passkey?: ({ challenge: string } & Record<string, unknown>) }) } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/link/look': {
    parameters: None;
    post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { token: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { purpose: "invite" | "password" | "factors"; email: string; name: string; language: string; organisation: string; hasPassword: boolean } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/oidc': {
    parameters: None;
    get: { parameters: { query?: { organisation?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: { ref: string; label: string }[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/oidc/{ref}/callback': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { ref: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': null } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/oidc/{ref}/logout': {
    parameters: None;
    post: { parameters: { query?: never; header?: never; path: { ref: string }; cookie?: never }; requestBody: { content: { 'application/json': { logout_token: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { ended: number } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/oidc/{ref}/start': {
    parameters: None;
    get: { parameters: { query?: { link?: string }; header?: never; path: { ref: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': null } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/passkey': {
    parameters: None;
    post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { passkey: { id: string; rawId: string; type: "public-key"; response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string }; authenticatorAttachment?: "platform" | "cross-platform"; clientExtensionResults?: Record<string, unknown> } } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': ({ state: "signed-in" } | { state: "enrolling" } | { state: "second-factor"; ticket: string; factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number }; passkey?: ({ challenge: string } & Record<string, unknown>) }) } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/passkey/options': {
    parameters: None;
    post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': ({ challenge: string } & Record<string, unknown>) } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/password': {
    parameters: None;
    post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { organisation?: string; email: string; password: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': ({ state: "signed-in" } | { state: "enrolling" } | { state: "second-factor"; ticket: string; factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number }; passkey?: ({ challenge: string } & Record<string, unknown>) }) } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-in/second-factor': {
    parameters: None;
    post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: { content: { 'application/json': ({ ticket: string; code: string } | { ticket: string; passkey: { id: string; rawId: string; type: "public-key"; response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string }; authenticatorAttachment?: "platform" | "cross-platform"; clientExtensionResults?: Record<string, unknown> } }) } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': ({ state: "signed-in" } | { state: "enrolling" } | { state: "second-factor"; ticket: string; factors: { password: boolean; passkeys: number; totp: number; recoveryCodes: number }; passkey?: ({ challenge: string } & Record<string, unknown>) }) } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/sign-out': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody?: never; responses: { 204: { headers: Record<string, unknown>; content?: never }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/status': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { hostname: string; now: string; ready: boolean; parts: ({ name: string; trouble: (string | null) })[]; missingEngines: string[]; queue: { count: number; isMore: boolean; oldestAt: (string | null) }; held: { count: number; isMore: boolean }; verdicts: { count: number; isMore: boolean; verdict: string }[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenant-settings': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { retryWaitsS?: number[]; maxAgeS?: number; bounceMaxAgeS?: number; delayNoticesS?: number[]; sourceIp4?: string; sourceIp6?: string; heloName?: string } } }; default: Refused } };
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { language?: "en" | "de" | "nl"; retryWaitsS?: number[]; maxAgeS?: number; bounceMaxAgeS?: number; delayNoticesS?: number[]; sourceIp4?: string; sourceIp6?: string; heloName?: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { retryWaitsS?: number[]; maxAgeS?: number; bounceMaxAgeS?: number; delayNoticesS?: number[]; sourceIp4?: string; sourceIp6?: string; heloName?: string } } }; default: Refused } };
    post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenant-settings/origins': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ name: string; unit: "seconds" | "text"; default: ((string | number | number[]) | null); operator: ((string | number | number[]) | null); tenant: ((string | number | number[]) | null); origin: "default" | "operator" | "tenant" })[] } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants': {
    parameters: None;
    get: { parameters: { query?: { limit?: number; cursor?: string }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } })[]; next?: string } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path?: never; cookie?: never }; requestBody: { content: { 'application/json': { name: string; location?: string } } }; responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants/{id}': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } } } }; default: Refused } };
    put?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants/{id}/deletion': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { beganAt: string; keyGoneAt: (string | null); endedAt: (string | null); rows: Record<string, number> } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string; graceS?: number } } }; responses: { 202: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants/{id}/exports': {
    parameters: None;
    get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { items: ({ id: string; askedAt: string; isOpen: boolean; state: "waiting" | "running" | "done" | "failed"; tables: number; rows: number; bodies: number; folder: (string | null); manifestSha256: (string | null); trouble: (string | null); endedAt: (string | null) })[] } } }; default: Refused } };
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 202: { headers: Record<string, unknown>; content: { 'application/json': { id: string } } }; default: Refused } };
    put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants/{id}/location': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { location: (string | null) } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } } } }; default: Refused } };
    get?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants/{id}/name': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { name: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } } } }; default: Refused } };
    get?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants/{id}/quota': {
    parameters: None;
    put: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } } } }; default: Refused } };
    get?: never; post?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants/{id}/resume': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody?: never; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
  '/api/v1/tenants/{id}/suspend': {
    parameters: None;
    post: { parameters: { query?: never; header?: { 'Idempotency-Key'?: string }; path: { id: string }; cookie?: never }; requestBody: { content: { 'application/json': { reason: string } } }; responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': { id: string; name: string; state: "active" | "suspended" | "deleting" | "deleted"; stateAt: string; deleteAfter: (string | null); createdAt: string; location: (string | null); quotas: { messagesPerDay?: number; storedBytes?: number; people?: number; domains?: number }; usage: { countedAt: (string | null); messagesToday: number; queued: number; held: number; storedBytes: number; domains: number; people: number; lastSignInAt: (string | null); over: string[] } } } }; default: Refused } };
    get?: never; put?: never; delete?: never; options?: never; head?: never; patch?: never; trace?: never;
  };
}
