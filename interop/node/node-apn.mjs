// Sends by @parse/node-apn, which can be given an address, a port and an authority of its own.

import apn from '@parse/node-apn';

import { job, report, tokensOf } from './job.mjs';

const CLIENT = '@parse/node-apn';

const wanted = job();
const goaways = [];
const provider = new apn.Provider({ ...credential(wanted), ...destination(wanted) });
provider.client.setLogger(disabled(), listening(goaways));

for await (const token of tokensOf(wanted)) {
  const { sent, failed } = await provider.send(notification(wanted), token);
  for (const accepted of sent) report(CLIENT, token, { status: 200, apns_id: accepted['apns-id'] ?? null });
  for (const rejected of failed) report(CLIENT, token, answer(rejected));
}
await provider.shutdown();

function credential({ key, keyId, teamId, cert, certKey }) {
  return key ? { token: { key, keyId, teamId } } : { cert, key: certKey };
}

function destination({ url, environment, ca }) {
  return {
    address: url.hostname,
    port: Number(url.port),
    ca,
    production: environment === 'production',
    requestTimeout: 10_000,
    // No repeats: what APNs says is to be seen.
    connectionRetryLimit: 0,
  };
}

function notification({ topic, pushType, priority, payload }) {
  const { aps, ...rest } = payload;
  const notification = new apn.Notification({ topic, pushType, priority, rawPayload: { aps, ...rest } });
  return notification;
}

function answer({ status, response, error, 'apns-id': apnsId }) {
  const closed = goaways.at(-1);
  return {
    status: Number.isInteger(status) ? status : null,
    apns_id: apnsId ?? null,
    // This library makes an error, not a response, of what it has a use for itself.
    reason: response?.reason ?? (Number.isInteger(status) ? error?.message : null) ?? null,
    timestamp: response?.timestamp ?? null,
    error: error && !Number.isInteger(status) ? [error.message, closed].filter(Boolean).join('; ') : null,
  };
}

function disabled() {
  return Object.assign(() => {}, { enabled: false });
}

/** The library tells of a GOAWAY only by its log. */
function listening(lines) {
  return Object.assign((line) => line.startsWith('GOAWAY') && lines.push(line), { enabled: true });
}
