// When the library asks again, and when it does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionError, ProblemError, Tidings, TimeoutError } from '../../dist/index.js';

const NOTIFICATION = { to: { users: ['ada'] }, aps: { alert: 'Tea' } };

/** A client of a server that answers so, one after the other; with what was asked, and how long was waited. */
function client(answers, options = {}) {
  const asked = [];
  const waited = [];
  const tidings = new Tidings({
    baseUrl: 'https://push.example.com/tidings/',
    apiKey: 'tid_1_secret',
    pause: async (milliseconds) => void waited.push(milliseconds),
    fetch: async (url, init) => {
      asked.push({ url, ...init, body: init.body instanceof ReadableStream ? await new Response(init.body).text() : init.body });
      const answer = answers[asked.length - 1];
      if (answer instanceof Error) throw answer;
      return answer(init);
    },
    ...options,
  });
  return { tidings, asked, waited };
}

const json = (status, body, headers = {}) => () =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...headers } });
const overloaded = json(503, { type: 'urn:tidings:problem:overloaded', title: 'Too much', detail: 'Later.', hint: 'Wait.' }, { 'retry-after': '3' });
const proxy = (status) => () => new Response('<h1>Bad</h1>', { status, headers: { 'content-type': 'text/html' } });
const accepted = json(202, { id: 'one' });
const broken = new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
const unreachable = new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });

test('a notification is repeated under one key', async () => {
  const { tidings, asked } = client([broken, proxy(502), accepted]);
  assert.equal((await tidings.sendNotification('com.example.app', NOTIFICATION)).id, 'one');
  const keys = asked.map((request) => request.headers.get('idempotency-key'));
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1);
  assert.match(keys[0], /^[0-9a-f-]{36}$/);
  assert.equal(asked[0].url, 'https://push.example.com/tidings/v1/apps/com.example.app/notifications');
});

test('each call has a key of its own, or the one that it is given', async () => {
  const { tidings, asked } = client([accepted, accepted, accepted]);
  await tidings.sendNotification('app', NOTIFICATION);
  await tidings.sendNotification('app', NOTIFICATION);
  await tidings.sendNotification('app', NOTIFICATION, { idempotencyKey: 'order-1' });
  const [one, other, own] = asked.map((request) => request.headers.get('idempotency-key'));
  assert.notEqual(one, other);
  assert.equal(own, 'order-1');
});

test('a request without a key is repeated only when the server has kept nothing of it', async () => {
  const key = { name: 'ci', scopes: ['read'] };
  for (const [answer, error] of [[broken, ConnectionError], [proxy(503), ProblemError], [proxy(502), ProblemError]]) {
    const { tidings, asked } = client([answer, json(201, {})]);
    await assert.rejects(tidings.createApiKey(key), error);
    assert.equal(asked.length, 1);
  }
  for (const answer of [overloaded, proxy(429), unreachable]) {
    const { tidings, asked } = client([answer, json(201, {})]);
    await tidings.createApiKey(key);
    assert.equal(asked.length, 2);
  }
});

test('what is refused is not asked again', async () => {
  for (const answer of [json(422, { type: 'urn:tidings:problem:invalid-field' }), proxy(500), json(502, { type: 'urn:tidings:problem:apns-refused' })]) {
    const { tidings, asked } = client([answer]);
    await assert.rejects(tidings.listApps(), ProblemError);
    assert.equal(asked.length, 1);
  }
});

test('a pause is at least what the server asks for, and random above it', async () => {
  const { tidings, waited } = client([overloaded, overloaded, broken, json(200, { apps: [] })]);
  await tidings.listApps();
  assert.ok(waited[0] >= 3000 && waited[0] <= 3250, String(waited));
  assert.ok(waited[1] >= 3000 && waited[1] <= 3500, String(waited));
  assert.ok(waited[2] >= 0 && waited[2] <= 1000, String(waited));
});

test('a pause that is too long is the problem that it is', async () => {
  const { tidings, asked } = client([json(429, {}, { 'retry-after': '3600' })]);
  await assert.rejects(tidings.listApps(), { status: 429, retryAfterSeconds: 3600 });
  assert.equal(asked.length, 1);
});

test('it gives up after as many attempts as it is told', async () => {
  const { tidings, asked } = client(Array(9).fill(broken), { retries: 2 });
  await assert.rejects(tidings.listApps(), ConnectionError);
  assert.equal(asked.length, 3);
});

test('what an attempt had deleted already is deleted', async () => {
  const gone = json(404, { type: 'urn:tidings:problem:device-not-found' });
  await client([broken, gone]).tidings.forgetDevice('app', '00ff');
  await assert.rejects(client([gone]).tidings.forgetDevice('app', '00ff'), { status: 404 });
});

test('lines that can be read only once are sent only once', async () => {
  const lines = [{ token: '00' }, { token: '01' }];
  const once = client([overloaded]);
  await assert.rejects(once.tidings.importDevices('app', new Set(lines)), { status: 503 });
  assert.equal(once.asked[0].body, '{"token":"00"}\n{"token":"01"}\n');
  const again = client([overloaded, () => new Response('{"summary":{}}\n')]);
  await again.tidings.importDevices('app', lines);
  assert.deepEqual(again.asked.map((request) => request.body), Array(2).fill(once.asked[0].body));
});

test('an attempt that takes too long ends', async () => {
  const never = (init) => new Promise((_resolve, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason)));
  const { tidings, asked } = client([never, never], { retries: 1 });
  await assert.rejects(tidings.listApps({ timeoutMs: 1 }), TimeoutError);
  assert.equal(asked.length, 2);
});

test('a value cannot lead to another place', async () => {
  const { tidings, asked } = client([json(200, {})]);
  await tidings.describeDevice('app', 'a/b?c#d');
  assert.equal(new URL(asked[0].url).pathname, '/tidings/v1/apps/app/devices/a%2Fb%3Fc%23d');
  for (const name of ['..', '.', '']) assert.throws(() => tidings.describeApp(name), TypeError);
});

test('a key or an address that cannot be is refused at once', () => {
  const options = { baseUrl: 'https://push.example.com', apiKey: 'tid_1' };
  assert.throws(() => new Tidings({ ...options, apiKey: 'a\r\nb' }), (error) => !error.message.includes('a\r\nb'));
  assert.throws(() => new Tidings({ ...options, baseUrl: 'file:///etc' }), TypeError);
});
