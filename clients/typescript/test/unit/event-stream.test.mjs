// The event stream, however it is cut.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameReader } from '../../dist/event-stream.js';
import { Tidings } from '../../dist/index.js';

const STREAM = 'id: 7\nretry: 2000\n\n:\n\nid: 8\r\nevent: a\r\ndata: {"é":1}\r\n\r\nid:9\rdata: one\rdata: two\r\r';
const FRAMES = [{ id: '7', retryMs: 2000 }, { id: '8', data: '{"é":1}' }, { id: '9', data: 'one\ntwo' }];

test('frames are the same however they are cut', () => {
  for (let cut = 0; cut <= STREAM.length; cut += 1) {
    const reader = new FrameReader();
    const read = [...reader.take(STREAM.slice(0, cut)), ...reader.take(STREAM.slice(cut)), ...reader.take(':')];
    assert.deepEqual(read, FRAMES, String(cut));
  }
});

test('a line without end is refused', () => {
  const reader = new FrameReader();
  assert.throws(() => {
    for (let piece = 0; piece < 9; piece += 1) reader.take('x'.repeat(1 << 20));
  }, /no end/);
});

test('a stream that is silent is opened anew, where it was', async () => {
  const asked = [];
  const fetch = async (_url, init) => {
    asked.push(init.headers.get('last-event-id'));
    const text = asked.length === 1 ? 'id: 7\nretry: 10\n\n' : 'id: 8\ndata: {"id":8}\n\n';
    return new Response(new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(text)) }));
  };
  const options = { baseUrl: 'https://push.example.com', apiKey: 'tid_1', silenceMs: 5, pause: async () => {}, fetch };
  const stream = await new Tidings(options).streamEvents();
  assert.equal((await stream.next()).value.id, 8);
  assert.deepEqual(asked, [null, '7']);
  await stream.return();
});

test('a stream ends when its key is not good any more', async () => {
  let asked = 0;
  const fetch = async () => {
    asked += 1;
    return asked === 1 ? new Response('') : new Response('{}', { status: 401 });
  };
  const stream = await new Tidings({ baseUrl: 'https://push.example.com', apiKey: 'tid_1', pause: async () => {}, fetch }).streamEvents();
  await assert.rejects(stream.next(), { status: 401 });
});

test('a stream that nobody reads is let go of when it is closed, or by its signal', async () => {
  const abort = new AbortController();
  const ends = [(stream) => stream.close(), (stream) => stream.return(), () => abort.abort()];
  for (const end of ends) {
    let isOpen = true;
    const body = () => new ReadableStream({ cancel: () => void (isOpen = false) });
    const fetch = async () => new Response(body());
    const tidings = new Tidings({ baseUrl: 'https://push.example.com', apiKey: 'tid_1', fetch });
    await end(await tidings.streamEvents({}, { signal: abort.signal }));
    assert.equal(isOpen, false);
  }
});

test('a server that asks to wait is waited for', async () => {
  const answers = [new Response(''), new Response('{}', { status: 503, headers: { 'retry-after': '7' } }), new Response('id: 8\ndata: {"id":8}\n\n')];
  const waited = [];
  const pause = async (milliseconds) => void waited.push(milliseconds);
  const fetch = async () => answers.shift();
  const stream = await new Tidings({ baseUrl: 'https://push.example.com', apiKey: 'tid_1', pause, fetch }).streamEvents();
  assert.equal((await stream.next()).value.id, 8);
  assert.ok(waited[0] < 1000 && waited[1] >= 7000, String(waited));
  await stream.close();
});

test('whoever waits for an event when the stream is closed is told that there is none', async () => {
  const fetch = async () => new Response(new ReadableStream());
  const stream = await new Tidings({ baseUrl: 'https://push.example.com', apiKey: 'tid_1', fetch }).streamEvents();
  const next = stream.next();
  await stream.close();
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});
