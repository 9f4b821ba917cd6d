import { ReportView } from '../../src/cli/report-view';
import { Terminal } from '../../src/cli/terminal';
import type { ModelUse } from '../../src/report/model-use';
import type { TrainingEvaluation } from '../../src/training/evaluation';
import type { Report } from '../../src/training/report';
import { row } from '../report/rows';
import { FakeHost } from './fakes';

function report(step: number, more: Partial<Report> = {}): Report {
  return {
    step,
    steps: 40,
    epoch: 0,
    imagesPerSecond: 100,
    losses: { D: 0.5 },
    statistics: {},
    notes: [],
    ...more,
  };
}

/** A view whose clock the test sets. */
function view({
  resumed = false,
  flags = {},
  tty = false,
  use,
}: {
  resumed?: boolean;
  flags?: object;
  tty?: boolean;
  use?: ModelUse;
} = {}) {
  const host = new FakeHost({ tty });
  const terminal = new Terminal(host, flags);
  const time = { ms: 0 };
  const options = { terminal, steps: 40, folder: 'runs/a', resumed, use, now: () => time.ms };
  return { host, time, view: new ReportView(options) };
}

test('the speed in the end is that of all images over all time', () => {
  const { host, time, view: shown } = view();
  time.ms = 1000;
  shown.show(report(10, { imagesPerSecond: 100 }));
  time.ms = 4000;
  shown.show(report(40, { imagesPerSecond: 300, samples: 'a.png', checkpoint: 'step-000040' }));
  shown.stop();
  shown.conclude({ interrupted: false });
  expect(host.stdout.text).toBe(
    'samples    a.png\ncheckpoint step-000040\nreport     runs/a/report.html\nspeed      250 images/s\n' +
      'next       npx ts-node scripts/sample.ts --checkpoint runs/a --count 64 --seed 1 --out grid.png\n',
  );
});

test.each([
  ['apply', 'apply.ts --checkpoint runs/a --in photos --out made'],
  ['fill', 'apply.ts --checkpoint runs/a --in photos --mask masks --out made'],
  ['score', 'score.ts --checkpoint runs/a --in photos --maps maps'],
] as const)('the next thing to type for a model to %s is %s', (use, command) => {
  const { host, view: shown } = view({ use });
  shown.show(report(40));
  shown.stop();
  shown.conclude({ interrupted: false });
  expect(host.stdout.text).toContain(`next       npx ts-node scripts/${command}\n`);
});

test('after an interruption the next thing to type is how to go on', () => {
  const { host, view: shown } = view();
  shown.show(report(10));
  shown.stop();
  shown.conclude({ interrupted: true });
  expect(host.stdout.text).toContain('next       npx ts-node scripts/train.ts --resume runs/a\n');
});

test('an interruption turns the bar into plain lines and gives the cursor back', () => {
  const { host, view: shown } = view({ tty: true });
  shown.show(report(10));
  shown.interrupt('interrupted');
  const before = host.stderr.text;
  expect(before.lastIndexOf('\x1b[?25h')).toBeGreaterThan(before.lastIndexOf('\x1b[?25l'));
  expect(before.endsWith('\ninterrupted\n')).toBe(true);
  shown.show(report(11));
  const after = host.stderr.text.slice(before.length);
  expect(after).toMatch(/^step 11\/40 · .*\n$/);
  expect(after).not.toContain('\x1b');
  shown.stop();
});

test('what the trainer has to say is shown, with --quiet too', () => {
  const note = 'step-000030 is damaged; going on from step-000020';
  const loud = view({ resumed: true });
  loud.view.show(report(30, { notes: [note] }));
  expect(loud.host.stderr.text).toMatch(new RegExp(`^warning: ${note}\\nstep 30/40 · .*\\n$`));
  const quiet = view({ flags: { quiet: true } });
  quiet.view.show(report(30, { notes: [note] }));
  expect(quiet.host.stderr.text).toBe(`warning: ${note}\n`);
});

test('without a report the run was complete before', () => {
  const { host, view: shown } = view({ resumed: true });
  shown.conclude({ interrupted: false });
  expect(host.stdout.text).toBe('');
  expect(host.stderr.text).toBe(
    'warning: runs/a was trained for 40 steps or more already: give --steps a larger number to go on\n',
  );
});

test.each([
  [false, 'interrupted before the first step: nothing was trained'],
  [true, 'interrupted before a step was done: nothing was trained since'],
])('interrupted before a report, resumed %s, it tells that and no more', (resumed, line) => {
  const { host, view: shown } = view({ resumed });
  shown.stop();
  shown.conclude({ interrupted: true });
  expect([host.stdout.text, host.stderr.text]).toEqual(['', `warning: ${line}\n`]);
});

test('with --json every report is an object, without the notes', () => {
  const { host, view: shown } = view({ flags: { json: true } });
  shown.show(report(10, { notes: ['odd'], losses: { D: Number.NaN } }));
  expect(JSON.parse(host.stdout.text)).toEqual({
    event: 'report',
    step: 10,
    steps: 40,
    epoch: 0,
    imagesPerSecond: 100,
    losses: { D: null },
    statistics: {},
  });
  shown.stop();
});

test('evaluations are shown as they come, a collapse once, and their share of the time in the end', () => {
  const { host, time, view: shown } = view();
  const judged = (step: number, fid: number, collapse?: string): TrainingEvaluation => {
    const best = { step: 10, value: 4, row: row(10) };
    const numbers = row(step, { metrics: { fid }, errors: { fid: 0.1 } });
    return {
      row: numbers,
      bestBy: 'fid',
      best,
      isBest: step === 10,
      beginsAnew: false,
      collapse,
      seconds: 1,
    };
  };
  time.ms = 5_000;
  shown.show(report(10, { evaluation: judged(10, 4) }));
  time.ms = 10_000;
  shown.show(report(20, { evaluation: judged(20, 9, 'FID is now 2.3 × its best, at step 10') }));
  time.ms = 20_000;
  shown.show(report(30, { evaluation: judged(30, 10, 'FID is now 2.5 × its best, at step 10') }));
  shown.stop();
  shown.conclude({ interrupted: false });
  expect(host.stderr.text).toContain('step 10: FID 4.00 ± 0.10, the best so far\n');
  expect(host.stderr.text.match(/warning: .*/g)).toEqual([
    'warning: FID is now 2.3 × its best, at step 10: runs/a/best has the weights of step 10',
  ]);
  expect(host.stdout.text).toMatch(/^best {7}runs\/a\/best$/m);
  expect(host.stdout.text).toMatch(/^speed {6}100 images\/s, evaluation 15.0 % of the time$/m);
});
