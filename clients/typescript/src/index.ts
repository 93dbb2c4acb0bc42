// The client of Tidings.

import type { ClientOptions } from './core.js';
import { Operations, VERSION } from './operations.js';

export type { CallOptions, ClientOptions, KeyedOptions, Lines } from './core.js';
export * from './errors.js';
export type { EventStream } from './event-stream.js';
export type * from './types.js';
export { type VerifyOptions, verifyWebhook } from './webhooks.js';
export { VERSION };

/** A server, and a key to it. One is enough for a process; it can be used by many at once. */
export class Tidings extends Operations {
  constructor(options: ClientOptions) {
    super(options, `tidings-typescript/${VERSION}`);
  }
}
