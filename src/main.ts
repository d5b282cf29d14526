/**
 * The first file that runs. It only turns on the compile cache, which halves the time of every later start, and hands over to
 * program.ts. The cache lies beside the packages, where only who installed Gatehouse can write.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../node_modules/.cache/gatehouse');
enableCompileCache(folder);
// Mail processes are children of this one and share it.
process.env['NODE_COMPILE_CACHE'] ??= folder;

await import('./program.ts');
