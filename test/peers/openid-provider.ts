/** OpenID providers on loopback: oidc-provider, which does everything right, and one that says whatever a test wants. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

export type Keys = { readonly kid: string; readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };

export async function newKeys(kid: string): Promise<Keys> {
  return { kid, ...(await generateKeyPair('RS256', { extractable: true })) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

export type Account = Readonly<Record<string, unknown>> & { readonly sub: string };
export type RealProvider = AsyncDisposable & {
  readonly issuer: string;
  /** Who signs in next. */
  account: Account;
  /** Walks the browser from our start to what comes back to us: path and query of the callback. */
  readonly walk: (url: string) => Promise<string>;
};

export async function startProvider(redirectUri: string): Promise<RealProvider> {
  let provider: Provider | undefined;
  let account: Account = { sub: 'nobody' };
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/') === true) {
      const result = { login: { accountId: account.sub, amr: ['pwd', 'otp'] } };
      void provider?.interactionFinished(request, response, result);
    } else void provider?.callback()(request, response);
  });
  const issuer = await listen(server);
  const signing = await newKeys('first');
  const made = new Provider(issuer, {
    clients: [
      {
        client_id: 'gate',
        client_secret: 'client-secret',
        redirect_uris: [redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: { keys: [await exportJWK(signing.privateKey)] },
    cookies: { keys: ['test'] },
    claims: {
      openid: ['sub', 'amr', 'acr'],
      email: ['email', 'email_verified'],
      profile: ['name', 'locale'],
    },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => Promise.resolve({ ...account, sub: id }) }),
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      const grant = new made.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  provider = made;
  return {
    issuer,
    get account() {
      return account;
    },
    set account(value) {
      account = value;
    },
    walk: (url) => walk(url, redirectUri),
    [Symbol.asyncDispose]: () => closed(server),
  };
}

async function walk(first: string, until: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = first;
  for (let hop = 0; hop < 10; hop++) {
    const headers = { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') };
    const response = await fetch(url, { redirect: 'manual', headers });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1);
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const next = response.headers.get('location');
    if (next === null) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    url = new URL(next, url).href;
    if (url.startsWith(until)) return url.slice(new URL(url).origin.length);
  }
  throw new Error('the provider sends in circles');
}

export type FakeProvider = AsyncDisposable & {
  readonly issuer: string;
  /** Whose signature the next tokens carry, and which keys are published. */
  keys: Keys;
  published: readonly Keys[];
  /** Changes the claims of the next ID token. */
  claims: (claims: JWTPayload) => JWTPayload;
  /** Changes the discovery document. */
  document: (document: Record<string, unknown>) => Record<string, unknown>;
  /** The nonce of the authorization request that was seen last is put into the token. */
  nonce: string;
  readonly sign: (claims: JWTPayload, typ?: string) => Promise<string>;
};

export async function startFakeProvider(): Promise<FakeProvider> {
  const first = await newKeys('first');
  const server = createServer((request, response) => {
    void answer(request).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      () => response.writeHead(500).end(),
    );
  });
  const issuer = await listen(server);
  const sign = (claims: JWTPayload, typ = 'JWT'): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: fake.keys.kid, typ })
      .sign(fake.keys.privateKey);
  const nowS = (): number => Math.floor(Date.now() / 1000);
  const answer = async (request: IncomingMessage): Promise<unknown> => {
    request.resume();
    if (request.url === '/.well-known/openid-configuration')
      return fake.document({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        authorization_response_iss_parameter_supported: true,
      });
    if (request.url === '/keys')
      return {
        keys: await Promise.all(
          fake.published.map(async (k) => ({
            ...(await exportJWK(k.publicKey)),
            kid: k.kid,
            alg: 'RS256',
            use: 'sig',
          })),
        ),
      };
    const claims = { iss: issuer, aud: 'gate', sub: 'p1', iat: nowS(), exp: nowS() + 300, nonce: fake.nonce };
    const token = await sign(
      fake.claims({ ...claims, email: 'p1@here.example', email_verified: true, sid: 's1' }),
    );
    return { access_token: 'a', token_type: 'Bearer', id_token: token };
  };
  const fake: FakeProvider = {
    issuer,
    keys: first,
    published: [first],
    claims: (claims) => claims,
    document: (document) => document,
    nonce: '',
    sign,
    [Symbol.asyncDispose]: () => closed(server),
  };
  return fake;
}
