/** Draws docs/pictures anew: `node test/e2e/60-console/pictures.ts [FOLDER]`. */
import { mkdirSync } from 'node:fs';
import { startChromium } from './browser.ts';
import { furnish, openStage } from './stage.ts';

const folder = process.argv[2] ?? 'docs/pictures';
mkdirSync(folder, { recursive: true });
await using stage = await openStage();
await furnish(stage);
await using chromium = await startChromium();
const idOf = async (path: string, field: string): Promise<string> =>
  String(((await stage.get(path))['items'] as Record<string, unknown>[])[0]?.[field]);
const message = await idOf('/messages?subject=maintenance', 'id');
const held = await idOf('/held', 'message');

const PICTURES = [
  ['overview', '/', 'light', 'en'],
  ['messages', '/messages', 'light', 'en'],
  ['story', `/messages/${message}`, 'light', 'en'],
  ['held', `/held/${held}`, 'dark', 'de'],
  ['queue', '/queue', 'light', 'nl'],
  ['domain', '/domains/bank.example', 'light', 'en'],
  ['destinations', '/destinations', 'dark', 'nl'],
  ['senders', '/senders?kind=networks', 'light', 'de'],
  ['settings', '/settings', 'dark', 'en'],
  ['audit', '/audit?what=domain.*', 'light', 'en'],
] as const;

for (const [name, path, scheme, language] of PICTURES) {
  await using tab = await chromium.open(stage.base, {
    apiKey: stage.apiKey,
    scheme,
    language,
    width: 1100,
    height: 760,
  });
  await tab.page.goto(path);
  await tab.page.waitForLoadState('networkidle');
  await tab.page.screenshot({ path: `${folder}/${name}.png` });
}
