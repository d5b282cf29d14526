/**
 * Debian's Chromium for a test. Whatever a page complains about (console errors, uncaught exceptions, refusals of its Content
 * Security Policy, answers of 5xx) is collected, and `assertQuiet` fails with it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export const CHROMIUM = '/usr/bin/chromium';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export type Appearance = {
  readonly scheme?: 'light' | 'dark';
  readonly language?: string;
  readonly width?: number;
  readonly height?: number;
  /** A service's key, sent with every request: pages without signing in. */
  readonly apiKey?: string;
};
export type Tab = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Fails with everything the page complained about; `expected` are those a test provoked. */
  readonly assertQuiet: (...expected: readonly RegExp[]) => void;
  /** Fails with what axe finds against WCAG 2.2 A and AA. */
  readonly assertAccessible: (where: string) => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};
export type Chromium = {
  readonly open: (base: string, appearance?: Appearance) => Promise<Tab>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export async function startChromium(): Promise<Chromium> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  });
  return {
    open: (base, appearance = {}) => openTab(browser, base, appearance),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function openTab(browser: Browser, base: string, a: Appearance): Promise<Tab> {
  const context = await browser.newContext({
    baseURL: base,
    colorScheme: a.scheme ?? 'light',
    locale: a.language ?? 'en',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    ...(a.apiKey === undefined ? {} : { extraHTTPHeaders: { authorization: `Bearer ${a.apiKey}` } }),
    viewport: { width: a.width ?? 1280, height: a.height ?? 860 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    // The console asks who is there; that nobody is, or no person, is an answer and no mistake.
    const isWho = message.location().url.endsWith('/api/v1/session') && /\b40[13]\b/.test(message.text());
    if (!isWho) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} ${response.url()}`);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP: ${event.effectiveDirective} refused ${event.blockedURI} ${event.sample}`),
    );
  });
  return {
    page,
    context,
    assertQuiet: (...expected) =>
      assert.deepEqual(
        complaints.splice(0).filter((c) => !expected.some((e) => e.test(c))),
        [],
        `what the page at ${page.url()} complained about`,
      ),
    assertAccessible: (where) => assertAccessible(page, where),
    [Symbol.asyncDispose]: () => context.close(),
  };
}

type Violation = {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
};

async function assertAccessible(page: Page, where: string): Promise<void> {
  // Through the debugger and not as a script of the page, which its policy would rightly refuse.
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (): Promise<Violation[]> => {
    const axe = Reflect.get(globalThis, 'axe');
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const result = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return result.violations;
  });
  const told = violations.map(
    (v) =>
      `${v.id}: ${v.help}\n${v.nodes.map((n) => `    ${n.html.slice(0, 300)}\n      ${n.failureSummary ?? ''}`).join('\n')}`,
  );
  assert.equal(told.join('\n'), '', `axe at ${where}`);
}
