import { readFileSync } from 'node:fs';
import { RunList } from '../../src/serve/run-list';
import { DashboardServer } from '../../src/serve/server';
import { Token } from '../../src/serve/token';
import { failure } from '../support/failure';
import { ask, FakeModels, sendRaw, serverTests, silent, smallRun } from './serving';

const { at, serve } = serverTests('server');

describe('too many', () => {
  test('one connection more than may be gets 503', async () => {
    const { address } = await serve([smallRun(at('one'))], { limits: { connections: 2 } });
    const held = [silent(address), silent(address)];
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    expect(await sendRaw(address, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(
      /^HTTP\/1.1 503 .*too many connections: come again later\n$/s,
    );
    await Promise.all(
      held.map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy())),
    );
    // The server hears of it in a turn of its own.
    let status = 503;
    while (status === 503) status = (await ask(address, '/runs')).status;
    expect(status).toBe(200);
  });

  test('what one connection too many asks for is not done', async () => {
    const models = new FakeModels();
    const { address } = await serve([smallRun(at('one'))], { models, limits: { connections: 1 } });
    const held = silent(address);
    await new Promise((resolve) => held.once('connect', resolve));
    const get = 'GET /runs/one/images HTTP/1.1\r\nHost: localhost\r\n\r\n';
    expect(await sendRaw(address, get)).toMatch(/^HTTP\/1.1 503 /);
    await new Promise((resolve) => held.once('close', resolve).destroy());
    let status = 503;
    while (status === 503) status = (await ask(address, '/runs/one/model')).status;
    expect([status, models.asked]).toEqual([200, []]);
  });

  test('one request more than may wait for a model gets 503, and the others their images', async () => {
    const models = new FakeModels();
    let release = () => {};
    models.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { address } = await serve([smallRun(at('one'))], { models, limits: { inWork: 1, waiting: 1 } });
    const first = ask(address, '/runs/one/images?seed=1');
    while (models.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const others = [2, 3].map((seed) => ask(address, `/runs/one/images?seed=${seed}`));
    const refused = await Promise.race(others);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
    expect(refused.text).toBe('1 requests wait already, as many as may: come again later\n');
    release();
    const statuses = (await Promise.all([first, ...others])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 503]);
  });

  test('one picture more than may be in work gets 503, and one that is refused makes room', async () => {
    const models = new FakeModels();
    const { address } = await serve([smallRun(at('one'))], { models, limits: { uploads: 1, bodyBytes: 4 } });
    const half = silent(address);
    half.write('POST /runs/one/apply HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nha');
    const post = () => ask(address, '/runs/one/apply', { method: 'POST', body: 'full' });
    let answer = await post();
    while (answer.status === 200) answer = await post();
    expect([answer.status, answer.text]).toEqual([
      503,
      '1 pictures are in work, as many as may be: come again later\n',
    ]);
    half.destroy();
    while (answer.status === 503) answer = await post();
    expect(answer.status).toBe(200);
    const large = await ask(address, '/runs/one/apply', { method: 'POST', body: 'larger' });
    expect([large.status, (await post()).status]).toEqual([413, 200]);
  });

  test('a client that leaves the queue is not worked for', async () => {
    const models = new FakeModels();
    let release = () => {};
    models.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { address } = await serve([smallRun(at('one'))], { models, limits: { inWork: 1 } });
    const first = ask(address, '/runs/one/images?seed=1');
    while (models.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const gone = silent(address);
    gone.write('GET /runs/one/images?seed=2 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    // Another answer comes after the request was read.
    await ask(address, '/runs');
    await new Promise((resolve) => gone.once('close', resolve).destroy());
    await ask(address, '/runs');
    const last = ask(address, '/runs/one/images?seed=3');
    release();
    expect([(await first).status, (await last).status]).toEqual([200, 200]);
    expect(models.asked.map(({ query }) => query.seed)).toEqual(['1', '3']);
  });

  test('the answer of a client that left while it was made takes no room of others', async () => {
    const models = new FakeModels();
    models.bytes = Buffer.alloc(8 << 20);
    let release = () => {};
    models.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { address } = await serve([smallRun(at('one'))], { models, limits: { unreadBytes: 12 << 20 } });
    const gone = silent(address);
    gone.write('GET /runs/one/images HTTP/1.1\r\nHost: localhost\r\n\r\n');
    while (models.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => gone.once('close', resolve).destroy());
    await ask(address, '/runs');
    release();
    expect((await ask(address, '/runs/one/images')).status).toBe(200);
  });

  test('answers that nobody reads are bounded together', async () => {
    const models = new FakeModels();
    models.bytes = Buffer.alloc(8 << 20);
    const { address } = await serve([smallRun(at('one'))], { models, limits: { unreadBytes: 12 << 20 } });
    const slow = silent(address);
    slow.pause();
    slow.write('GET /runs/one/images HTTP/1.1\r\nHost: localhost\r\n\r\n');
    while (models.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const refused = await ask(address, '/runs/one/images');
    expect([refused.status, refused.text]).toEqual([
      503,
      'too many answers wait for their clients: come again later\n',
    ]);
    slow.destroy();
    let answer = refused;
    while (answer.status === 503) answer = await ask(address, '/runs/one/images');
    expect([answer.status, answer.body.length]).toEqual([200, 8 << 20]);
  });

  test('a client may wait for its model for longer than a connection may be idle', async () => {
    const models = new FakeModels();
    models.hold = new Promise((resolve) => setTimeout(resolve, 300));
    const limits = { waitMs: 50, readMs: 50 };
    const { address } = await serve([smallRun(at('one'))], { models, limits });
    const made = [
      ask(address, '/runs/one/images'),
      ask(address, '/runs/one/apply', { method: 'POST', body: 'x' }),
    ];
    expect((await Promise.all(made)).map(({ status }) => status)).toEqual([200, 200]);
    const left = silent(address);
    await new Promise((resolve) => left.once('close', resolve));
  });

  test('a client that does not read its answer in time loses its connection', async () => {
    const models = new FakeModels();
    models.bytes = Buffer.alloc(32 << 20);
    const { address } = await serve([smallRun(at('one'))], { models, limits: { readMs: 50 } });
    const slow = silent(address);
    slow.pause();
    slow.write('GET /runs/one/images HTTP/1.1\r\nHost: localhost\r\n\r\n');
    while (models.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
    slow.resume();
    let length = 0;
    slow.on('data', (part) => {
      length += part.length;
    });
    await new Promise((resolve) => slow.once('close', resolve));
    expect(length).toBeLessThan(32 << 20);
  });
});

describe('what is served', () => {
  test('every answer forbids whatever it does not need', async () => {
    const { address } = await serve([smallRun(at('one'))]);
    for (const path of ['/', '/runs', '/nothing', '/runs/one/samples/step-000100.png']) {
      const { headers } = await ask(address, path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      });
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('a run as JSON, and its grids as files, which are not sent again while they are the same', async () => {
    const { address } = await serve([smallRun(at('one'))]);
    const run = JSON.parse((await ask(address, '/runs/one')).text);
    expect(run).toMatchObject({
      id: 'one',
      status: 'stopped',
      step: 50,
      steps: '50 of 600',
      evaluations: [],
    });
    const path = run.grid.source;
    expect(path).toMatch(/^\/runs\/one\/samples\/step-000200\.png\?v=/);
    const picture = await ask(address, path);
    expect(picture.headers['content-type']).toBe('image/png');
    expect(picture.body.equals(readFileSync(at('one', 'samples', 'step-000200.png')))).toBe(true);
    const headers = { 'if-none-match': picture.headers.etag };
    expect(await ask(address, path, { headers })).toMatchObject({ status: 304, text: '' });
    expect(await ask(address, path, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  test('images in the form that is asked for or accepted', async () => {
    const models = new FakeModels();
    const { address } = await serve([smallRun(at('one'))], { models });
    const path = '/runs/one/images?count=3&seed=4';
    expect((await ask(address, path)).headers['content-type']).toBe('image/png');
    const accept = { accept: 'application/octet-stream, image/png;q=0.5' };
    const tensors = await ask(address, path, { headers: accept });
    expect(tensors.headers).toMatchObject({
      'content-type': 'application/vnd.safetensors',
      'x-step': '7',
      'x-count': '1',
    });
    expect(models.asked).toMatchObject([
      { query: { count: '3', seed: '4' }, format: 'png' },
      { query: { count: '3', seed: '4' }, format: 'safetensors' },
    ]);
  });

  test('without models, beside a training, images are refused with what to do', async () => {
    const { address } = await serve([smallRun(at('one'))]);
    const answer = await ask(address, '/runs/one/images');
    expect([answer.status, answer.text]).toEqual([
      409,
      expect.stringContaining('start `libtorch-gan serve`'),
    ]);
  });
});

describe('beginning and end', () => {
  test('a port that is taken is an error in one line', async () => {
    const { address } = await serve([smallRun(at('one'))]);
    const port = Number(new URL(address).port);
    const runs = await RunList.open([at('one')]);
    await expect(DashboardServer.listen({ runs, host: '127.0.0.1', port })).rejects.toThrow(
      failure('ERR_CANNOT_LISTEN', `cannot listen at 127.0.0.1:${port}: another program has this port`),
    );
  });

  test('an address that is none of this machine is one, too', async () => {
    const runs = await RunList.open([smallRun(at('one'))]);
    await expect(DashboardServer.listen({ runs, host: '203.0.113.7', port: 0 })).rejects.toThrow(
      failure('ERR_CANNOT_LISTEN', 'this is no address of this machine: check --host'),
    );
  });

  test('at the end requests in work are answered, those that wait are told, and nobody new comes in', async () => {
    const models = new FakeModels();
    let release = () => {};
    models.hold = new Promise((resolve) => {
      release = resolve;
    });
    const server = await serve([smallRun(at('one'))], { models, token: Token.random() });
    const { address } = server;
    const secret = { headers: { authorization: `Bearer ${'x'.repeat(20)}` } };
    expect((await ask(address, '/runs', secret)).status).toBe(401);
    await server.close();
    const open = await serve([at('one')], { models, limits: { inWork: 1 } });
    const working = ask(open.address, '/runs/one/images?seed=1');
    while (models.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const waiting = ask(open.address, '/runs/one/images?seed=2');
    await ask(open.address, '/runs');
    const closed = open.close('it is late');
    expect(await waiting).toMatchObject({ status: 503, text: 'it is late\n' });
    await expect(ask(open.address, '/runs')).rejects.toThrow(/ECONNREFUSED/);
    release();
    expect(await working).toMatchObject({ status: 200, text: 'images' });
    await closed;
    expect(models.isClosed).toBe(true);
  });

  test('a client that never ends does not keep the server from ending', async () => {
    const models = new FakeModels();
    models.hold = new Promise(() => {});
    const server = await serve([smallRun(at('one'))], { models, limits: { drainMs: 50 } });
    const asked = ask(server.address, '/runs/one/images').catch((error: Error) => error.message);
    while (models.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    expect(await asked).toMatch(/socket hang up|ECONNRESET/);
  });
});
