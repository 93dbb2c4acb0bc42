// Walks through the dashboards of two running demos in a real browser, and prints what is wrong, a JSON line each; the last
// line says that it came to its end. Nothing may be inline (the browser says so on its console), nothing may reach beyond the
// width, and axe may find nothing, in light and dark, wide and narrow. On its way it takes the pictures for the book.
//
//   node walk.mjs --link URL --control URL --first URL --pictures FOLDER [--shots FOLDER]
//
// `--first` opens the empty demo, in which the way to the first push is walked.

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values } = parseArgs({
  options: {
    link: { type: 'string' },
    control: { type: 'string' },
    first: { type: 'string' },
    pictures: { type: 'string' },
    shots: { type: 'string' },
  },
});
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const tell = (what, details = {}) => console.log(JSON.stringify({ what, ...details }));
const FIRST_LOAD_BYTES = 120 * 1024;
const PICTURE_BYTES = 60 * 1024;
const PASSWORD = 'a horse eats correct staples';

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});

/** Somebody's browser: what goes wrong in it is told. */
async function visitor() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => tell('script error', { at: page.url(), error: error.message }));
  page.on('dialog', (dialog) => {
    tell('dialog', { at: page.url(), text: dialog.message() });
    dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error') tell('console', { at: page.url(), text: message.text() });
  });
  return page;
}

let page = await visitor();
let base = new URL(values.link).origin;

// To look at all of it, all four ways; to find what is wrong, each of light, dark, wide and narrow once is enough.
const ways = values.shots
  ? [['light', 1280], ['light', 390], ['dark', 1280], ['dark', 390]]
  : [['light', 1280], ['dark', 390]];

/** Looks at a page in these ways; without a path, at the one that is shown. */
async function look(name, path) {
  for (const [colorScheme, width] of ways) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    if (path) await page.goto(base + path);
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
  await asUsual();
}

async function asUsual() {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** Takes the pictures of the page that is shown, for the book. */
async function picture(name) {
  const session = await page.context().newCDPSession(page);
  await page.setViewportSize({ width: 1180, height: 760 });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    let bytes = Buffer.alloc(PICTURE_BYTES);
    for (let quality = 72; quality > 20 && bytes.length >= PICTURE_BYTES; quality -= 8) {
      const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality });
      bytes = Buffer.from(data, 'base64');
    }
    if (bytes.length >= PICTURE_BYTES) tell('picture too large', { name, colorScheme, bytes: bytes.length });
    writeFileSync(join(values.pictures, `${name}-${colorScheme}.webp`), bytes);
  }
  await session.detach();
  await asUsual();
}

/** What the first look at a page costs on the wire, all that it loads together. */
async function weigh(path) {
  const session = await page.context().newCDPSession(page);
  let bytes = 0;
  session.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await page.goto(base + path, { waitUntil: 'load' });
  await page.waitForTimeout(300);
  await session.detach();
  must(bytes > 10_000, `all of ${path} was weighed: ${bytes} bytes`);
  if (bytes > FIRST_LOAD_BYTES) tell('too heavy', { path, bytes });
}

const href = (selector) => page.locator(selector).first().getAttribute('href');
const must = (is, what) => { if (!is) tell('missing', { what, at: page.url() }); };
const says = async (text) => must(await page.getByText(text).first().isVisible(), text);
const press = (name) => page.getByRole('button', { name }).first().click();
const at = (heading) => page.getByRole('heading', { name: heading }).first().waitFor();

/** Signs in by a link. */
async function enter(link) {
  await page.goto(link);
  await press('Sign in');
  await page.waitForURL('**/dashboard');
}

// The way to the first push, in an empty server: from the key to what the phone shows.
base = new URL(values.first).origin;
await enter(values.first);
await weigh('/dashboard');
await at('The way to the first push');
await look('first-steps', '/dashboard');
const download = page.getByRole('link', { name: /^Download AuthKey_/ });
const [fileName, keyPath] = [await download.getAttribute('download'), await download.getAttribute('href')];
const key8 = await (await page.request.get(base + keyPath)).body();
await page.getByRole('link', { name: 'com.example.first' }).click();
await page.getByLabel('Drop a .p8').setInputFiles({ name: fileName, mimeType: 'application/x-pem-file', buffer: key8 });
await page.getByLabel('Team id').fill('FIRSTSTEPS');
await press('Add it');
await page.waitForURL('**done=added');
await page.goto(`${base}/dashboard`);
await press('Start the app on a phone');
await page.getByText('Nothing has come yet').waitFor();
await page.getByRole('link', { name: 'Compose' }).last().click();
await press('Send');
await page.waitForURL('**/notifications/**');
await at('1 delivered');
await page.goto(`${base}/dashboard`);
await at('Your first push was delivered');
await page.locator('.first .banner').first().waitFor();
await look('first-push', '/dashboard');
await picture('first-push');
await page.context().close();

// In, to one that is full of life.
page = await visitor();
base = new URL(values.link).origin;
await enter(values.link);
await weigh('/dashboard');

// By keyboard: the first stop leads to the content.
await page.keyboard.press('Tab');
must(await page.locator('.skip').evaluate((skip) => skip === document.activeElement), 'the way to the content');

/** Composes an alert for a user, and waits on its page. */
async function compose(title, body) {
  await page.goto(`${base}/dashboard/compose`);
  const payload = { aps: { alert: { title, body }, badge: 3, sound: 'default' } };
  await page.getByLabel('Payload, as JSON').fill(JSON.stringify(payload, null, 2));
  await page.getByLabel('Name of the user').fill('you');
  return page;
}

// A notification to a phone, and one that would be more than text.
await compose('Tea is ready', 'The kettle has been on for four minutes.');
await page.locator('#reading .banner .title').getByText('Tea is ready').waitFor();
await picture('compose');
await press('Send');
await page.waitForURL('**/notifications/**');
await at('1 delivered');
await picture('notification');
await look('notification', new URL(page.url()).pathname);
await compose('<script>alert(1)</script>\u001b[31m\u202Etxt', '<img src=x onerror=alert(1)>');
await page.locator('#reading .banner .title').getByText('<script>alert(1)</script>⟨U+001B⟩[31m⟨U+202E⟩txt').waitFor();
await press('Send');
await page.waitForURL('**/notifications/**');
await at('1 delivered');
must((await page.locator('main script, main img').count()) === 0, 'hostile titles stay text');
await look('hostile', new URL(page.url()).pathname);

// Every page.
await look('overview', '/dashboard');
await page.goto(`${base}/dashboard`);
await picture('overview');
await look('problems', '/dashboard/problems');
await page.goto(`${base}/dashboard/problems`);
await picture('problems');
await look('notifications', '/dashboard/notifications');
await look('compose', '/dashboard/compose');
await look('devices', '/dashboard/devices');
await look('apps', '/dashboard/apps');
await look('app', await (await page.goto(`${base}/dashboard/apps`), href('article h2 a')));
await picture('app');
const key = (await page.locator('.credential h3').first().textContent()).split(' ').pop();
await look('lanes', '/dashboard/connections');
await look('keys', '/dashboard/keys');
await look('audit', '/dashboard/audit');
await look('settings', '/dashboard/settings');

// A list as a file.
for (const list of ['devices', 'notifications']) {
  await page.goto(`${base}/dashboard/${list}`);
  const [file] = await Promise.all([page.waitForEvent('download'), press('As CSV')]);
  must(/^(devices|notifications)-[\w.]+\.csv$/.test(file.suggestedFilename()), `${list} as a file`);
}

// A webhook: made, tried, refused once by its receiver, sent to again.
let answers = [];
const receiver = createServer((request, response) => {
  request.resume();
  const [status, body] = answers.shift() ?? [204, ''];
  response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
});
await new Promise((done) => receiver.listen(0, '127.0.0.1', done));
const url = `http://127.0.0.1:${receiver.address().port}/hooks/tidings`;
await look('webhooks-none', '/dashboard/webhooks');
await page.goto(`${base}/dashboard/webhooks`);
await page.getByLabel('Where events are sent').fill(url);
await page.getByLabel('What people call it').fill('Operations room');
await press('Make it');
await page.getByText('shown this once').waitFor();
must((await page.locator('#made').textContent()).startsWith('whsec_'), 'the secret');
await look('webhook-made');
const webhook = new URL(await page.locator('form[action$="/test"]').first().evaluate((form) => form.action)).pathname.replace('/test', '');
answers = [[503, 'The database is <b>asleep</b>.']];
await page.goto(base + webhook);
await press('Send a test event');
await says('The receiver did not take it: 503');
await says('The database is <b>asleep</b>.');
await look('webhook-tried');
await press('Send a test event');
await says('The receiver took it: 204');
answers = [[500, 'Something broke: see the log.']];
await compose('Biscuits', 'They are on the table.');
await press('Send');
await page.waitForURL('**/notifications/**');
await at('1 delivered');

// A device token that nothing is sent to, brought back: an event, too.
await page.goto(`${base}/dashboard/devices?state=superseded`);
const device = await href('tbody a');
await look('device', device);
await page.goto(base + device);
await page.getByText('Restore it').click();
await press('Restore the device token');
await page.waitForURL('**done=restored');
await says('restored by hand');
await picture('device');

// What became of that event.
const delivery = async () => {
  for (let looks = 0; looks < 100; looks += 1) {
    await page.goto(base + webhook);
    const found = await page.locator('tbody tr').evaluateAll((rows) => {
      const attempts = (row) => Number(row.querySelector('[data-name=Attempts]').textContent);
      const row = rows.find((one) => one.textContent.includes('500 in') || attempts(one) > 1);
      return row?.querySelector('a').getAttribute('href');
    });
    if (found) return found;
    await page.waitForTimeout(50);
  }
  tell('missing', { what: 'a delivery that was refused' });
  return webhook;
};
const refused = await delivery();
await look('delivery', refused);
await page.goto(base + refused);
await says('Something broke: see the log.');
await look('webhook', webhook);
await page.goto(base + webhook);
await picture('webhook');
await look('webhooks', '/dashboard/webhooks');
await page.goto(base + webhook);
await page.locator('summary', { hasText: 'Another secret' }).click();
await press('Make another secret');
must((await page.locator('#made').textContent()).startsWith('whsec_'), 'the other secret');
await page.locator('summary', { hasText: 'Change it' }).click();
await page.locator('summary', { hasText: 'Which events' }).click();
await page.getByLabel('incident.opened').check();
await look('webhook-change');
await page.locator('form[action$="/change"] button').click();
await page.waitForURL('**done=changed');
await says('incident.opened');
await press('Disable it');
await page.waitForURL('**done=disabled');
await press('Enable it');
await page.waitForURL('**done=enabled');

// The key is revoked at Apple's: an incident, seen by the page while it is open, and released by hand.
await page.goto(`${base}/dashboard/incidents`);
const before = await page.locator('tbody tr').count();
await fetch(`${values.control}/v1/keys/${key}`, { method: 'DELETE' });
const writer = await page.context().newPage();
await writer.goto(`${base}/dashboard/compose`);
await writer.getByLabel('Name of the user').fill('you');
await writer.getByRole('button', { name: 'Send' }).click();
await writer.close();
await page.bringToFront();
await page.locator('tbody tr').nth(before).waitFor();
await look('incidents', '/dashboard/incidents');
await page.goto(`${base}/dashboard/incidents`);
const incident = await href('tbody a');
await look('incident', incident);
await page.goto(base + incident);
await picture('incident');
await page.getByText('Release: the fault').click();
await press(/^Release \d/);
await page.waitForURL('**touched=**');
await says('The incident is over.');

// People: a password, a link for somebody, whose session is ended again.
await page.goto(`${base}/dashboard/account`);
await page.getByLabel('The new one', { exact: true }).fill(PASSWORD);
await page.getByLabel('The new one again').fill(PASSWORD);
await press('Set it');
await page.waitForURL('**done=password');
await look('account', '/dashboard/account');
await page.goto(`${base}/dashboard/people`);
await page.getByLabel('What the audit log will call them').fill('Ada Lovelace');
await press('Make the link');
const invitation = await page.locator('#made').textContent();
const ada = await visitor();
await ada.goto(invitation);
await ada.getByRole('button', { name: 'Sign in' }).click();
await ada.waitForURL('**/dashboard');
await look('people', '/dashboard/people');
await page.goto(`${base}/dashboard/people`);
await says('Ada Lovelace');
await picture('people');
await page.getByRole('row', { name: /Ada Lovelace/ }).getByRole('button', { name: /^End it/ }).last().click();
await page.waitForURL('**done=ended');
await ada.goto(`${base}/dashboard/account`);
must(ada.url().includes('/sign-in'), 'the end of a session');
await ada.context().close();

// Out, and in again by the password.
const name = (await page.locator('.who p bdi').first().textContent()).trim();
await press('Sign out');
await page.waitForURL('**/sign-in');
await look('sign-in', '/dashboard/sign-in');
await page.goto(`${base}/dashboard/sign-in`);
await page.getByLabel('Name').fill(name);
await page.getByLabel('Password').fill('not the password at all');
await press('Sign in');
await says('No one here has this name and this password.');
await page.getByLabel('Name').fill(name);
await page.getByLabel('Password').fill(PASSWORD);
await press('Sign in');
await page.waitForURL('**/dashboard');
receiver.close();
await browser.close();
tell('end');
