// A receiver of webhooks that verifies them by the library `standardwebhooks`, which nobody here wrote.
//
// Prints {"event":"ready","url":…}; each line of its input is a secret, which it verifies by from then on, and answers
// {"event":"secret"}. Prints a line for each message: {"event":"message","verified":…,"type":…,"error":…,"mutations":…}.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
// guide: begin
import { Webhook } from 'standardwebhooks';

function verified(secret, headers, body) {
  // Throws when the signature is wrong, or older than five minutes.
  return new Webhook(secret).verify(body, headers);
}
// guide: end

let secret;
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function attempt(headers, body) {
  try {
    return verified(secret, headers, body);
  } catch {
    return undefined;
  }
}

// Every bit of the body changed, one at a time, and each header: none must pass. How many did not.
function mutations(headers, body) {
  let refused = 0;
  const bytes = Buffer.from(body);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] ^= 1 << (bit & 7);
    refused += attempt(headers, changed.toString('latin1')) === undefined ? 1 : 0;
  }
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    const changed = { ...headers, [name]: headers[name].replaceAll('v1,', 'v1,0').concat('0') };
    refused += attempt(changed, body) === undefined ? 1 : 0;
  }
  return { tried: bytes.length * 8 + 3, refused };
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const line = { event: 'message', id: request.headers['webhook-id'] };
  try {
    const event = verified(secret, request.headers, body);
    Object.assign(line, { verified: true, type: event.type, mutations: mutations(request.headers, body) });
  } catch (error) {
    Object.assign(line, { verified: false, error: String(error) });
  }
  response.writeHead(204).end();
  tell(line);
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    secret = line;
    tell({ event: 'secret' });
  })
  .on('close', () => process.exit(0));
server.listen(0, '127.0.0.1', () => tell({ event: 'ready', url: `http://127.0.0.1:${server.address().port}/` }));
