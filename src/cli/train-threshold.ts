import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecipeFile } from '../io/program-name';
import { writeWhole } from '../io/whole-file';
import { load } from '../recipes/index';
import { writeReport } from '../report/page/write-report';
import { shareAbove, thresholdAt } from '../training/normal-scores';
import { commandLine } from './command-line';
import { listenForInterrupt } from './interrupt';
import { progressOf } from './progress';
import { keptNormalScores } from './scoring';
import type { TrainSettings } from './settings';
import type { CommandContext } from './terminal';

/** A training that has ended. */
interface Trained {
  /** The run directory. */
  readonly folder: string;
  readonly settings: TrainSettings;
}

/**
 * Takes the threshold of a model that has learned what is normal from the images that were held out, keeps it in the newest checkpoint, and
 * tells how many of the learned images lie above it: many, where they hold what should be found.
 */
export async function tellThreshold(
  { folder, settings }: Trained,
  { host, terminal }: CommandContext,
): Promise<void> {
  const interrupt = listenForInterrupt(host, () =>
    terminal.log('interrupted: the threshold is taken when it is asked for'),
  );
  const signal = AbortSignal.any([interrupt.signal, terminal.closed]);
  const recipe = isRecipeFile(settings.recipe) ? settings.recipe : undefined;
  const model = await load(folder, { recipe, device: settings.device, scorer: true });
  try {
    const onProgress = progressOf(terminal);
    const request = { settings: { dataset: undefined, dataDir: settings.dataDir, resolution: undefined } };
    const onNote = (note: string) => terminal.warn(note);
    const normal = await keptNormalScores(model, request, { onProgress, onNote, signal });
    if (!normal) return;
    const { falseAlarms = 0.05 } = model.scorer ?? {};
    const threshold = thresholdAt(normal, falseAlarms);
    const learnedAbove = shareAbove(normal.learned, threshold);
    terminal.result(
      `threshold  ${threshold.toPrecision(6)}: ${percent(falseAlarms)} false alarms, by ${normal.of}`,
    );
    terminal.result(`learned    ${percent(learnedAbove)} of the learned images lie above it`);
    const { step } = model;
    const found = { step, threshold, falseAlarms, of: normal.of, learnedAbove };
    await writeWhole(join(folder, 'threshold.json'), (partial) =>
      writeFile(partial, `${JSON.stringify(found, null, 2)}\n`),
    );
    await writeReport(folder, { commandLine });
    terminal.record({ event: 'threshold', ...found });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    interrupt.dispose();
    model.dispose();
  }
}

/** `5 %` */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
