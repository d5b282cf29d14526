/** The console in a real browser: every page, in light and dark, by keyboard, in three languages, and when things go wrong. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { CHROMIUM, type Chromium, startChromium, type Tab } from './browser.ts';
import { have, which } from '#test/support/need.ts';
import { en } from '../../../web/src/texts/en.ts';
import { furnish, openStage, type Stage } from './stage.ts';

let stage: Stage;
let chromium: Chromium;
let held = '';
let message = '';
let tenant = '';

before(async () => {
  if (which(CHROMIUM) === undefined) return;
  stage = await openStage();
  await furnish(stage);
  chromium = await startChromium();
  // Not the first: that one is released on the way.
  held = String(((await stage.get('/held'))['items'] as Record<string, unknown>[]).at(-1)?.['message']);
  tenant = firstOf(await stage.get('/tenants'), 'id');
  message = firstOf(await stage.get('/messages?verdict=accept'), 'id');
});
after(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

function firstOf(list: Record<string, unknown>, field: string): string {
  const items = list['items'] as Record<string, unknown>[];
  return String(items[0]?.[field]);
}

const PAGES: readonly (readonly [path: () => string, title: RegExp])[] = [
  [() => '/', /^Overview$/],
  [() => '/messages', /^Messages$/],
  [() => '/messages?verdict=reject&sender=nobody%40example.org', /^Messages$/],
  [() => `/messages/${message}`, /./],
  [() => '/held', /^Held messages$/],
  [() => `/held/${held}`, /./],
  [() => '/queue', /^Queue$/],
  [() => '/domains', /^Domains$/],
  [() => '/domains/bank.example', /^bank\.example$/],
  [() => '/domains/bank.example/addresses', /^Addresses of bank\.example$/],
  [() => '/senders', /^Senders$/],
  [() => '/senders?kind=networks', /^Senders$/],
  [() => '/partners', /^Partners$/],
  [() => '/destinations', /^Destinations$/],
  [() => '/settings', /^Settings$/],
  [() => '/people', /^People$/],
  [() => '/roles', /^Roles and rights$/],
  [() => '/roles?tab=grants', /^Roles and rights$/],
  [() => '/campaigns', /^Recertification$/],
  [() => '/break-glass', /^Emergencies$/],
  [() => '/notices', /^Notices$/],
  [() => `/held/${held}/read`, /^Reading a held message$/],
  [() => '/content', /^Reading of content$/],
  [() => '/api-keys', /^API keys$/],
  [() => '/siem', /^SIEM receivers$/],
  [() => '/ldap-sources', /^LDAP sources$/],
  [() => '/tenants', /^Tenants$/],
  [() => `/tenants/${tenant}`, /./],
  [() => '/audit', /^Audit log$/],
  [() => '/audit/0', /^Event 0$/],
  [() => '/no/such/page', /^There is no such page$/],
];

async function visit({ page }: Tab, path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('[role=status][aria-label=Loading]') === null);
}

const KEYS: ReadonlySet<string> = new Set(Object.keys(en));
const needs = (t: TestContext): boolean => have(t, CHROMIUM);

for (const scheme of ['light', 'dark'] as const)
  test(`every page in ${scheme} is accessible, breaks no rule of its policy and complains about nothing`, async (t) => {
    if (!needs(t)) return;
    await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey, scheme });
    for (const [path, title] of PAGES) {
      await visit(tab, path());
      const heading = tab.page.getByRole('heading', { level: 1 });
      assert.match(await heading.innerText(), title, path());
      await tab.assertAccessible(`${path()} in ${scheme}`);
      tab.assertQuiet();
    }
  });

test('each language speaks for itself: no key shows, and the page says which language it is in', async (t) => {
  if (!needs(t)) return;
  for (const [language, overview] of [
    ['de', 'Übersicht'],
    ['nl', 'Overzicht'],
  ] as const) {
    await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey, language });
    for (const [path] of PAGES) {
      await visit(tab, path());
      assert.equal(await tab.page.locator('html').getAttribute('lang'), language);
      // Names of events and permissions look like keys; they stand in a type of their own.
      const shown = await tab.page.evaluate(() => {
        const copy = document.body.cloneNode(true) as HTMLElement; // a clone is of the same kind
        for (const code of copy.querySelectorAll('.gate-mono, code, pre')) code.remove();
        return copy.textContent;
      });
      assert.deepEqual(
        shown.match(/[a-z-]+\.[A-Za-z0-9-]+/g)?.filter((word) => KEYS.has(word)) ?? [],
        [],
        path(),
      );
      tab.assertQuiet();
    }
    await tab.page.getByRole('link', { name: overview }).first().waitFor();
  }
});

test('the menu changes language and appearance, and both stay', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey });
  const { page } = tab;
  await visit(tab, '/');
  await page.getByRole('button', { name: 'You' }).click();
  await page.getByRole('menuitem', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { level: 1, name: 'Übersicht' }).waitFor();
  await page.getByRole('button', { name: 'Sie' }).click();
  await page.getByRole('menuitem', { name: 'Dunkel' }).click();
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Übersicht' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), 'dark');
  tab.assertQuiet();
});

test('the keyboard alone finds a held message and releases it', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey });
  const { page } = tab;
  await visit(tab, '/');
  await page.keyboard.press('Tab');
  // The title has the focus after a navigation; the skip link is the first stop of the page.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press('Tab');
  const at = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '');
  const tabTo = async (wanted: RegExp): Promise<void> => {
    for (let n = 0; n < 80; n++) {
      if (wanted.test(await at())) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`no way by Tab to ${wanted}; the focus is at "${await at()}"`);
  };
  await tabTo(/^Held$/);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Held messages' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
  const subject = await page.getByRole('table').getByRole('link').first().innerText();
  await tabTo(new RegExp(`^${RegExp.escape(subject)}$`));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: subject }).waitFor();
  await tabTo(/^Release$/);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Release this message?' });
  await dialog.waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent === 'Cancel');
  await tab.assertAccessible('the dialog that confirms a release');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  // The focus is back where it was.
  await page.waitForFunction(() => document.activeElement?.textContent === 'Release');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.textContent === 'Cancel');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Released for 1 recipient').waitFor();
  await page.getByRole('heading', { level: 1, name: 'Held messages' }).waitFor();
  tab.assertQuiet();
  const left = (await stage.get('/held'))['items'] as unknown[];
  assert.equal(left.length, 1);
});

test('a search stands in the address: it can be sent to a colleague, and "back" undoes it', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey });
  const { page } = tab;
  await visit(tab, '/messages');
  const rows = page.getByRole('row');
  const all = await rows.count();
  await page.getByLabel('Decision').selectOption('hold');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL(/verdict=hold/);
  await page.waitForFunction((n) => document.querySelectorAll('tr').length < n, all);
  const address = page.url();
  await page.goBack();
  await page.waitForFunction((n) => document.querySelectorAll('tr').length === n, all);
  await page.goto(address);
  assert.equal(await page.getByLabel('Decision').inputValue(), 'hold');
  tab.assertQuiet();
});

test('a domain is added, told what to publish, and removed after its name was typed', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey });
  const { page } = tab;
  await visit(tab, '/domains');
  await page.getByRole('button', { name: 'Add a domain' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a domain' });
  await dialog.getByRole('textbox', { name: 'Domain' }).fill('not a domain');
  await dialog.getByLabel('Host').fill('192.0.2.25');
  await dialog.getByRole('button', { name: 'Add a domain' }).click();
  await dialog.getByRole('alert').waitFor();
  await tab.assertAccessible('the dialog with a mistake');
  await dialog.getByRole('textbox', { name: 'Domain' }).fill('new.example');
  await dialog.getByRole('button', { name: 'Add a domain' }).click();
  await page.getByRole('heading', { level: 1, name: 'new.example' }).waitFor();
  await page.getByRole('table', { name: 'To publish in DNS' }).waitFor();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  const confirm = page.getByRole('dialog', { name: 'Remove new.example?' });
  const yes = confirm.getByRole('button', { name: 'Remove' });
  assert.equal(await yes.getAttribute('aria-disabled'), 'true');
  await yes.click({ force: true });
  await confirm.getByLabel('Type “new.example” to confirm').fill('new.example');
  await yes.click();
  await page.getByText('new.example was removed').waitFor();
  tab.assertQuiet(/422/);
});

test('settings say where they come from, take a change and give it up again', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey });
  const { page } = tab;
  await visit(tab, '/settings');
  const region = page.getByRole('region', { name: 'Given up after', exact: true });
  assert.match(await region.innerText(), /Tenant\s+3 days\s+.*Counts/s);
  await region.getByRole('button').click();
  const dialog = page.getByRole('dialog', { name: 'Given up after' });
  await dialog.getByLabel('Given up after').fill('soon');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Write a span such as').waitFor();
  await dialog.getByRole('button', { name: 'Say nothing' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.waitForFunction(() =>
    /5 days\s*.*Counts/s.test(
      document.querySelector<HTMLElement>('section[aria-label="Given up after"]')?.innerText ?? '',
    ),
  );
  tab.assertQuiet();
});

test('the audit log is followed live, and the browser itself proves an entry and sees through a changed one', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey });
  const { page } = tab;
  await visit(tab, '/audit?follow=1');
  await page.getByText('Following; new events').waitFor();
  await stage.send('POST', '/senders/networks', { name: 'seen-live', network: '198.51.100.0/24' });
  await page.getByRole('cell', { name: 'seen-live' }).waitFor();
  await page
    .getByRole('row', { name: /seen-live/ })
    .getByRole('link')
    .click();
  await page.getByRole('heading', { level: 1, name: /^Event \d+$/ }).waitFor();
  await page.getByRole('button', { name: 'Take the server’s' }).click();
  await page.waitForFunction(() => document.querySelector('textarea')?.value !== '');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('Holds', { exact: true }).waitFor();
  await tab.assertAccessible('a proof that holds');
  await page.route('**/api/v1/audit/events/*', async (route) => {
    const reply = await route.fetch();
    const changed = (await reply.json()) as { entry: string };
    await route.fulfill({
      response: reply,
      json: { ...changed, entry: changed.entry.replace('seen-live', 'seen-life') },
    });
  });
  await page.reload();
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('Does not hold', { exact: true }).waitFor();
  tab.assertQuiet();
});

test('what cannot be had is said plainly: forbidden, gone, broken, away', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey });
  const { page } = tab;
  const answers = [
    [403, 'forbidden', 'You may not see or do this'],
    [404, 'not-found', 'There is no such thing here (any more)'],
    [500, 'internal', 'Something went wrong inside'],
    [429, 'too-many-requests', 'Too much at once; please wait a little'],
  ] as const;
  for (const [status, type, said] of answers) {
    await page.route('**/api/v1/domains?**', (route) =>
      route.fulfill({
        status,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: `urn:gatehouse:problem:${type}`,
          title: 'x',
          status,
          detail: 'Told in English.',
          instance: 'urn:uuid:1',
        }),
      }),
    );
    await page.goto('/domains');
    await page.getByRole('alert').getByText(said).waitFor();
    await tab.assertAccessible(`${status} at /domains`);
    await page.unroute('**/api/v1/domains?**');
    tab.assertQuiet(new RegExp(String(status)));
  }
  await page.route('**/api/v1/domains?**', (route) => route.abort());
  await page.goto('/domains');
  await page.getByText('The gate cannot be reached').waitFor();
  await page.unroute('**/api/v1/domains?**');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('table', { name: 'Domains' }).waitFor();
  tab.assertQuiet(/ERR_FAILED/);
});

test('the policy of the page holds: no inline script, no markup from strings, no foreign connection', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey });
  const { page } = tab;
  await visit(tab, '/');
  const outcome = await page.evaluate(async () => {
    const script = document.createElement('script');
    const tried: string[] = [];
    const attempt = (name: string, act: () => unknown): void => {
      try {
        act();
        tried.push(name);
      } catch {
        // refused, as it should be
      }
    };
    attempt('script text', () => (script.textContent = 'window.hacked = 1'));
    attempt('innerHTML', () => (document.createElement('div').innerHTML = '<img src=x onerror=1>'));
    document.body.append(script);
    // Later, since the debugger's own evaluation may.
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        // oxlint-disable-next-line typescript/no-implied-eval -- it must be refused
        attempt('eval', () => new Function('window.hacked = 1')());
        resolve();
      }, 0);
    });
    const away = await fetch('http://127.0.0.1:9/').then(
      () => 'connected',
      () => 'refused',
    );
    return { tried, hacked: Reflect.get(window, 'hacked') as unknown, away };
  });
  assert.deepEqual(outcome, { tried: [], hacked: undefined, away: 'refused' });
  tab.assertQuiet(/Content Security Policy|TrustedScript|Trusted Type|CSP: |ERR_/);
});

test('a narrow screen shows every page without scrolling sideways, the menu behind a button', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base, { apiKey: stage.apiKey, width: 360 });
  const { page } = tab;
  for (const [path] of PAGES) {
    await visit(tab, path());
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(over <= 0, `${path()} is ${over} px too wide`);
  }
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('link', { name: 'Queue' }).click();
  await page.getByRole('heading', { level: 1, name: 'Queue' }).waitFor();
  tab.assertQuiet();
});
