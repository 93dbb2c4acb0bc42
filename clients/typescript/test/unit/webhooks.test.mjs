// Messages of webhooks: the example of Standard Webhooks, and what is wrong with others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyWebhook, WebhookVerificationError } from '../../dist/index.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = '{"test": 2432232314}';
const NOW = { now: 1614265330_000 };
const HEADERS = {
  'Webhook-Id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

test('the example of the specification is good', async () => {
  assert.deepEqual(await verifyWebhook(SECRET, HEADERS, BODY, NOW), { test: 2432232314 });
  assert.deepEqual(await verifyWebhook(SECRET, new Headers(HEADERS), new TextEncoder().encode(BODY), NOW), { test: 2432232314 });
});

test('one good signature among others is enough', async () => {
  const signatures = `v1,AAAA v1a,${HEADERS['webhook-signature'].slice(3)} v1,%%% ${HEADERS['webhook-signature']}`;
  await verifyWebhook(SECRET, { ...HEADERS, 'webhook-signature': signatures }, BODY, NOW);
});

test('no bit may be another', async () => {
  const bytes = new TextEncoder().encode(BODY);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = bytes.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    await assert.rejects(verifyWebhook(SECRET, HEADERS, changed, NOW), WebhookVerificationError);
  }
  for (const [name, value] of [['Webhook-Id', 'msg_other'], ['webhook-timestamp', '1614265331'], ['webhook-signature', 'v1,'], ['webhook-signature', '']]) {
    await assert.rejects(verifyWebhook(SECRET, { ...HEADERS, [name]: value }, BODY, NOW), WebhookVerificationError);
  }
});

test('its time must be near', async () => {
  for (const [seconds, isGood] of [[300, true], [-300, true], [301, false], [-301, false]]) {
    const verifying = verifyWebhook(SECRET, HEADERS, BODY, { now: NOW.now + seconds * 1000 });
    await (isGood ? verifying : assert.rejects(verifying, WebhookVerificationError));
  }
  await assert.rejects(verifyWebhook(SECRET, { ...HEADERS, 'webhook-timestamp': 'Infinity' }, BODY, NOW), WebhookVerificationError);
});

test('a secret that is none is a mistake of ours', async () => {
  for (const secret of ['', 'whsec_', 'whsec_%']) await assert.rejects(verifyWebhook(secret, HEADERS, BODY, NOW), TypeError);
});
