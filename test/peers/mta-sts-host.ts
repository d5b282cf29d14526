/** The web server that publishes MTA-STS policies, on port 443 of its own loopback address (so: as root). */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Certificate } from '#test/support/certificates.ts';

export type StsPolicy = {
  readonly mode: 'enforce' | 'testing' | 'none';
  readonly mx: readonly string[];
  readonly maxAgeS: number;
};
export type StsHost = {
  /** How often the policy was fetched. */
  readonly fetches: () => number;
  readonly publish: (policy: StsPolicy | undefined) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const text = (p: StsPolicy): string =>
  ['version: STSv1', `mode: ${p.mode}`, ...p.mx.map((mx) => `mx: ${mx}`), `max_age: ${p.maxAgeS}`, ''].join(
    '\r\n',
  );

export async function startStsHost(
  address: string,
  certificate: Certificate,
  first: StsPolicy,
): Promise<StsHost> {
  let policy: StsPolicy | undefined = first;
  let fetches = 0;
  const server = createServer(
    { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
    (request, response) => {
      fetches++;
      // RFC 8461 §3.2: this path, plain text, no redirect.
      if (policy === undefined || request.url !== '/.well-known/mta-sts.txt') response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': 'text/plain' }).end(text(policy));
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(443, address, resolve);
  });
  return {
    fetches: () => fetches,
    publish: (next) => void (policy = next),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
