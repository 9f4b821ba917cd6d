import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { main } from '../../src/cli/serve';
import { ask, serverTests, smallRun } from '../serve/serving';
import { FakeHost } from './fakes';

const { at } = serverTests('serve');

/** Calls the command, which must end by itself. */
async function call(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

/** Starts the command, until a signal comes. */
async function start(argv: readonly string[], env: Record<string, string> = {}) {
  const host = new FakeHost({ env });
  const ended = main(argv, host);
  const line = new Promise<string>((resolve) => host.stdout.once('line', resolve));
  const first = await Promise.race([line, ended.then((code) => `ended with ${code}: ${host.stderr.text}`)]);
  return { host, ended, page: /http:\/\/\S+/.exec(first)?.[0] ?? first };
}

describe('a wrong call exits with 2 and says why in one line', () => {
  const wrong: [string[], RegExp][] = [
    [['--port', '65536'], /--port expects a whole number from 0 to 65535, but got "65536"/],
    [['--port', 'http'], /--port expects a whole number from 0 to 65535, but got "http"/],
    [['--host', 'a b'], /--host expects an address or a name of this machine, but got "a b"/],
    [['--token', 'short'], /--token expects at least 16 letters and digits without spaces, but got 5/],
    [['--token', 'with spaces in the middle'], /--token expects at least 16 letters/],
    [['--device', 'gpu'], /--device expects auto, cpu, cuda or cuda:N, but got "gpu"/],
    [['--prot', '80'], /--prot is no flag of serve: did you mean --port\?/],
  ];
  test.each(wrong)('%j', async (argv, message) => {
    const { code, stdout, stderr } = await call(smallRun(at('one')), ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  test('no run, where there is no runs/ either', async () => {
    const before = process.cwd();
    process.chdir(at());
    const { code, stderr } = await call().finally(() => process.chdir(before));
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('there is no runs/ here: try serve runs/NAME'),
    ]);
  });
});

describe('what cannot be served exits with 1 and one line', () => {
  test('a folder that is not there, and a file', async () => {
    writeFileSync(at('file'), '');
    for (const [path, why] of [
      [at('nowhere'), 'there is none'],
      [at('file'), 'it is a file'],
    ]) {
      const { code, stderr } = await call(path);
      expect([code, stderr]).toEqual([
        1,
        `error: ${path} expected a run directory, or a folder of them, but ${why}: check the path\n`,
      ]);
    }
  });

  test('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await call(smallRun(at('one')), '--port', String(port));
    await new Promise((resolve) => other.close(resolve));
    expect([code, stderr]).toEqual([
      1,
      `error: cannot listen at 127.0.0.1:${port}: another program has this port: choose another with --port, or --port 0 for a free one (EADDRINUSE)\n`,
    ]);
  });
});

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it in order, with exit code %i', async (signal, code) => {
  const { host, ended, page } = await start([smallRun(at('one'))]);
  expect((await ask(page, '/runs/one')).status).toBe(200);
  host.signals.emit(signal);
  expect(await ended).toBe(code);
  await expect(ask(page, '/runs/one')).rejects.toThrow(/ECONNREFUSED/);
  expect(host.stderr.text).toBe('ending: requests in work are answered; once more to leave at once\n');
});

test('a folder of runs is served with those that come later', async () => {
  smallRun(at('runs', 'a'));
  mkdirSync(at('runs', 'empty'));
  const { host, ended, page } = await start([at('runs')]);
  expect(host.stdout.text).toContain('runs     a\n');
  smallRun(at('runs', 'b', 'seed-1'));
  expect((await ask(page, '/runs/b.seed-1')).status).toBe(200);
  host.signals.emit('SIGINT');
  await ended;
});

test('with --json the address is an object of a line', async () => {
  const { host, ended } = await start([smallRun(at('one')), '--json']);
  const [first] = host.stdout.text.split('\n');
  expect(JSON.parse(first)).toEqual({ event: 'start', page: expect.stringMatching(/^http:/), runs: ['one'] });
  host.signals.emit('SIGTERM');
  await ended;
  expect(
    host.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event),
  ).toEqual(['start', 'end']);
});

describe('beyond this machine', () => {
  test('a token is made, printed, and needed by every request', async () => {
    const { host, ended, page } = await start([smallRun(at('one')), '--host', '0.0.0.0']);
    expect(host.stderr.text).toContain('whoever knows the token gets in from outside');
    const token = new URL(page).searchParams.get('token') ?? '';
    expect(token).toMatch(/^[\w-]{32}$/);
    for (const path of ['/', '/runs', '/runs/one', '/events', '/nothing', `/runs?token=${token}`])
      expect((await ask(page, path)).status).toBe(401);
    expect((await ask(page, '/runs', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    const entered = await ask(page, `/?token=${token}`);
    expect([entered.status, entered.headers.location]).toEqual([303, '/']);
    const cookie = entered.headers['set-cookie']?.[0] ?? '';
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(token);
    expect((await ask(page, '/', { headers: { cookie: cookie.split(';')[0] } })).status).toBe(200);
    host.signals.emit('SIGINT');
    await ended;
  });

  test('the token may come from the environment, and is needed on this machine, too, where it is given', async () => {
    const { host, ended, page } = await start([smallRun(at('one'))], {
      LIBTORCH_GAN_TOKEN: 'a-token-of-my-own',
    });
    expect(page).toMatch(/\/\?token=a-token-of-my-own$/);
    expect((await ask(page, '/runs')).status).toBe(401);
    host.signals.emit('SIGINT');
    await ended;
  });
});
