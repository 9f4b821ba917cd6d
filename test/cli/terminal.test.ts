import { Terminal } from '../../src/cli/terminal';
import { diskFull, FakeHost, readerGone } from './fakes';

test('results go to stdout, all else to stderr', () => {
  const host = new FakeHost();
  const terminal = new Terminal(host);
  terminal.result('done');
  terminal.record({ step: 1 });
  terminal.log('working');
  terminal.warn('odd');
  terminal.error('bad');
  expect(host.stdout.text).toBe('done\n');
  expect(host.stderr.text).toBe('working\nwarning: odd\nerror: bad\n');
});

test('warnings and errors are one line, and steer no terminal, whatever names are in them', () => {
  const host = new FakeHost();
  const terminal = new Terminal(host);
  terminal.warn('a\nb\u001b[31m');
  terminal.error('ü\u2028\0');
  expect(host.stderr.text).toBe('warning: a\\u000ab\\u001b[31m\nerror: ü\\u2028\\u0000\n');
});

test('--json replaces the lines for people by objects, with null for what JSON cannot say', () => {
  const host = new FakeHost();
  const terminal = new Terminal(host, { json: true });
  terminal.result('done');
  terminal.record({ step: 1, D: Number.NaN });
  expect(host.stdout.text).toBe('{"step":1,"D":null}\n');
});

test('--quiet keeps results, warnings and errors', () => {
  const host = new FakeHost();
  const terminal = new Terminal(host, { quiet: true });
  terminal.result('done');
  terminal.log('working');
  terminal.warn('odd');
  terminal.error('bad');
  expect(host.stdout.text).toBe('done\n');
  expect(host.stderr.text).toBe('warning: odd\nerror: bad\n');
});

test.each<[boolean, Record<string, string>, boolean | undefined, boolean]>([
  [true, {}, undefined, true],
  [false, {}, undefined, false],
  [true, { NO_COLOR: '1' }, undefined, false],
  [true, { NO_COLOR: '' }, undefined, true],
  [true, {}, false, false],
])('terminal %s, environment %o and color %s: lively is %s', (tty, env, color, lively) => {
  expect(new Terminal(new FakeHost({ tty, env }), { color }).lively).toBe(lively);
});

test('a reader that goes away aborts `closed` and throws nothing', async () => {
  const host = new FakeHost();
  const terminal = new Terminal(host);
  expect(terminal.closed.aborted).toBe(false);
  host.stderr.emit('error', readerGone());
  expect(terminal.closed.aborted).toBe(false);
  host.stdout.emit('error', readerGone());
  expect(terminal.closed.aborted).toBe(true);
  expect([await terminal.settle(0), host.stderr.text]).toEqual([0, '']);
});

test.each([
  ['ENOSPC', 'no space is left where it goes: free some, or send it elsewhere (ENOSPC)'],
  ['EIO', 'i/o error, write'],
])('results that cannot be written because of %s abort `closed`, and are an error', async (code, why) => {
  for (const [ended, told] of [
    [0, 1],
    [130, 130],
  ]) {
    const host = new FakeHost();
    host.stdout._write = (_chunk, _encoding, done) =>
      process.nextTick(done, Object.assign(new Error('i/o error, write'), { code }));
    const terminal = new Terminal(host);
    terminal.result('lost');
    expect(await terminal.settle(ended)).toBe(told);
    expect(terminal.closed.reason).toBe(await terminal.failure());
    expect(host.stderr.text).toBe(`error: cannot write standard output: ${why}\n`);
  }
});

test('logs that cannot be written end nothing', async () => {
  const host = new FakeHost();
  const terminal = new Terminal(host);
  host.stderr.emit('error', diskFull());
  expect([terminal.closed.aborted, await terminal.settle(0)]).toEqual([false, 0]);
});

test('a process that runs many commands has one listener for each stream', () => {
  const host = new FakeHost();
  const terminals = Array.from({ length: 20 }, () => new Terminal(host));
  expect([host.stdout, host.stderr].map((stream) => stream.listenerCount('error'))).toEqual([1, 1]);
  host.stdout.emit('error', readerGone());
  expect(terminals.every(({ closed }) => closed.aborted)).toBe(true);
});
