// Walks through the dashboards of two running demos in a real browser, and prints what is wrong, a JSON line each; the last
// line says that it came to its end, and at which pages it has looked. Nothing may be inline (the browser says so on its
// console), nothing may reach beyond the width, and axe may find nothing, in light and dark, wide and narrow. On its way it
// takes the pictures for the book.
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
const PATIENCE_MS = values.shots ? 200_000 : 150_000;
const PASSWORD = 'a horse eats correct staples';

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});

// A browser that hangs is told of, and where, before whoever started the walk loses patience.
let page;
let last = 'the beginning';
const hung = setTimeout(() => {
  tell('it hangs', { after: last, at: page?.url() });
  process.exit(1);
}, PATIENCE_MS);

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
    if (message.type() === 'error' && !(isRefused && /status of 4\d\d/.test(message.text()))) tell('console', { at: page.url(), text: message.text() });
  });
  return page;
}

/** Whether a refusal is what is wanted: its status is no news then. */
let isRefused = false;
page = await visitor();
let base = new URL(values.link).origin;

// To look at all of it, all four ways; to find what is wrong, each of light, dark, wide and narrow once is enough.
const ways = values.shots
  ? [['light', 1280], ['light', 390], ['dark', 1280], ['dark', 390]]
  : [['light', 1280], ['dark', 390]];

/** The paths of the pages that were looked at. */
const lookedAt = new Set();

/** Looks at a page in these ways; without a path, at the one that is shown. */
async function look(name, path) {
  last = name;
  for (const [colorScheme, width] of ways) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    if (path) await page.goto(base + path);
    lookedAt.add(new URL(page.url()).pathname);
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
  last = `the picture of ${name}`;
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
await page.locator('#reading .banner').getByText('The kettle has been on').waitFor();
await picture('compose');
await page.getByLabel('Push type').selectOption('voip');
await page.locator('#reading').getByText(/of 5\s120 bytes/).waitFor();
await page.getByLabel('Push type').selectOption('alert');
await press('Send');
await page.waitForURL('**/notifications/**');
await at('1 delivered');
must((await page.getByText('Cancel what is not sent').count()) === 0, 'nothing is left to be cancelled');
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
await page.goto(`${base}/dashboard/compose`);
const written = page.getByLabel('Payload, as JSON');
await page.getByLabel('Push type').selectOption('background');
must((await written.inputValue()).includes('content-available'), 'another push type has another example');
await written.fill('{"aps":{"alert":"Mine"}}');
await page.getByLabel('Push type').selectOption('alert');
must((await written.inputValue()).includes('Mine'), 'what somebody has written stays');
await look('devices', '/dashboard/devices');
await look('apps', '/dashboard/apps');
await look('app', await (await page.goto(`${base}/dashboard/apps`), href('article h2 a')));
await picture('app');
const app = (await page.locator('h1').textContent()).trim();
const key = (await page.locator('.credential h3').first().textContent()).split(' ').pop();
await look('lanes', '/dashboard/connections');
await look('keys', '/dashboard/keys');
await look('audit', '/dashboard/audit');
await look('settings', '/dashboard/settings');
await page.goto(`${base}/dashboard/settings`);
await says('the demo');

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

/** Gives the simulator an order. */
async function order(method, path, body) {
  const headers = { 'content-type': 'application/json' };
  last = `${method} ${path} of the simulator`;
  const signal = AbortSignal.timeout(20_000);
  const answer = await fetch(values.control + path, { method, headers, signal, body: body && JSON.stringify(body) });
  must(answer.ok, `${method} ${path} of the simulator: ${answer.status}`);
  const text = await answer.text();
  return text ? JSON.parse(text) : undefined;
}

/** APNs refuses a notification to all members, and goes on refusing; its address, and what lifts the fault. */
async function failForMembers(title, reason) {
  const { fault_id: fault } = await order('POST', '/v1/faults', { kind: 'status', status: 422, reason });
  await compose(title, 'The shop opens at nine.');
  await page.getByLabel('Whom').selectOption('tag');
  await page.getByLabel('Name of the user').fill('members');
  await page.getByLabel('To many').fill(app);
  await press('Send');
  await page.waitForURL('**/notifications/**');
  await at('20 refused');
  return { address: new URL(page.url()).pathname, lift: () => order('DELETE', `/v1/faults/${fault}`) };
}

/** The entry of a cause on the page of problems, reached from wherever one is. */
async function problem(cause) {
  await page.getByRole('link', { name: 'Problems' }).first().click();
  await at('Problems, by their cause');
  return page.locator('article.problem').filter({ has: page.getByRole('heading', { name: cause }) });
}

/** Has it found out to whom what failed for a cause can be sent again. */
async function planned(cause) {
  const entry = await problem(cause);
  await entry.locator('summary', { hasText: 'Send it again, carefully' }).click();
  await entry.getByRole('button', { name: 'Find out for whom' }).click();
}

/** The button of the next step. */
const step = (recipients) => page.getByRole('button', { name: `Send again to ${recipients} recipients`, exact: true });
const shows = (text) => page.getByText(text).first().waitFor();

// What failed for one cause, looked at, and sent again: ten, a tenth, the rest. The page follows by itself.
const failed = await failForMembers('Opening hours', 'KettleEmpty');
await failed.lift();
const [recipients] = await Promise.all([
  page.waitForEvent('download'),
  page.getByRole('link', { name: 'As CSV' }).click(),
]);
must(recipients.suggestedFilename().endsWith('.csv'), 'the recipients as a file');
await recipients.path();
await page.goto(base + failed.address);
await look('notification-failed', failed.address);
const entry = await problem('422 KettleEmpty');
must((await entry.textContent()).includes('20 recipients'), 'the size of a problem');
await entry.locator('summary', { hasText: 'Examples' }).click();
must((await entry.locator('.examples li').count()) === 10, 'ten examples');
await entry.locator('summary', { hasText: 'Send it again, carefully' }).click();
await look('problems-opened');
await entry.locator('.examples a', { hasText: 'notification' }).first().click();
await page.waitForURL(`**${failed.address}`);
await planned('422 KettleEmpty');
await page.waitForURL('**/dashboard/replays/*');
const replay = new URL(page.url()).pathname;
await shows('Nothing was sent yet. The first step is for 10.');
await look('replay-planned', replay);
await step(10).click();
await step(2).waitFor();
await look('replay-under-way');
await (await problem('422 KettleEmpty')).getByRole('link', { name: 'It is being sent again, carefully' }).click();
await step(2).click();
await step(8).click();
await shows('All of it was sent again.');
const delivered = await page.locator('tbody [data-name=Delivered]').allTextContents();
must(delivered.map((text) => text.trim()).join() === '10,2,8', `each step arrived: ${delivered}`);
must((await page.locator('#live button').count()) === 0, 'the end of a replay');
await look('replay', replay);
await page.getByRole('link', { name: 'Notifications' }).first().click();
await page.locator('tbody a').first().click();
await page.getByRole('link', { name: 'a plan' }).waitFor();
await look('notification-replayed');
await page.getByRole('link', { name: 'a plan' }).click();
await page.waitForURL(`**${replay}`);
isRefused = true;
await planned('422 KettleEmpty');
await shows('20 were sent again before');
await look('refusal');
isRefused = false;

// Another, that fails again: nobody else is bothered, and it is stopped.
const again = await failForMembers('Summer hours', 'SamovarCold');
await planned('422 SamovarCold');
await page.waitForURL('**/dashboard/replays/*');
await step(10).click();
await shows('Too much of the last step failed again');
must((await page.getByRole('button', { name: /^Send again to/ }).count()) === 0, 'no step after a bad one');
await look('replay-badly');
await again.lift();
await page.locator('summary', { hasText: 'Stop' }).click();
await press('Send no more of it');
await shows('It was stopped.');
await look('replay-stopped');

// Another app: its key, which is good for the sandbox only, is read, added, asked about at Apple's, and removed.
await order('POST', '/v1/apps', { team_id: 'TEAHOUSE01', bundle_id: 'com.example.tearoom' });
const made = await order('POST', '/v1/keys', { team_id: 'TEAHOUSE01', environments: ['sandbox'] });
await page.getByRole('link', { name: 'Apps and credentials' }).first().click();
await page.getByLabel('Bundle id').fill('com.example.tearoom');
await press('Go on to its credential');
await at('com.example.tearoom');
await look('app-new');
const keyFile = { name: `AuthKey_${made.key_id}.p8`, mimeType: 'application/x-pem-file', buffer: Buffer.from(made.private_key_pem) };
const choose = async () => {
  await page.getByLabel('Drop a .p8').setInputFiles(keyFile);
  await page.getByLabel('Team id').fill('TEAHOUSE01');
  await page.keyboard.press('Tab');
};
await choose();
await page.locator('#credential-reading').getByText(made.key_id).waitFor();
await look('app-reading');
await press('Only read it');
await at('What the doctor reads in the file');
await look('credential-read');
await page.getByRole('link', { name: 'Back to the app, to add it' }).click();
await choose();
await press('Add it');
await page.waitForURL('**done=added');
await press('Ask APNs about it');
await at(`What APNs says of signing key ${made.key_id}`);
const opinion = (environment) => page.locator('section.card').filter({ has: page.getByRole('heading', { name: environment }) });
must((await opinion('Production').textContent()).includes('What to do.'), 'production refuses the key');
must(!(await opinion('Sandbox').textContent()).includes('What to do.'), 'the sandbox takes the key');
await look('probe');
await page.getByRole('link', { name: 'Back to the app' }).click();
await page.locator('summary', { hasText: 'Remove' }).click();
await press(/^Remove /);
await shows('There is none: nothing can be sent.');

// The key is revoked at Apple's: an incident, seen by the page while it is open, and released by hand.
await page.goto(`${base}/dashboard/incidents`);
const before = await page.locator('tbody tr').count();
await order('DELETE', `/v1/keys/${key}`);
// In a window of its own: a page behind another tab does not look for news.
const elsewhere = await browser.newContext({ storageState: await page.context().storageState() });
const writer = await elsewhere.newPage();
writer.setDefaultTimeout(20_000);
await writer.goto(`${base}/dashboard/compose`);
await writer.getByLabel('Name of the user').fill('you');
await writer.getByRole('button', { name: 'Send' }).click();
await writer.waitForURL('**/notifications/**');
await elsewhere.close();
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
// To a page that does not ask for news by itself: it would be refused between the end of the session and her next step.
await ada.goto(`${base}/dashboard/account`);
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
clearTimeout(hung);
tell('end', { pages: [...lookedAt].sort() });
