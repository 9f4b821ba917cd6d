// Requests with flipped, cut and doubled bytes: each gets an answer or the end of its connection, and the server goes on.
import { connect } from 'node:net';
import { Token } from '../../src/serve/token';
import { ask, FakeModels, serverTests, smallRun } from './serving';

const { at, serve } = serverTests('fuzz');

const SEEDS = [
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'GET /runs/one/images?count=3&seed=1&format=png HTTP/1.1\r\nHost: localhost\r\nAccept: image/png;q=0.5, */*\r\n\r\n',
  'GET /runs/one/samples/step-000100.png?v=a-b HTTP/1.1\r\nHost: [::1]:80\r\nIf-None-Match: "a"\r\n\r\n',
  'GET /events?runs=one,%2e%2e HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n\r\n',
  'POST /runs/one/apply?seed=1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
  'GET /?token=0123456789abcdef HTTP/1.1\r\nHost: localhost\r\nCookie: a=b; libtorch-gan-1=x\r\nAuthorization: Bearer 0123456789abcdef\r\n\r\n',
];
const ROUNDS = 100;

/** A generator of numbers below a bound, the same in every run. */
function numbers(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function mutate(text: string, below: (bound: number) => number): Buffer {
  const bytes = Buffer.from(text);
  for (let changes = 1 + below(3); changes > 0; changes--) {
    const place = below(bytes.length);
    const kind = below(3);
    if (kind === 0) bytes[place] = below(256);
    else if (kind === 1) bytes[place] ^= 1 << below(8);
    else bytes.copy(bytes, place, below(bytes.length), bytes.length);
  }
  return below(4) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes;
}

/** Sends bytes, no more, and waits for the end of the connection. */
function send(address: string, bytes: Buffer): Promise<void> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.on('data', (part) => {
      // A stream of events has no end.
      if (part.includes('text/event-stream')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

test.each([
  ['without a token', undefined],
  ['with one', new Token('0123456789abcdef')],
])(`${ROUNDS * SEEDS.length} requests that are damaged in some way do no harm, %s`, async (_, token) => {
  const problems: string[] = [];
  const limits = { headersMs: 200, requestMs: 300 };
  const options = {
    models: new FakeModels(),
    token,
    limits,
    onError: (problem: string) => problems.push(problem),
  };
  const { address } = await serve([smallRun(at('one'))], options);
  for (const [kind, text] of SEEDS.entries()) {
    const below = numbers(kind + 1);
    await Promise.all(Array.from({ length: ROUNDS }, () => send(address, mutate(text, below))));
  }
  const headers = { authorization: 'Bearer 0123456789abcdef' };
  expect([(await ask(address, '/runs/one', { headers })).status, problems]).toEqual([200, []]);
});
