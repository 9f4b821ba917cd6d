import { listenForInterrupt, untilInterrupted } from '../../src/cli/interrupt';
import { Terminal } from '../../src/cli/terminal';
import { FakeHost, readerGone } from './fakes';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function listeners({ signals }: FakeHost): number {
  return signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM');
}

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s aborts the signal, calls back once and means exit code %i', (name, code) => {
  const host = new FakeHost();
  const seen: string[] = [];
  const interrupt = listenForInterrupt(host, (signal) => seen.push(signal));
  expect([interrupt.signal.aborted, interrupt.exitCode]).toEqual([false, undefined]);
  host.signals.emit(name);
  expect([interrupt.signal.aborted, interrupt.exitCode]).toEqual([true, code]);
  expect(seen).toEqual([name]);
  interrupt.dispose();
});

test('after the first signal nobody listens, so that the next one ends the process by itself', () => {
  const host = new FakeHost();
  const interrupt = listenForInterrupt(host, () => {});
  host.signals.emit('SIGINT');
  jest.advanceTimersByTime(1);
  expect(listeners(host)).toBe(0);
  expect(interrupt.exitCode).toBe(130);
  interrupt.dispose();
});

test('two signals that waited behind a long step end the process', () => {
  const host = new FakeHost();
  const seen: string[] = [];
  listenForInterrupt(host, (signal) => seen.push(signal));
  host.signals.emit('SIGINT');
  host.signals.emit('SIGTERM');
  expect(seen).toEqual(['SIGINT']);
  expect(host.kills).toEqual([[host.pid, 'SIGTERM']]);
  expect(listeners(host)).toBe(0);
});

test('under npm the same signal, passed on once more, is no second one', () => {
  const host = new FakeHost({ env: { npm_command: 'exec' } });
  const interrupt = listenForInterrupt(host, () => {});
  host.signals.emit('SIGINT');
  jest.advanceTimersByTime(150);
  host.signals.emit('SIGINT');
  expect(host.kills).toEqual([]);
  expect(listeners(host)).toBe(2);
  jest.advanceTimersByTime(100);
  expect(listeners(host)).toBe(0);
  interrupt.dispose();
});

test.each(['SIGHUP', 'SIGTERM'])(
  'a terminal that is closed sends SIGHUP, also after %s: it is no second signal for a while',
  (first) => {
    const host = new FakeHost();
    const seen: string[] = [];
    const interrupt = listenForInterrupt(host, (signal) => seen.push(signal));
    host.signals.emit(first);
    jest.advanceTimersByTime(1_900);
    host.signals.emit('SIGHUP');
    expect([seen, host.kills, listeners(host)]).toEqual([[first], [], 0]);
    jest.advanceTimersByTime(200);
    expect(host.signals.listenerCount('SIGHUP')).toBe(0);
    interrupt.dispose();
  },
);

test('another signal behind SIGHUP ends the process', () => {
  const host = new FakeHost();
  listenForInterrupt(host, () => {});
  for (const signal of ['SIGHUP', 'SIGHUP', 'SIGTERM']) host.signals.emit(signal);
  expect(host.kills).toEqual([[host.pid, 'SIGTERM']]);
  expect(listeners(host) + host.signals.listenerCount('SIGHUP')).toBe(0);
});

test('dispose leaves no listener', () => {
  const host = new FakeHost();
  listenForInterrupt(host, () => {}).dispose();
  expect(listeners(host) + host.signals.listenerCount('SIGHUP')).toBe(0);
});

describe('work that a signal may end', () => {
  const contextOf = (host: FakeHost) => ({ host, terminal: new Terminal(host) });

  test('is told of the signal, and so is the user; the exit code is that of the signal, however the work ends', async () => {
    for (const failure of [null, new Error('left')]) {
      const host = new FakeHost();
      const code = await untilInterrupted(contextOf(host), 'writing the rest', async ({ signal }) => {
        host.signals.emit('SIGTERM');
        expect(signal.aborted).toBe(true);
        if (failure) throw failure;
      });
      expect([code, listeners(host)]).toEqual([143, 0]);
      expect(host.stderr.text).toBe('interrupted: writing the rest; once more to leave at once\n');
    }
  });

  test('without a signal gives 0, or fails with its own error', async () => {
    const host = new FakeHost();
    expect(await untilInterrupted(contextOf(host), '', async () => {})).toBe(0);
    const failing = untilInterrupted(contextOf(host), '', () => Promise.reject(new Error('full')));
    await expect(failing).rejects.toThrow('full');
    expect([listeners(host), host.stderr.text]).toEqual([0, '']);
  });

  test('ends as well where nobody reads stdout any more, which is no signal', async () => {
    const host = new FakeHost();
    const code = await untilInterrupted(contextOf(host), '', async ({ signal }) => {
      host.stdout.emit('error', readerGone());
      expect(signal.aborted).toBe(true);
    });
    expect(code).toBe(0);
  });

  test('shows its progress, but not with --quiet', async () => {
    const host = new FakeHost();
    const shown = async (quiet: boolean) => {
      const context = { host, terminal: new Terminal(host, { quiet }) };
      let shows = false;
      await untilInterrupted(context, '', async ({ onProgress }) => {
        shows = onProgress !== undefined;
      });
      return shows;
    };
    expect([await shown(false), await shown(true)]).toEqual([true, false]);
  });
});
