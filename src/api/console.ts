/**
 * Serving the console: what tools/build-console.sh left in web/dist, read once at start. A request's path is looked up among the
 * names that were there then and never touches the file system, so there is nothing to traverse.
 *
 * Names below /assets/ carry a hash of their content and may be kept for ever. The page itself carries the nonce of its answer,
 * for the styles that the component library makes while it runs, and is never kept.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

type File = {
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly gzip: Uint8Array;
  readonly etag: string;
};
export type Console = { readonly page: string; readonly files: ReadonlyMap<string, File> };

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** Where vite (html.cspNonce) leaves room for the nonce. */
const PLACEHOLDER = 'CSP-NONCE';

/** Undefined where the console was not built; `npm start` builds it. */
export function readConsole(folder: string): Console | undefined {
  if (!existsSync(join(folder, 'index.html'))) return undefined;
  const files = new Map<string, File>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.replace(/\/$/, '').length), fileOf(readFileSync(path), type));
  }
  return { page: readFileSync(join(folder, 'index.html'), 'utf8'), files };
}

function fileOf(bytes: Uint8Array, type: string): File {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { type, bytes, gzip: gzipSync(bytes), etag };
}

/** Answers with a file or the page; `undefined` for what is neither, or not asked as a browser asks. */
export function answerConsole(
  console: Console,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const [path = ''] = (request.raw.url ?? '').split('?', 1);
  const file = console.files.get(path);
  if (file !== undefined) return sendFile(file, path, request, reply);
  return isPage(path) && wantsPage(request) ? sendPage(console.page, reply) : undefined;
}

/** Paths of the console's own pages are a plain word and then ids or names; whatever is encoded, dotted or doubled is somebody probing. */
function isPage(path: string): boolean {
  if (path === '/') return true;
  return (
    /^\/[a-z-]+(\/[A-Za-z0-9_@~-]+(\.[A-Za-z0-9_@~-]+)*)*$/.test(path) && !/^\/(api|assets)(\/|$)/.test(path)
  );
}

const wantsPage = (request: FastifyRequest): boolean => (request.headers.accept ?? '').includes('text/html');

function sendFile(file: File, path: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isHashed = path.startsWith('/assets/');
  reply
    .header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    .header('etag', file.etag)
    .header('vary', 'accept-encoding')
    .type(file.type);
  if (request.headers['if-none-match'] === file.etag) return reply.status(304).send();
  const isGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  return isGzip ? reply.header('content-encoding', 'gzip').send(file.gzip) : reply.send(file.bytes);
}

function sendPage(page: string, reply: FastifyReply): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  return reply
    .header('content-security-policy', policy(nonce))
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page.replaceAll(PLACEHOLDER, nonce));
}

/**
 * Scripts only from our files; styles from our files or with the nonce of this answer. Trusted Types: the one policy the page may
 * make (web/src/trusted-types.ts) passes text without markup, which is what the component library's styles are.
 */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');
}
