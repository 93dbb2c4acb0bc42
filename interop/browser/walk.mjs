// Walks through the dashboard of a running demo in a real browser, and prints what is wrong, a JSON line each; the last line
// says that it came to its end. Nothing may be inline (the browser says so on its console), nothing may reach beyond the
// width, and axe may find nothing, in light and dark, wide and narrow.
//
//   node walk.mjs --link URL --control URL [--shots FOLDER]

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values } = parseArgs({
  options: { link: { type: 'string' }, control: { type: 'string' }, shots: { type: 'string' } },
});
const base = new URL(values.link).origin;
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const tell = (what, details = {}) => console.log(JSON.stringify({ what, ...details }));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
page.setDefaultTimeout(20_000);
page.on('pageerror', (error) => tell('script error', { at: page.url(), error: error.message }));
page.on('console', (message) => {
  if (message.type() === 'error') tell('console', { at: page.url(), text: message.text() });
});

// For pictures, all four ways; to find what is wrong, each of light, dark, wide and narrow once is enough.
const ways = values.shots
  ? [['light', 1280], ['light', 390], ['dark', 1280], ['dark', 390]]
  : [['light', 1280], ['dark', 390]];

/** Looks at a page in these ways. */
async function look(name, path) {
  for (const [colorScheme, width] of ways) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto(base + path);
    const where = { page: name, colorScheme, width };
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (beyond > 0) tell('too wide', { ...where, beyond });
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document));
    for (const { id, nodes } of found.violations) {
      tell('axe', { ...where, id, targets: nodes.map((node) => node.target.join(' ')) });
    }
    if (values.shots) {
      await page.screenshot({ path: join(values.shots, `${name}-${colorScheme}-${width}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}

const href = (selector) => page.locator(selector).first().getAttribute('href');
const must = (is, what) => { if (!is) tell('missing', { what, at: page.url() }); };
const says = async (text) => must(await page.getByText(text).first().isVisible(), text);

// In.
await page.goto(values.link);
await page.getByRole('button', { name: 'Sign in' }).click();
await page.waitForURL('**/dashboard');

// By keyboard: the first stop leads to the content.
await page.keyboard.press('Tab');
must(await page.locator('.skip').evaluate((skip) => skip === document.activeElement), 'the way to the content');

// A notification to a phone.
await page.goto(`${base}/dashboard/compose`);
await page.getByLabel('Payload, as JSON').fill('{"aps": {"alert": {"title": "<script>alert(1)</script>", "body": "Tea"}}}');
await page.locator('#reading .banner .title').getByText('<script>alert(1)</script>').waitFor();
await page.getByLabel('Name of the user').fill('you');
await page.getByRole('button', { name: 'Send' }).click();
await page.waitForURL('**/notifications/**');
await page.getByRole('heading', { name: '1 delivered' }).waitFor();
await look('notification', new URL(page.url()).pathname);

// Every page.
await look('overview', '/dashboard');
await look('problems', '/dashboard/problems');
await look('notifications', '/dashboard/notifications');
await look('compose', '/dashboard/compose');
await look('devices', '/dashboard/devices');
await look('apps', '/dashboard/apps');
await look('app', await (await page.goto(`${base}/dashboard/apps`), href('article h2 a')));
const key = (await page.locator('.credential h3').first().textContent()).split(' ').pop();
await look('lanes', '/dashboard/connections');
await look('keys', '/dashboard/keys');
await look('people', '/dashboard/people');
await look('audit', '/dashboard/audit');
await look('settings', '/dashboard/settings');

// A device token that nothing is sent to, brought back.
await page.goto(`${base}/dashboard/devices?state=superseded`);
const device = await href('tbody a');
await look('device', device);
await page.goto(base + device);
await page.getByText('Restore it').click();
await page.getByRole('button', { name: 'Restore the device token' }).click();
await page.waitForURL('**done=restored');
await says('restored by hand');

// The key is revoked at Apple's: an incident, seen by the page while it is open, and released by hand.
await page.goto(`${base}/dashboard/incidents`);
const before = await page.locator('tbody tr').count();
await fetch(`${values.control}/v1/keys/${key}`, { method: 'DELETE' });
const writer = await context.newPage();
await writer.goto(`${base}/dashboard/compose`);
await writer.getByLabel('Name of the user').fill('you');
await writer.getByRole('button', { name: 'Send' }).click();
await writer.close();
await page.bringToFront();
await page.locator('tbody tr').nth(before).waitFor();
const incident = await href('tbody a');
await look('incident', incident);
await page.goto(base + incident);
await page.getByText('Release: the fault').click();
await page.getByRole('button', { name: /^Release \d/ }).click();
await page.waitForURL('**touched=**');
await says('The incident is over.');

// Out.
await page.getByRole('button', { name: 'Sign out' }).click();
await page.waitForURL('**/sign-in');
await look('sign-in', '/dashboard/sign-in');
await browser.close();
tell('end');
