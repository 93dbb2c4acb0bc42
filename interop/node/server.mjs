// A server on node's http2 for the tests of the client; see ../README.md for what it can be told to do.

import { createWriteStream, readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { parseArgs } from 'node:util';

const { NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = http2.constants;

const options = settings();
let received = 0;
const tally = { connections: 0, processed: 0, duplicates: 0, refused: 0, goaways: 0, bytes: 0 };
const seen = new Set();
const record = options.record ? createWriteStream(options.record) : null;

const server = http2.createSecureServer({
  cert: readFileSync(options.cert),
  key: readFileSync(options.privateKey),
  settings: { initialWindowSize: options.window, maxConcurrentStreams: options.maxStreams[0] },
});
server.on('session', serve);
server.on('sessionError', (error) => console.error(`server.mjs: ${error.message}`));
server.listen(options.port, '127.0.0.1', () => {
  print({ event: 'ready', url: `https://127.0.0.1:${server.address().port}` });
});
process.on('SIGTERM', finish);

function settings() {
  const number = (fallback) => ({ type: 'string', default: String(fallback) });
  const { values } = parseArgs({
    options: {
      cert: { type: 'string' },
      key: { type: 'string' },
      port: number(0),
      'goaway-after': number(0),
      'refuse-every': number(0),
      'reject-every': number(0),
      'max-streams': number(100),
      'change-every': number(500),
      window: number(65_535),
      'delay-ms': number(0),
      record: { type: 'string' },
    },
  });
  if (!values.cert || !values.key) throw new Error('--cert and --key are needed');
  return {
    cert: values.cert,
    privateKey: values.key,
    port: Number(values.port),
    goawayAfter: Number(values['goaway-after']),
    refuseEvery: Number(values['refuse-every']),
    rejectEvery: Number(values['reject-every']),
    maxStreams: values['max-streams'].split(',').map(Number),
    changeEvery: Number(values['change-every']),
    window: Number(values.window),
    delayMs: Number(values['delay-ms']),
    record: values.record,
  };
}

function serve(session) {
  tally.connections += 1;
  const connection = { session, requests: 0, open: 0, lastStream: Infinity };
  session.on('error', (error) => console.error(`server.mjs: ${error.message}`));
  session.on('stream', (stream, headers) => serveStream(connection, stream, headers));
}

function serveStream(connection, stream, headers) {
  stream.on('error', (error) => console.error(`server.mjs: stream ${stream.id}: ${error.message}`));
  if (stream.id > connection.lastStream) {
    stream.close(NGHTTP2_REFUSED_STREAM);
    return;
  }
  connection.requests += 1;
  connection.open += 1;
  stream.on('close', () => {
    connection.open -= 1;
    closeWhenDone(connection);
  });
  changeLimit(connection);
  if (connection.requests === options.goawayAfter) goAway(connection, stream);
  received += 1;
  if (isTurn(received, options.refuseEvery)) {
    tally.refused += 1;
    stream.close(NGHTTP2_REFUSED_STREAM);
    return;
  }
  stream.on('data', (data) => {
    tally.bytes += data.length;
  });
  stream.on('end', () => processRequest(stream, headers['apns-id'] ?? ''));
}

function processRequest(stream, apnsId) {
  tally.processed += 1;
  if (seen.has(apnsId)) tally.duplicates += 1;
  seen.add(apnsId);
  record?.write(`${apnsId}\n`);
  const rejected = isTurn(tally.processed, options.rejectEvery);
  if (options.delayMs > 0) setTimeout(() => answer(stream, apnsId, rejected), options.delayMs);
  else answer(stream, apnsId, rejected);
}

function answer(stream, apnsId, rejected) {
  if (stream.destroyed) return;
  if (rejected) {
    stream.respond({ ':status': 410, 'apns-id': apnsId });
    stream.end('{"reason":"Unregistered","timestamp":1700000000000}');
  } else {
    stream.respond({ ':status': 200, 'apns-id': apnsId }, { endStream: true });
  }
}

/** The limits follow each other on every connection, each for `--change-every` requests. */
function changeLimit({ session, requests }) {
  const { maxStreams, changeEvery } = options;
  if (maxStreams.length < 2 || requests % changeEvery !== 0) return;
  session.settings({ maxConcurrentStreams: maxStreams[(requests / changeEvery) % maxStreams.length] });
}

/** What was received up to this stream will be answered; what comes after it is not looked at. */
function goAway(connection, stream) {
  tally.goaways += 1;
  connection.lastStream = stream.id;
  connection.session.goaway(NGHTTP2_NO_ERROR, stream.id, Buffer.from('{"reason":"Shutdown"}'));
}

function closeWhenDone({ session, open, lastStream }) {
  if (open === 0 && lastStream !== Infinity && !session.closed) session.close();
}

function isTurn(number, every) {
  return every > 0 && number % every === 0;
}

function print(object) {
  process.stdout.write(`${JSON.stringify(object)}\n`);
}

function finish() {
  print({ event: 'summary', ...tally });
  if (record) record.end(() => process.exit(0));
  else process.exit(0);
}
