/** Set-up, sign-in and one's own account in Debian's Chromium, with a virtual authenticator for passkeys. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test, type TestContext } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { have, which } from '#test/support/need.ts';
import { CHROMIUM, type Chromium, startChromium, type Tab } from './browser.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
let chromium: Chromium;

before(async () => {
  if (which(CHROMIUM) === undefined) return;
  stage = await openStage();
  chromium = await startChromium();
});
after(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

/** A platform authenticator that verifies its owner; it signs as soon as a page asks, and never for what pages only offer. */
async function giveAuthenticator({ context, page }: Tab): Promise<void> {
  // The offer in the name field would sign at once and leave nothing to press.
  await page.addInitScript(() => {
    Reflect.set(PublicKeyCredential, 'isConditionalMediationAvailable', () => Promise.resolve(false));
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Ada/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
}

const needs = (t: TestContext): boolean => have(t, CHROMIUM);
const PASSWORD = 'four plain words suffice';

test('from the first start to a second person: set-up, passkey, app, recovery code, invitation', async (t) => {
  if (!needs(t)) return;
  await using tab = await chromium.open(stage.base);
  const { page } = tab;
  await giveAuthenticator(tab);

  await page.goto('/messages?verdict=hold');
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor(); // nobody gets further
  await tab.assertAccessible('sign-in');

  const link = /(http:\S+\/setup#\S+)/.exec(stage.gateway.output())?.[1];
  assert.ok(link !== undefined, stage.gateway.output());
  await page.goto(link);
  await page.getByLabel('Name').fill('Ada Admin');
  await page.getByLabel('E-mail address').fill('ada@bank.example');
  await tab.assertAccessible('set-up, first step');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  const adding = page.getByRole('dialog', { name: 'Add a passkey' });
  await adding.getByLabel('Name').fill('laptop');
  await adding.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('The passkey was added').waitFor();
  await tab.assertAccessible('set-up, second step');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Add a domain' }).click();
  const domain = page.getByRole('dialog', { name: 'Add a domain' });
  await domain.getByRole('textbox', { name: 'Domain' }).fill('bank.example');
  await domain.getByLabel('Host').fill('192.0.2.25');
  await domain.getByRole('button', { name: 'Add a domain' }).click();
  await page.getByRole('heading', { level: 1, name: 'bank.example' }).waitFor();
  await page.getByRole('button', { name: 'Ada Admin' }).waitFor();

  await signOut(page);
  await page.goto('/messages?verdict=hold');
  await page.getByRole('button', { name: 'With a passkey' }).click();
  await page.waitForURL(/\/messages\?verdict=hold/); // where one wanted to go
  await page.getByRole('heading', { level: 1, name: 'Messages' }).waitFor();

  await page.goto('/account');
  await page.getByRole('heading', { level: 1, name: 'Your account' }).waitFor();
  await page.getByText('laptop').waitFor();
  await tab.assertAccessible('the account');
  await page.getByRole('button', { name: 'Set a password' }).click();
  await page.getByLabel('New password').fill('password');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The password was set').waitFor();

  await page.getByRole('button', { name: 'Add an app' }).click();
  const app = page.getByRole('dialog', { name: 'Add an app' });
  const secret = (await app.locator('.gate-mono').innerText()).replaceAll(/\s/g, '');
  const code = (): string => new TOTP({ secret: Secret.fromBase32(secret) }).generate();
  if (which('zbarimg') !== undefined) {
    await app.getByRole('img', { name: /QR code/ }).screenshot({ path: `${stage.gateway.data}/qr.png` });
    const read = spawnSync('zbarimg', ['-q', '--raw', `${stage.gateway.data}/qr.png`], { encoding: 'utf8' });
    assert.match(read.stdout, new RegExp(`^otpauth://totp/.*secret=${secret}`));
  }
  await tab.assertAccessible('the QR code');
  await app.getByLabel('Code of the app').fill(code());
  await app.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('The app was added').waitFor();
  await page.getByRole('region', { name: 'Recovery codes' }).getByRole('button').click();
  const codes = page.getByRole('dialog', { name: 'Recovery codes' });
  const recovery = await codes.locator('.gate-mono').first().innerText();
  await page.keyboard.press('Escape');

  await signOut(page);
  await page.getByLabel('E-mail address').fill('ada@bank.example');
  await page.getByRole('textbox', { name: 'Password' }).fill('not this one at all');
  await page.getByRole('button', { name: 'With the password' }).click();
  await page.getByRole('alert').getByText('Something of that is wrong').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'With the password' }).click();
  await page.getByRole('heading', { level: 1, name: 'Second factor' }).waitFor();
  await tab.assertAccessible('the second factor');
  await page.getByLabel('Code').fill(recovery);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

  await page.getByRole('link', { name: 'People' }).click();
  await page.getByRole('button', { name: 'Invite' }).click();
  const invite = page.getByRole('dialog', { name: 'Invite' });
  await invite.getByLabel('Name').fill('Bo Employee');
  await invite.getByLabel('E-mail address').fill('bo@bank.example');
  await invite.getByRole('button', { name: 'Invite' }).click();
  const shown = page.getByRole('dialog', { name: 'Link for one use' });
  const invitation = await shown.locator('.gate-mono').innerText();
  await tab.assertAccessible('a link for one use');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Bo Employee' }).click();
  await page.getByRole('heading', { level: 1, name: 'Bo Employee' }).waitFor();
  await tab.assertAccessible('a person');
  tab.assertQuiet(/40[13]|422/);

  await using other = await chromium.open(stage.base, { language: 'de' });
  await other.page.goto(invitation);
  await other.page.getByText('Bo Employee, Sie sind zu').waitFor();
  await other.assertAccessible('an invitation');
  await other.page.getByLabel('Neues Kennwort').fill(PASSWORD);
  await other.page.getByRole('button', { name: 'Weiter' }).click();
  await other.page.getByRole('button', { name: /Bo Employee/ }).waitFor();
  // An employee may nothing yet: the navigation offers nothing, and a page asked for by its address says so.
  assert.equal(await other.page.getByRole('link', { name: 'Warteschlange' }).count(), 0);
  await other.page.goto('/queue');
  await other.page.getByText('Das dürfen Sie nicht sehen oder tun').waitFor();
  other.assertQuiet(/40[13]/);
});
