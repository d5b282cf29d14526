import { readFileSync } from 'node:fs';

/** As the package says. */
export function version(): string {
  const file: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const said: unknown = typeof file === 'object' && file !== null ? Reflect.get(file, 'version') : undefined;
  return typeof said === 'string' ? said : 'of an unknown version';
}
