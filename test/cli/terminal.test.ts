import { Terminal } from '../../src/cli/terminal';
import { FakeHost } from './fakes';

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

test('a reader that goes away aborts `closed` and throws nothing', () => {
  const host = new FakeHost();
  const terminal = new Terminal(host);
  expect(terminal.closed.aborted).toBe(false);
  host.stderr.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  expect(terminal.closed.aborted).toBe(false);
  host.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  expect(terminal.closed.aborted).toBe(true);
});

test('a process that runs many commands has one listener for each stream', () => {
  const host = new FakeHost();
  const terminals = Array.from({ length: 20 }, () => new Terminal(host));
  expect([host.stdout, host.stderr].map((stream) => stream.listenerCount('error'))).toEqual([1, 1]);
  host.stdout.emit('error', new Error('EPIPE'));
  expect(terminals.every(({ closed }) => closed.aborted)).toBe(true);
});
