// Server-sent events, read as they come.

import { TidingsError } from './errors.js';

/** Events without end. `break` ends it, and so does `close`: whoever opened it and does not read it has to. */
export class EventStream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #events: AsyncGenerator<T, void, undefined>;
  readonly #abort: AbortController;
  #isClosed = false;

  /** The stream that these events come from is let go of when the signal of `abort` says so. */
  constructor(events: AsyncGenerator<T, void, undefined>, opened: ReadableStream<Uint8Array>, abort: AbortController) {
    this.#events = events;
    this.#abort = abort;
    // Once it is read, this is refused, and its reader lets go of it.
    abort.signal.addEventListener('abort', () => opened.cancel().catch(() => undefined), { once: true });
  }

  /** The next event. */
  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      const next = await this.#events.next();
      return next.done ? { done: true, value: undefined } : next;
    } catch (error) {
      if (this.#isClosed) return { done: true, value: undefined };
      throw error;
    }
  }

  /** Lets go of the connection; whoever waits for an event is told that there is none. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#abort.abort();
    await this.#events.return();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** One event of the stream. */
export interface Frame {
  /** Where the stream stands. */
  id?: string;
  /** What the server asks to wait before coming back, in milliseconds. */
  retryMs?: number;
  /** Without it nothing happened: the server says where the stream stands, or that it still lives. */
  data?: string;
}

/** More than any event has. */
const LONGEST = 4 << 20;

/** Cuts a stream into frames, however its pieces are cut. */
export class FrameReader {
  #rest = '';
  #frame: Frame = {};

  /** The frames that end in this piece. */
  take(piece: string): Frame[] {
    const text = this.#rest + piece;
    // A carriage return at the end may be half a line end.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST) throw new TidingsError('a line of the event stream has no end');
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): Frame[] {
    if (line === '') {
      const frame = this.#frame;
      this.#frame = {};
      return Object.keys(frame).length > 0 ? [frame] : [];
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') this.#frame.id = value;
    if (name === 'retry' && /^\d+$/.test(value)) this.#frame.retryMs = Number(value);
    if (name === 'data') this.#frame.data = this.#frame.data === undefined ? value : `${this.#frame.data}\n${value}`;
    return [];
  }
}

/** The frames of a body; it fails when nothing at all comes for so long, or when it is told to end. */
export async function* frames(
  body: ReadableStream<Uint8Array>,
  silenceMs: number,
  signal?: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const frames = new FrameReader();
  try {
    for (;;) {
      const { done, value } = await within(silenceMs, reader.read(), signal);
      if (done) return;
      yield* frames.take(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Whoever stops listening lets go of the connection, too.
    await reader.cancel().catch(() => undefined);
  }
}

function within<T>(milliseconds: number, promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(() => reject(new Error('the event stream is silent')), milliseconds);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    });
  });
}
