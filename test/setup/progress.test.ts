import { progress, withProgress } from '../../src/setup/progress';
import { Sink } from '../cli/fakes';

let now = 0;

beforeEach(() => {
  now = 1_000_000;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});

afterEach(() => jest.restoreAllMocks());

test('work that throws ends the line with "failed"', async () => {
  const stderr = new Sink();
  const work = async () => {
    throw new Error('no');
  };
  await expect(withProgress('task', { env: {}, stderr }, { work, outcome: String })).rejects.toThrow('no');
  expect(stderr.text).toBe('task: failed (0 s)\n');
});

test('without a stream nothing is shown', () => {
  const line = progress('task', { env: {}, stderr: null });
  line.update(0.5);
  line.done('done');
});

test('a stream that is no terminal gets a plain line every ten seconds', () => {
  const stderr = new Sink();
  const line = progress('task', { env: {}, stderr });
  for (let i = 0; i < 25; i++) {
    now += 1000;
    line.update(i / 25, 'a.whl');
  }
  line.done('done');
  expect(stderr.text).toBe('task: 36 %, 10 s, a.whl\ntask: 76 %, 20 s, a.whl\ntask: done (25 s)\n');
});

test('NO_COLOR makes a terminal get plain lines', () => {
  const stderr = new Sink(true);
  progress('task', { env: { NO_COLOR: '1' }, stderr }).done('done');
  expect(stderr.text).toBe('task: done (0 s)\n');
});

test('a terminal gets a bar that is drawn over itself, and not longer than a row', () => {
  const stderr = new Sink(true);
  const line = progress('task', { env: {}, stderr });
  now += 1000;
  line.update(0.5, 'x'.repeat(100));
  const row = `task ${'█'.repeat(12)}${'░'.repeat(12)} 50 % 1 s ${'x'.repeat(100)}`.slice(0, 79);
  expect(stderr.text).toBe(`\r\x1b[2K${row}`);
});
