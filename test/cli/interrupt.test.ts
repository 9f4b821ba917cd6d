import { listenForInterrupt } from '../../src/cli/interrupt';
import { FakeHost } from './fakes';

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

test('dispose leaves no listener', () => {
  const host = new FakeHost();
  listenForInterrupt(host, () => {}).dispose();
  expect(listeners(host)).toBe(0);
});
