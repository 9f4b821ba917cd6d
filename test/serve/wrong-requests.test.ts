import { GanError, UsageError } from '../../src/errors';
import { ask, FakeModels, sendRaw, serverTests, silent, smallRun } from './serving';

const { at, serve } = serverTests('wrong-requests');

const oneLine = /^[^\n]+\n$/;

describe('wrong requests', () => {
  test.each([
    ['POST', '/runs', 'GET, HEAD'],
    ['DELETE', '/', 'GET, HEAD'],
    ['GET', '/runs/one/apply', 'POST'],
    ['PUT', '/runs/one/apply', 'POST'],
  ])('%s %s is 405, with what is allowed', async (method, path, allow) => {
    const { address } = await serve([smallRun(at('one'))], { models: new FakeModels() });
    const answer = await ask(address, path, { method });
    expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
  });

  test.each([
    ['counts=3', '"counts" is no parameter here: there are count, seed, label, truncation, columns, format'],
    ['seed=1&seed=2', 'seed is given twice'],
    ['format=gif', 'format expects png or safetensors, but got "gif"'],
  ])('images?%s is 400 and says why', async (query, message) => {
    const models = new FakeModels();
    const { address } = await serve([smallRun(at('one'))], { models });
    const answer = await ask(address, `/runs/one/images?${query}`);
    expect([answer.status, answer.text]).toEqual([400, `${message}\n`]);
    expect(models.asked).toEqual([]);
  });

  test('what a client does not accept is 406', async () => {
    const { address } = await serve([smallRun(at('one'))], { models: new FakeModels() });
    const answer = await ask(address, '/runs/one/images', { headers: { accept: 'text/html' } });
    expect([answer.status, answer.text]).toEqual([406, expect.stringMatching(oneLine)]);
  });

  test.each([
    [new UsageError('--count expects a whole number from 1 to 256'), 400, 'count expects a whole number'],
    [new GanError('ERR_NO_SAMPLER', 'no sampler'), 409, 'no sampler'],
    [new GanError('ERR_OUT_OF_MEMORY', 'no memory'), 503, 'no memory'],
    [new Error('a\nbug'), 500, 'a bug'],
  ])('an error of the model is one line with its status: %s', async (error, status, text) => {
    const problems: string[] = [];
    const models = new FakeModels();
    models.images = () => Promise.reject(error);
    const { address } = await serve([smallRun(at('one'))], { models, onError: (one) => problems.push(one) });
    const answer = await ask(address, '/runs/one/images');
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(oneLine)]);
    expect(answer.text).toContain(text);
    expect(problems).toEqual(status === 500 ? ['a bug'] : []);
  });

  test('a picture that is too long is 413, by its header or as it comes, and an empty one 400', async () => {
    const models = new FakeModels();
    const { address } = await serve([smallRun(at('one'))], { models, limits: { bodyBytes: 1 << 20 } });
    const body = Buffer.alloc((1 << 20) + 1);
    const path = '/runs/one/apply';
    const told = await ask(address, path, { method: 'POST', body });
    expect([told.status, told.text]).toEqual([413, 'expected at most 1 MiB: send a smaller picture\n']);
    const chunked = { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } };
    expect((await ask(address, path, chunked)).status).toBe(413);
    const empty = await ask(address, path, { method: 'POST' });
    expect([empty.status, empty.text]).toEqual([400, expect.stringContaining('it is empty')]);
    expect(models.asked).toEqual([]);
    expect((await ask(address, path, { method: 'POST', body: 'x' })).status).toBe(200);
  });

  test('a client that goes on sending what is refused gets its answer, and its connection is then ended', async () => {
    const { address } = await serve([smallRun(at('one'))], {
      models: new FakeModels(),
      limits: { bodyBytes: 1 << 20 },
    });
    const head = 'POST /runs/one/apply HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n';
    const socket = silent(address);
    let answer = '';
    const errors: Error[] = [];
    socket.setEncoding('utf8').on('data', (part) => {
      answer += part;
    });
    socket.on('error', (error) => errors.push(error));
    socket.write(head);
    for (let sent = 0; sent < 10; sent++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.write('x'.repeat(100));
    }
    await new Promise((resolve) => socket.once('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 413 .*expected at most 1 MiB: send a smaller picture/s);
    expect(errors).toEqual([]);
  });

  test('a request without a Host is told so', async () => {
    const { address } = await serve([smallRun(at('one'))]);
    expect(await sendRaw(address, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')).toContain(
      'expected one Host header',
    );
  });

  test.each([
    ['GARBAGE\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', '400'],
    ['GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n', '400'],
    [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
    [`GET /${'x'.repeat(3_000)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`, '414'],
    [
      'POST /runs/one/apply HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      '400',
    ],
  ])('what is no request is refused, and its connection ended (%#)', async (text, status) => {
    const { address } = await serve([smallRun(at('one'))], { models: new FakeModels() });
    expect(await sendRaw(address, text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await ask(address, '/runs')).status).toBe(200);
  });

  test('a request whose headers or picture do not come in time is 408', async () => {
    const limits = { headersMs: 60, requestMs: 120 };
    const { address } = await serve([smallRun(at('one'))], { models: new FakeModels(), limits });
    expect(await sendRaw(address, 'GET / HTTP/1.1\r\nHost: local')).toMatch(/^HTTP\/1.1 408 /);
    const half = 'POST /runs/one/apply HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf';
    expect(await sendRaw(address, half)).toMatch(/^HTTP\/1.1 4/);
  });

  test('a client that leaves in the middle of its picture does no harm', async () => {
    const models = new FakeModels();
    const { address } = await serve([smallRun(at('one'))], { models });
    const socket = silent(address);
    socket.write('POST /runs/one/apply HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf');
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    expect((await ask(address, '/runs')).status).toBe(200);
    expect(models.asked).toEqual([]);
  });
});
