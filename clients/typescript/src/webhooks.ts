// Messages of webhooks, verified by the rules of Standard Webhooks.

import { WebhookVerificationError } from './errors.js';
import type { KnownEvent } from './types.js';

/** How strictly a message is verified. */
export interface VerifyOptions {
  /** How far the message's time may be from ours, in seconds: five minutes where nothing is said. */
  toleranceSeconds?: number | undefined;
  /** What time it is, in milliseconds since 1970; for tests. */
  now?: number | undefined;
}

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The event of a message, once its signature is known to be good and its time to be near.
 *
 * `body` must be the body as it came: parsed and written anew it is another. While a secret is being changed, give both.
 * Answer 200 to 299 at once, and remember `webhook-id`: a message may come again.
 */
export async function verifyWebhook(
  secret: string | readonly string[],
  headers: Headers | HeaderRecord,
  body: string | Uint8Array,
  options: VerifyOptions = {},
): Promise<KnownEvent> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headerOf(headers, name));
  if (!id || !timestamp || !signatures) throw new WebhookVerificationError('a header is missing');
  refuseUntimely(timestamp, options);
  const encoder = new TextEncoder();
  const message = join(encoder.encode(`${id}.${timestamp}.`), typeof body === 'string' ? encoder.encode(body) : body);
  for (const one of typeof secret === 'string' ? [secret] : secret) {
    if (await isSigned(keyOf(one), signatures, message)) return parse(body);
  }
  throw new WebhookVerificationError('no signature is good');
}

function refuseUntimely(timestamp: string, options: VerifyOptions): void {
  const seconds = /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  const distance = Math.abs((options.now ?? Date.now()) / 1000 - seconds);
  if (!(distance <= (options.toleranceSeconds ?? 300))) {
    throw new WebhookVerificationError('its time is too far from ours');
  }
}

/** Whether one of the signatures is by this secret. The platform compares, in constant time. */
async function isSigned(secret: Uint8Array<ArrayBuffer>, signatures: string, message: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
  for (const signature of signatures.split(' ')) {
    const bytes = signature.startsWith('v1,') ? bytesOf(signature.slice(3)) : undefined;
    if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, message))) return true;
  }
  return false;
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(secret.replace(/^whsec_/, ''));
  // An empty key would be known to everybody.
  if (bytes === undefined || bytes.length === 0) throw new TypeError('the secret of the webhook is not what the server gave (`whsec_…`)');
  return bytes;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function parse(body: string | Uint8Array): KnownEvent {
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) as KnownEvent;
}

function headerOf(headers: Headers | HeaderRecord, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([known]) => known.toLowerCase() === name)?.[1];
  return typeof found === 'string' ? found : found?.join(' ');
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}
