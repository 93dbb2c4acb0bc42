// What the clients of this folder have in common: their arguments, and the lines that they print.
// The arguments are the same as those of the clients in Python and Rust (see ../README.md).

import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

/** The arguments: what to send, to whom, and as whom. */
export function job() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      environment: { type: 'string', default: 'production' },
      ca: { type: 'string' },
      key: { type: 'string' },
      'key-id': { type: 'string' },
      'team-id': { type: 'string' },
      cert: { type: 'string' },
      'cert-key': { type: 'string' },
      topic: { type: 'string' },
      token: { type: 'string', multiple: true, default: [] },
      'push-type': { type: 'string', default: 'alert' },
      priority: { type: 'string', default: '10' },
      payload: { type: 'string', default: '{"aps":{"alert":"Hello"}}' },
      step: { type: 'boolean', default: false },
    },
  });
  for (const name of ['url', 'ca', 'topic']) {
    if (!values[name]) throw new Error(`--${name} is missing`);
  }
  if (!['production', 'sandbox'].includes(values.environment)) {
    throw new Error(`--environment is ${values.environment}: it can be production or sandbox`);
  }
  return {
    url: new URL(values.url),
    environment: values.environment,
    ca: values.ca,
    key: values.key,
    keyId: values['key-id'],
    teamId: values['team-id'],
    cert: values.cert,
    certKey: values['cert-key'],
    topic: values.topic,
    tokens: values.token,
    pushType: values['push-type'],
    priority: Number(values.priority),
    payload: JSON.parse(values.payload),
    step: values.step,
  };
}

/** The device tokens one by one; with --step, each but the first after a line (or the end) of the standard input. */
export async function* tokensOf({ tokens, step }) {
  const input = step ? createInterface({ input: process.stdin }) : null;
  const lines = input?.[Symbol.asyncIterator]();
  for (const [number, token] of tokens.entries()) {
    if (number > 0) await lines?.next();
    yield token;
  }
  input?.close();
}

/** Prints the line for one device token. */
export function report(client, token, answer) {
  const line = { client, token, status: null, apns_id: null, reason: null, timestamp: null, error: null, ...answer };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
