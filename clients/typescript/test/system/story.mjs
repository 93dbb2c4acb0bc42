// The client and a real server: what the library promises, one thing after the other.
//
// Run by the tests of the binary, with where everything is in the environment. Prints the name of each chapter that came true.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { ConnectionError, ProblemError, Tidings, verifyWebhook, WebhookVerificationError } from 'tidings';

const { TIDINGS_URL, TIDINGS_LOSING_URL, TIDINGS_API_KEY, APP, TOKEN, P8, KEY_ID, TEAM_ID } = process.env;
const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
const pause = async () => {};
const tidings = new Tidings({ baseUrl: TIDINGS_URL, apiKey: TIDINGS_API_KEY });
// Between this one and the server, the first answer to each request is lost, and each stream breaks after one event.
const losing = new Tidings({ baseUrl: TIDINGS_LOSING_URL, apiKey: TIDINGS_API_KEY, pause });

const story = {
  async 'a notification is sent, and its outcome awaited'() {
    const credential = await tidings.uploadCredential(APP, { p8: await readFile(P8, 'utf8'), key_id: KEY_ID, team_id: TEAM_ID });
    assert.equal(credential.form, 'signing_key');
    const device = await tidings.registerDevice(APP, TOKEN, { user_id: 'ada', environment: 'sandbox', tags: ['tea'] });
    assert.equal(device.action, 'ok');
    assert.equal((await tidings.describeApp(APP)).bundle_id, APP);

    const events = await tidings.streamEvents();
    const { id } = await tidings.sendNotification(APP, { to: { users: ['ada'] }, aps: { alert: 'Tea' } });
    for await (const event of events) {
      if (event.type !== 'notification.finished' || event.subject !== id) continue;
      assert.equal(event.data.counts.delivered, 1);
      break;
    }
    assert.equal((await tidings.describeNotification(APP, id)).state, 'finished');
  },

  async 'many devices are imported from a stream, and listed page by page'() {
    async function* lines() {
      for (let number = 0; number < 2500; number += 1) yield { token: `aa${number.toString(16).padStart(6, '0')}`, tags: ['many'] };
      yield { token: 'no token' };
    }
    const answer = await tidings.importDevices(APP, lines());
    const [refused, end] = answer;
    assert.equal(answer.length, 2);
    assert.equal(refused.line, 2501);
    assert.equal(refused.problem.type, 'urn:tidings:problem:invalid-device-token');
    assert.equal(end.summary.created, 2500);

    const tokens = new Set();
    for await (const device of tidings.iterateDevices(APP, { tag: 'many', limit: 1000 })) tokens.add(device.token);
    assert.equal(tokens.size, 2500);
    const page = await tidings.listDevices(APP, { tag: 'many', limit: 10 });
    assert.equal(page.devices.length, 10);
    assert.ok(page.next_cursor);
  },

  async 'of a batch, each line is accepted or refused by itself'() {
    const good = { to: { tokens: ['aa000000'] }, aps: { alert: 'Tea' }, send_at: tomorrow };
    const answer = await tidings.sendNotifications(APP, [good, { to: {}, aps: { alert: 'Tea' } }, good]);
    assert.deepEqual(answer.map((line) => ['id' in line, line.line]), [[true, 1], [false, 2], [true, 3]]);
  },

  async 'a lost answer is asked for again, and nothing happens twice'() {
    await losing.registerDevice(APP, 'bb01', { user_id: 'grace' });
    const body = { to: { users: ['grace'] }, aps: { alert: 'Once' }, send_at: tomorrow };
    const { id } = await losing.sendNotification(APP, body);
    const lines = await losing.sendNotifications(APP, [body, body]);
    assert.deepEqual(lines.map((line) => line.replayed), [true, true]);
    const sent = [];
    for await (const notification of losing.iterateNotifications(APP, { limit: 2 })) sent.push(notification.id);
    assert.deepEqual(sent.filter((one) => [id, ...lines.map((line) => line.id)].includes(one)).length, 3);
    assert.equal(sent.length, 1 + 2 + 3, 'nothing was sent twice');
    await losing.forgetDevice(APP, 'bb01');
    await assert.rejects(losing.describeDevice(APP, 'bb01'), { status: 404 });
  },

  async 'what might happen twice is not repeated'() {
    const name = 'made once';
    await assert.rejects(losing.createApiKey({ name, scopes: ['read'] }), ConnectionError);
    const { api_keys } = await tidings.listApiKeys();
    assert.equal(api_keys.filter((key) => key.name === name).length, 1);
  },

  async 'an event stream that breaks goes on where it was'() {
    const stream = await losing.streamEvents({ after: 0 });
    const through = [];
    for await (const event of stream) {
      through.push(event.id);
      if (through.length === 3) break;
    }
    const direct = [];
    for await (const event of await tidings.streamEvents({ after: 0 })) {
      direct.push(event.id);
      if (direct.length === 3) break;
    }
    assert.deepEqual(through, direct);
  },

  async 'a stream that begins now misses nothing before its first event'() {
    const stream = await losing.streamEvents({ app: APP });
    await tidings.registerDevice(APP, 'cc01');
    await tidings.forgetDevice(APP, 'cc01');
    const event = (await stream.next()).value;
    assert.equal(event.type, 'device.forgotten');
    await stream.return();
  },

  async 'a problem says what is wrong and what to do'() {
    await assert.rejects(tidings.registerDevice(APP, 'xyz'), (error) => {
      assert.ok(error instanceof ProblemError);
      assert.equal(error.type, 'urn:tidings:problem:invalid-device-token');
      assert.equal(error.status, 422);
      assert.match(error.hint, /hexadecimal/);
      return true;
    });
    await assert.rejects(tidings.describeApp('com.example.unknown'), { type: 'urn:tidings:problem:app-not-found' });
    const stranger = new Tidings({ baseUrl: TIDINGS_URL, apiKey: 'tid_wrong_key' });
    await assert.rejects(stranger.listApps(), (error) => {
      assert.equal(error.status, 401);
      assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes('tid_wrong_key'));
      return true;
    });
  },

  async 'the key is not shown'() {
    for (const text of [inspect(tidings, { depth: 9, showHidden: true }), JSON.stringify(tidings), String(tidings)]) {
      assert.ok(!text.includes(TIDINGS_API_KEY));
    }
  },

  async 'a signal ends a call and a stream'() {
    const abort = new AbortController();
    const stream = await tidings.streamEvents({}, { signal: abort.signal });
    const next = stream.next();
    abort.abort(new Error('enough'));
    await assert.rejects(next, /enough/);
    await assert.rejects(tidings.listApps({ signal: abort.signal }), /enough/);
  },

  async 'a webhook is verified, and a changed one is not'() {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { id, secret } = await tidings.createWebhook({ url: `http://127.0.0.1:${server.address().port}/` });
    const [test, [request, response]] = await Promise.all([tidings.testWebhook(id), receive(server)]);
    assert.equal(test.delivered, true);
    const { headers, body } = request;
    assert.equal((await verifyWebhook(secret, headers, body)).type, 'webhook.test');
    assert.equal((await verifyWebhook(['whsec_AAAA', secret], new Headers(headers), body)).type, 'webhook.test');
    await assert.rejects(verifyWebhook(secret, headers, body.replace('webhook', 'Webhook')), WebhookVerificationError);
    await assert.rejects(verifyWebhook('whsec_AAAA', headers, body), WebhookVerificationError);
    await assert.rejects(verifyWebhook(secret, headers, body, { now: Date.now() + 301_000 }), WebhookVerificationError);
    assert.equal(response, 204);
    await tidings.removeWebhook(id);
    server.close();
    server.closeAllConnections();
  },
};

async function receive(server) {
  const [request, response] = await once(server, 'request');
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  response.writeHead(204).end();
  return [{ headers: request.headers, body: Buffer.concat(pieces).toString() }, 204];
}

const late = setTimeout(() => process.exit(3), 90_000);
for (const [name, chapter] of Object.entries(story)) {
  await chapter();
  console.log(name);
}
clearTimeout(late);
