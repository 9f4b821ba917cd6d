import { Writable } from 'node:stream';
import { createProgress, formatDuration, formatLoss, formatRate } from '../../src/report/progress';

/** A stream that remembers what was written, as a terminal when asked. */
class Screen extends Writable {
  text = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 200,
  ) {
    super({ decodeStrings: false });
  }
  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

function clock() {
  const time = { ms: 0 };
  return { time, now: () => time.ms };
}

const report = {
  step: 400,
  imagesPerSecond: 512.4,
  losses: { D: 0.651234, G: 1.2 },
  samples: 'runs/a/samples/step-000400.png',
};

test('without a terminal every report is one plain line', () => {
  const screen = new Screen(false);
  const { time, now } = clock();
  const progress = createProgress({ steps: 2000, stream: screen, bar: true, now });
  time.ms = 20_000;
  progress.update(report);
  progress.update({ step: 2000, imagesPerSecond: 9.87, losses: { D: 0.5 } });
  progress.stop();
  expect(screen.text).toBe(
    'step 400/2000 · 512 images/s · D 0.6512 · G 1.2 · 1m 20s left · runs/a/samples/step-000400.png\n' +
      'step 2000/2000 · 9.9 images/s · D 0.5 · runs/a/samples/step-000400.png\n',
  );
});

test('a terminal where bars are not wanted gets the same plain lines', () => {
  const screen = new Screen(true);
  const progress = createProgress({ steps: 2000, stream: screen, bar: false });
  progress.update({ step: 2000, imagesPerSecond: 10, losses: {} });
  progress.note('warning: one bad image');
  progress.stop();
  expect(screen.text).toBe('step 2000/2000 · 10 images/s\nwarning: one bad image\n');
});

test('the time left counts the steps of this run only', () => {
  const screen = new Screen(false);
  const { time, now } = clock();
  const progress = createProgress({ steps: 300, start: 100, stream: screen, bar: false, now });
  time.ms = 10_000;
  progress.update({ step: 200, imagesPerSecond: 10, losses: {} });
  expect(screen.text).toBe('step 200/300 · 10 images/s · 10s left\n');
});

test('the time left goes by the steps of the stage, from the report before it on', () => {
  const screen = new Screen(false);
  const { time, now } = clock();
  const progress = createProgress({ steps: 1000, stream: screen, bar: false, now });
  for (const [ms, step, number] of [
    [10_000, 100, 1],
    [20_000, 200, 1],
    [60_000, 300, 2],
    [100_000, 400, 2],
  ]) {
    time.ms = ms;
    progress.update({ step, imagesPerSecond: 10, losses: {}, stage: { number } });
  }
  expect(screen.text.match(/[^·]* left/g)).toEqual([
    ' 1m 30s left',
    ' 1m 20s left',
    ' 4m 40s left',
    ' 4m 0s left',
  ]);
});

test('a terminal gets a bar that shows the newest report and gives the cursor back', () => {
  const screen = new Screen(true);
  const progress = createProgress({ steps: 800, stream: screen, bar: true });
  progress.update(report);
  progress.note('warning: one bad image');
  progress.stop();
  progress.stop();
  expect(screen.text).toContain('[==========          ] step 400/800 · 512 images/s · D 0.6512 · G 1.2');
  expect(screen.text).toContain('warning: one bad image\n');
  expect(screen.text.lastIndexOf('\x1b[?25h')).toBeGreaterThan(screen.text.lastIndexOf('\x1b[?25l'));
});

test('a terminal too narrow for the path of a grid gets it above the bar, once', () => {
  const screen = new Screen(true, 80);
  const progress = createProgress({ steps: 800, stream: screen, bar: true });
  progress.update(report);
  progress.update({ ...report, step: 410, samples: undefined });
  progress.update({ ...report, step: 500, samples: 'runs/a/samples/step-000500.png' });
  progress.stop();
  const lines = screen.text.split('\n');
  expect(lines.map((line) => line.match(/runs.*png/g))).toEqual([
    ['runs/a/samples/step-000400.png'],
    ['runs/a/samples/step-000500.png'],
    null,
    null,
  ]);
});

test('after a note the bar goes back to the line below it', () => {
  const screen = new Screen(true);
  const progress = createProgress({ steps: 800, stream: screen, bar: true });
  progress.note('hello');
  // Save cursor is ESC 7: the place that the end of the bar restores with ESC 8.
  expect(screen.text.endsWith('hello\n\x1b[?7l\x1b7')).toBe(true);
  progress.stop();
});

test.each([
  [0, '0s'],
  [0.2, '1s'],
  [59.5, '1m 0s'],
  [80, '1m 20s'],
  [3600, '1h 0m'],
  [90_061, '25h 1m'],
])('%d seconds read %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test('losses have four significant digits, not numbers included', () => {
  expect([0.651234, 12345.6, 1e-7, -0.5, Number.NaN, Number.POSITIVE_INFINITY].map(formatLoss)).toEqual([
    '0.6512',
    '12350',
    '1e-7',
    '-0.5',
    'NaN',
    'Infinity',
  ]);
  expect([9.87, 10.4, 51234.5].map(formatRate)).toEqual(['9.9', '10', '51235']);
});
