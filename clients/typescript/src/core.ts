// What all operations have in common: the address, the key, time limits, repeats, bodies and answers.

import { ConnectionError, ProblemError, TidingsError, TimeoutError } from './errors.js';
import { EventStream, frames } from './event-stream.js';
import { mayRepeat, pauseMs } from './repeating.js';

/** How to reach a server. */
export interface ClientOptions {
  /** Where the server is, such as `https://push.example.com`. */
  baseUrl: string | URL;
  /** An API key (`tid_…`). */
  apiKey: string;
  /** How long one attempt may take, in milliseconds: 30 seconds where nothing is said. */
  timeoutMs?: number | undefined;
  /** How often is asked again at most, where that can do no harm: four times where nothing is said. */
  retries?: number | undefined;
  /** The longest pause that the server may ask for: a minute where nothing is said. A longer one is thrown as the problem that it is. */
  longestPauseMs?: number | undefined;
  /** How long an event stream may be silent (the server speaks every 15 seconds): 45 seconds where nothing is said. */
  silenceMs?: number | undefined;
  /** Another `fetch` than the global one. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How to wait; for tests. */
  pause?: ((milliseconds: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/** What each call can be given. */
export interface CallOptions {
  /** Ends the call. */
  signal?: AbortSignal | undefined;
  /** How long one attempt of this call may take, in milliseconds. */
  timeoutMs?: number | undefined;
}

/** What a call can be given that can be repeated under a key. */
export interface KeyedOptions extends CallOptions {
  /** The name of the request: the same again under the same key happens once. Without it there is a new one for each call. */
  idempotencyKey?: string | undefined;
}

/** Many objects, sent as lines while they come. What is no array can be read only once, so that its request is never repeated. */
export type Lines<T> = Iterable<T> | AsyncIterable<T>;

/** One call of an operation. */
export interface Call {
  method: string;
  path: string;
  query?: object;
  body?: unknown;
  lines?: Lines<unknown>;
  /** The operation takes an idempotency key. */
  keyed?: boolean;
  options: KeyedOptions;
}

/** A call, ready to be sent as often as needed. */
interface Request {
  url: string;
  init: RequestInit;
  harmless: boolean;
  replayable: boolean;
  /** An attempt failed, and it is not known whether the server did what it asked for. */
  unsure: boolean;
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
}

type Body = ReadableStream<Uint8Array>;

const HARMLESS = new Set(['GET', 'PUT', 'DELETE']);

/** The connection to a server. */
export abstract class Core {
  // Private, so that no log and no inspector shows it.
  readonly #apiKey: string;
  readonly #base: string;
  readonly #options: ClientOptions;
  readonly #agent: string;

  protected constructor(options: ClientOptions, agent: string) {
    if (!/^[\x21-\x7e]+$/.test(options.apiKey)) throw new TypeError('the API key has characters that no key has');
    this.#apiKey = options.apiKey;
    this.#base = baseOf(options.baseUrl);
    this.#options = options;
    this.#agent = agent;
  }

  protected async nothing(call: Call): Promise<void> {
    const request = this.#request(call);
    try {
      await this.#ask(request, (response) => response.text());
    } catch (error) {
      // It was deleted by an attempt whose answer was lost.
      const isGone = request.unsure && call.method === 'DELETE' && error instanceof ProblemError && error.status === 404;
      if (!isGone) throw error;
    }
  }

  protected text(call: Call): Promise<string> {
    return this.#ask(this.#request(call), (response) => response.text());
  }

  protected json<T>(call: Call): Promise<T> {
    return this.#ask(this.#request(call), async (response) => parse<T>(await response.text()));
  }

  /** The lines of an answer: there are never more of them than lines were sent. */
  protected async lines<T>(call: Call): Promise<T[]> {
    const text = await this.text(call);
    return text.split('\n').filter((line) => line.trim() !== '').map((line) => parse<T>(line));
  }

  /**
   * Opens a stream of events, which has no end: it comes back after each break, and misses nothing.
   *
   * Whoever cannot begin is told so; after that, a server that is away is waited for.
   */
  protected async events<T>(call: Call): Promise<EventStream<T>> {
    const request = this.#request(call);
    const opened = await this.#ask(request, bodyOf);
    const abort = new AbortController();
    const signal = request.signal;
    request.signal = abort.signal;
    const stream = new EventStream(this.#listen<T>(request, opened), opened, abort);
    const forward = () => abort.abort(signal?.reason);
    if (signal?.aborted) forward();
    signal?.addEventListener('abort', forward, { once: true, signal: abort.signal });
    return stream;
  }

  async *#listen<T>(request: Request, opened: Body): AsyncGenerator<T, void, undefined> {
    const silenceMs = this.#options.silenceMs ?? 45_000;
    let firstPauseMs: number | undefined;
    let problem: unknown;
    let body: Body | undefined = opened;
    for (let failures = 0; ; ) {
      try {
        body ??= await this.#attempt(request, bodyOf);
        problem = undefined;
        for await (const frame of frames(body, silenceMs, request.signal)) {
          failures = 0;
          firstPauseMs = frame.retryMs ?? firstPauseMs;
          if (frame.id !== undefined) headersOf(request).set('last-event-id', frame.id);
          if (frame.data !== undefined) yield parse<T>(frame.data);
        }
      } catch (error) {
        request.signal?.throwIfAborted();
        if (error instanceof TidingsError && !mayRepeat(error, request)) throw error;
        problem = error;
      }
      body = undefined;
      failures += 1;
      await this.#pause(pauseMs(problem, failures, firstPauseMs), request.signal);
    }
  }

  /** Asks, and asks again where that can help and can do no harm. */
  async #ask<T>(request: Request, read: (response: Response) => Promise<T>): Promise<T> {
    const retries = this.#options.retries ?? 4;
    const longest = this.#options.longestPauseMs ?? 60_000;
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#attempt(request, read);
      } catch (error) {
        if (failures > retries || !mayRepeat(error, request)) throw error;
        const asked = error instanceof ProblemError ? (error.retryAfterSeconds ?? 0) : 0;
        if (asked * 1000 > longest) throw error;
        request.unsure ||= !(error instanceof ProblemError);
        await this.#pause(pauseMs(error, failures), request.signal);
      }
    }
  }

  async #attempt<T>(request: Request, read: (response: Response) => Promise<T>): Promise<T> {
    request.signal?.throwIfAborted();
    const abort = new AbortController();
    const forward = () => abort.abort(request.signal?.reason);
    request.signal?.addEventListener('abort', forward, { once: true });
    let late = false;
    const expire = () => {
      late = true;
      abort.abort();
    };
    const timer = request.timeoutMs === undefined ? undefined : setTimeout(expire, request.timeoutMs);
    try {
      const response = await (this.#options.fetch ?? globalThis.fetch)(request.url, { ...request.init, signal: abort.signal });
      if (response.ok) return await read(response);
      throw ProblemError.of(response.status, response.headers, await response.text());
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof TidingsError) throw error;
      if (late) throw new TimeoutError(`there was no answer within ${request.timeoutMs} ms`);
      throw new ConnectionError('the server cannot be reached, or the connection broke', { cause: error });
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', forward);
    }
  }

  #request(call: Call): Request {
    const { options } = call;
    const headers = new Headers({ authorization: `Bearer ${this.#apiKey}`, 'user-agent': this.#agent });
    if (call.keyed) headers.set('idempotency-key', options.idempotencyKey ?? crypto.randomUUID());
    const init: RequestInit & { duplex?: 'half' } = { method: call.method, headers, redirect: 'manual' };
    const isOnce = call.lines !== undefined && !Array.isArray(call.lines);
    if (call.body !== undefined) {
      headers.set('content-type', 'application/json');
      init.body = JSON.stringify(call.body);
    } else if (call.lines !== undefined) {
      headers.set('content-type', 'application/x-ndjson');
      init.body = Array.isArray(call.lines) ? call.lines.map(line).join('') : streamOf(call.lines);
      if (isOnce) init.duplex = 'half';
    }
    const isLong = call.lines !== undefined;
    return {
      url: this.#base + call.path + queryOf(call.query),
      init,
      harmless: HARMLESS.has(call.method) || call.keyed === true,
      replayable: !isOnce,
      unsure: false,
      timeoutMs: options.timeoutMs ?? (isLong ? undefined : (this.#options.timeoutMs ?? 30_000)),
      signal: options.signal,
    };
  }

  #pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    return (this.#options.pause ?? pause)(milliseconds, signal);
  }
}

/** Goes through the pages of a list. */
export async function* iterate<Query extends object, Page, Item>(
  query: Query,
  parameter: keyof Query & string,
  ask: (query: Query) => Promise<Page>,
  items: (page: Page) => Item[],
  next: (page: Page) => string | number | null | undefined,
): AsyncGenerator<Item, void, undefined> {
  for (let at: string | number | null | undefined, isFirst = true; isFirst || (at !== null && at !== undefined); isFirst = false) {
    const page = await ask(at === undefined || at === null ? query : { ...query, [parameter]: at });
    yield* items(page);
    at = next(page);
  }
}

/** A path with values in it, none of which can change where it leads. */
export function place(texts: TemplateStringsArray, ...values: string[]): string {
  return texts.reduce((path, text, index) => path + segment(values[index - 1] ?? '') + text);
}

function segment(value: string): string {
  if (value === '' || value === '.' || value === '..') throw new TypeError(`${JSON.stringify(value)} is no name of anything`);
  return encodeURIComponent(value);
}

function baseOf(url: string | URL): string {
  const base = new URL(url);
  if (base.protocol !== 'https:' && base.protocol !== 'http:') throw new TypeError(`${base.protocol} is neither https: nor http:`);
  return base.origin + base.pathname.replace(/\/+$/, '');
}

function queryOf(query: object = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

function headersOf(request: Request): Headers {
  return request.init.headers as Headers;
}

async function bodyOf(response: Response): Promise<Body> {
  return response.body ?? new ReadableStream();
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new TidingsError('the answer is not JSON', { cause: error });
  }
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Bytes of a piece of a long body, about. */
const PIECE = 1 << 16;

function streamOf(lines: Lines<unknown>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
  return new ReadableStream({
    async pull(controller) {
      let piece = '';
      while (piece.length < PIECE) {
        const next = await iterator.next();
        if (next.done) {
          if (piece !== '') controller.enqueue(encoder.encode(piece));
          controller.close();
          return;
        }
        piece += line(next.value);
      }
      controller.enqueue(encoder.encode(piece));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    function abort() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
  });
}
