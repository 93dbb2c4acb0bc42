// Sends by apns2, which knows Apple's two host names and port 443 only, and no certificates.

import { readFileSync } from 'node:fs';

import { detour } from './detour.mjs';
import { job, report, tokensOf } from './job.mjs';

const CLIENT = 'apns2';

const wanted = job();
detour(wanted.url, wanted.ca);
// Only now, so that what it is built on sees the detour.
const { ApnsClient, ApnsError, Host, Notification } = await import('apns2');

const client = new ApnsClient({
  team: wanted.teamId,
  keyId: wanted.keyId,
  signingKey: readFileSync(wanted.key),
  defaultTopic: wanted.topic,
  host: wanted.environment === 'production' ? Host.production : Host.development,
});

for await (const token of tokensOf(wanted)) {
  try {
    await client.send(notification(token, wanted));
    report(CLIENT, token, { status: 200 });
  } catch (error) {
    report(CLIENT, token, answer(error));
  }
}
await client.destroy();

function notification(token, { pushType, priority, payload }) {
  const { aps, ...data } = payload;
  return new Notification(token, { type: pushType, priority, aps, data });
}

function answer(error) {
  if (!(error instanceof ApnsError)) return { error: error.message };
  return { status: error.statusCode, reason: error.reason, timestamp: error.timestamp ?? null };
}
