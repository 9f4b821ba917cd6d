import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun } from '../../../../src/report/page/read-run';
import { overviewSection } from '../../../../src/report/page/sections/overview';
import { CONFIG, writeRun } from '../run-fixture';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overview-'));
  writeRun(folder, { config: CONFIG });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function overviewWith(threshold: string): Promise<string> {
  writeFileSync(join(folder, 'threshold.json'), threshold);
  return String(overviewSection(await readRun(folder)));
}

const found = { step: 10, threshold: 0.0123, falseAlarms: 0.05, learnedAbove: 0.052 };

test('a threshold that is damaged is as if it were not there', async () => {
  expect(await overviewWith('{"step": 10, "threshold": 1')).not.toContain('Threshold');
  expect(await overviewWith(JSON.stringify({ ...found, learnedAbove: 'many' }))).not.toContain('Threshold');
});

test('a threshold is told with the share of learned images above it', async () => {
  const text = await overviewWith(JSON.stringify(found));
  expect(text).toContain('0.0123 for 5.00 % false alarms');
  expect(text).toContain('5.20 %');
  expect(text).not.toContain('class="warning"');
});

test('a set that holds what should be found is warned of', async () => {
  expect(await overviewWith(JSON.stringify({ ...found, learnedAbove: 0.11 }))).toContain(
    '11.0 % of the learned images lie above the threshold, where 5.00 % are expected: they may hold what should be found.',
  );
});

test('what the training warned of is told, and when it was over; what is no warning is left out', async () => {
  const text = 'step 710: the discriminator has won <b>: try --resume with --set lr=1';
  const warnings = [{ step: 710, problem: 'discriminator-wins', text, over: 1_200 }, { text: 7 }, 'none'];
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...CONFIG, warnings }));
  expect(String(overviewSection(await readRun(folder)))).toContain(
    '<div class="warning" role="note"><p>Step 710: the discriminator has won &lt;b&gt;: try --resume with --set lr=1. It was over at step 1,200.</p></div>',
  );
});
