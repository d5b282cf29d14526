/**
 * Free loopback ports. They are taken below the range that the kernel gives to outgoing connections, so that a port found
 * free here is not taken by somebody's client a moment later.
 */
import { createServer } from 'node:net';

const LOWEST = 20_000;
const SPAN = 12_000;
const given = new Set<number>();

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port on which nothing listens now and which no earlier call in this process was given. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * SPAN);
    if (given.has(port) || !(await isFree(port, host))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port on ${host} after 200 attempts`);
}

/** An address of 127/8 of one's own: servers that need a fixed port (DNS on 53) listen there. */
export function freeLoopbackAddress(): string {
  const part = (): number => 1 + Math.floor(Math.random() * 253);
  return `127.${part()}.${part()}.${part()}`;
}
