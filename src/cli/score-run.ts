import { writeFile } from 'node:fs/promises';
import { ofBytes } from '../data/levels';
import { messageOf } from '../errors';
import type { Detection } from '../metrics/detection';
import type { ImageSource } from '../metrics/image-source';
import { load } from '../recipes/index';
import { metricFacts } from '../report/evaluations';
import { formatRate } from '../report/progress';
import { formatMeasured } from '../report/summary';
import { fromBytes } from '../tensor/create';
import type { LoadedModel } from '../training/load';
import { type NormalScores, shareAbove, thresholdAt } from '../training/normal-scores';
import { type InterruptibleWork, untilInterrupted } from './interrupt';
import { notesOf } from './model-notes';
import { type ScoredFile, scoredFiles } from './score-files';
import { ScoreImages, type ScoreInput } from './score-images';
import { MaskJudge, type WholeMap, wholeMap, writeMap } from './score-maps';
import type { ScoreSettings } from './score-settings';
import { keptNormalScores, requireScorer, type ScoringContext, scoresOf } from './scoring';
import type { CommandContext, Terminal } from './terminal';
import { percent } from './train-threshold';
import { writeResult } from './write-result';

/** When an image is taken for an unusual one. */
interface Threshold {
  readonly value: number;
  readonly falseAlarms: number;
  readonly normal: NormalScores;
}

/** A line of the result. */
interface Row {
  readonly file: string;
  readonly score: number;
  /** Absent where there is no threshold. */
  readonly above?: boolean;
}

/** One `score`. */
interface ScoreJob extends ScoringContext {
  readonly model: LoadedModel;
  readonly settings: ScoreSettings;
  readonly images: ScoreImages;
  readonly terminal: Terminal;
  readonly threshold: Threshold | null;
  readonly masks: MaskJudge | null;
  /** Whether to go on with the next images. */
  goesOn(): boolean;
}

/**
 * Loads the model, takes its threshold, and scores the images.
 *
 * @returns the exit code: 0, or 129, 130 or 143 when a signal ended it, with the rows that were told by then
 */
export async function runScore(settings: ScoreSettings, context: CommandContext): Promise<number> {
  const files = await scoredFiles(settings);
  const model = await load(settings.checkpoint, { ...settings, scorer: true });
  try {
    return await untilInterrupted(context, 'ending with the images in work', (work) =>
      scoreFiles(files, { ...work, model, settings, terminal: context.terminal }),
    );
  } finally {
    model.dispose();
  }
}

async function scoreFiles(
  files: readonly ScoredFile[],
  work: InterruptibleWork & Pick<ScoreJob, 'model' | 'settings' | 'terminal'>,
): Promise<void> {
  const { model, settings, terminal, signal } = work;
  requireScorer(model);
  for (const note of notesOf(model, settings.weights)) terminal.warn(note);
  const images = await ScoreImages.for(model, settings);
  const threshold = await thresholdOf(model, settings, work);
  const masks = settings.masks === undefined ? null : new MaskJudge();
  const job: ScoreJob = { ...work, images, threshold, masks, goesOn: () => !signal.aborted };
  const start = performance.now();
  const rows = await scoreAll(files, job);
  await conclude(rows, (performance.now() - start) / 1000, job);
}

/** Null where no normal images are known that the model has not learned: scores are told all the same. */
async function thresholdOf(
  model: LoadedModel,
  settings: ScoreSettings,
  { terminal, onProgress, signal }: ScoringContext & { readonly terminal: Terminal },
): Promise<Threshold | null> {
  const { falseAlarms = requireScorer(model).falseAlarms ?? 0.05 } = settings;
  const request = { settings: { ...settings, resolution: undefined } };
  const onNote = (note: string) => terminal.warn(note);
  try {
    const normal = await keptNormalScores(model, request, { onProgress, signal, onNote });
    if (normal) return { value: thresholdAt(normal, falseAlarms), falseAlarms, normal };
    onNote('no threshold: no normal images were held out of the training, which --set heldOut=0.1 does');
  } catch (error) {
    if (signal?.aborted) throw error;
    onNote(`no threshold: ${messageOf(error)}`);
  }
  return null;
}

/** Images that are opened at once, where neither the user nor the model says. */
const BATCH = 250;

async function scoreAll(files: readonly ScoredFile[], job: ScoreJob): Promise<Row[]> {
  const { settings, model, images, terminal, goesOn } = job;
  const { batch = model.scorer?.batch ?? BATCH } = settings;
  const rows: Row[] = [];
  const places = new Map(files.map(({ from }, place) => [from, place]));
  const open = (start: number) => {
    const opened = images.open(files.slice(start, start + batch));
    // Awaited later: what fails before that is not unheard.
    opened.catch(() => {});
    return opened;
  };
  let next = open(0);
  for (let start = 0; start < files.length && goesOn(); start += batch) {
    const opened = await next;
    // Decoded in other threads while these are scored.
    next = open(start + batch);
    for (const { inputs, first } of neighbours(opened, places))
      for (const row of await scoreBatch(inputs, first, job)) {
        rows.push(row);
        terminal.result(rowText(row));
        terminal.record({ event: 'image', ...row });
      }
  }
  return rows;
}

/** Images that follow one another among the files. */
interface Neighbours {
  readonly inputs: ScoreInput[];
  /** The place of the first of them. */
  readonly first: number;
}

/** Images in parts without a gap: what is drawn for an image goes by its place among the files, whatever was left out before it. */
function neighbours(opened: readonly ScoreInput[], places: ReadonlyMap<string, number>): Neighbours[] {
  const parts: Neighbours[] = [];
  for (const input of opened) {
    const place = places.get(input.from) ?? 0;
    const last = parts.at(-1);
    if (last && last.first + last.inputs.length === place) last.inputs.push(input);
    else parts.push({ inputs: [input], first: place });
  }
  return parts;
}

function rowText({ file, score, above }: Row): string {
  const verdict = above === undefined ? '' : above ? 'above  ' : 'below  ';
  return `${score.toPrecision(6).padStart(12)}  ${verdict}${file}`;
}

async function scoreBatch(inputs: readonly ScoreInput[], first: number, job: ScoreJob): Promise<Row[]> {
  const { model, settings, threshold, masks } = job;
  const wantsMaps = settings.maps !== undefined || masks !== null;
  const maps: WholeMap[] = [];
  const scores = await scoresOf(model, sourceOf(inputs, model), {
    seed: first,
    ...(wantsMaps && {
      onMaps: (batch, start) => {
        for (const [i, map] of batch.split(1).entries()) maps.push(wholeMap(map, inputs[start + i]));
      },
    }),
  });
  for (const [i, map] of maps.entries()) {
    const input = inputs[i];
    if (input.map !== null) await writeMap(input.map, map, input);
    await masks?.add(input, scores[i], map);
  }
  return inputs.map(({ name }, i) => ({
    file: name,
    score: scores[i],
    ...(threshold && { above: scores[i] > threshold.value }),
  }));
}

/** Images that are decoded as a source. */
function sourceOf(inputs: readonly ScoreInput[], { specs, device }: LoadedModel): ImageSource {
  const { channels, height, width } = specs.images;
  return {
    count: inputs.length,
    spec: { channels, height, width },
    fetch: async (start, end) => () => {
      const bytes = Buffer.concat(inputs.slice(start, end).map(({ pixels }) => pixels));
      const shape = [end - start, channels, height, width];
      return ofBytes(fromBytes(bytes, { dtype: 'uint8', shape, device }));
    },
  };
}

/**
 * @param seconds what it took to open and score the images of `rows`
 * @throws GanError `ERR_DATA_EMPTY` where every image was left out
 */
async function conclude(rows: readonly Row[], seconds: number, job: ScoreJob): Promise<void> {
  const { model, settings, images, terminal, threshold, masks } = job;
  const { out, maps } = settings;
  if (job.goesOn()) images.leftOut.requireSome(rows.length);
  for (const reason of images.leftOut.reasons) terminal.warn(`left out: ${reason}`);
  if (out !== undefined)
    await writeResult(out, (partial) =>
      writeFile(partial, rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
    );
  const above = rows.filter((row) => row.above).length;
  const judged = masks && rows.length > 0 ? masks.judge() : null;
  for (const what of judged ? (['images', 'pixels'] as const) : [])
    if (!judged?.[what])
      terminal.warn(`no AUROC by ${what}: by --masks all ${what} are of one kind, normal or unusual`);
  const lines = {
    images: String(rows.length),
    ...(threshold && {
      threshold: `${threshold.value.toPrecision(6)}: ${percent(threshold.falseAlarms)} false alarms, by ${threshold.normal.of}`,
      above: `${above}, ${percent(above / Math.max(1, rows.length))} of them`,
    }),
    ...(out !== undefined && { out }),
    ...(maps !== undefined && { maps }),
  };
  for (const [key, text] of Object.entries(lines)) terminal.result(`${key.padEnd(11)}${text}`);
  for (const [what, found] of Object.entries(judged ?? {}))
    for (const [name, measured] of Object.entries(found as Detection))
      terminal.result(`${metricFacts(name).label} of ${what}  ${formatMeasured(measured)}`);
  terminal.log(`after loading: ${formatRate(rows.length / seconds)} images/s, opened and scored`);
  const { checkpoint, step, weights } = model;
  terminal.record({
    event: 'end',
    ...{ checkpoint, step, weights },
    ...{ images: rows.length, skipped: images.leftOut.reasons.length },
    imagesPerSecond: rows.length / seconds,
    ...(threshold && {
      threshold: threshold.value,
      falseAlarms: threshold.falseAlarms,
      of: threshold.normal.of,
      above,
      learnedAbove: shareAbove(threshold.normal.learned, threshold.value),
    }),
    ...(judged && { judged }),
    ...(out !== undefined && { out }),
    ...(maps !== undefined && { maps }),
  });
}
