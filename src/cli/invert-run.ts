import { setImmediate as turn } from 'node:timers/promises';
import { ofBytes } from '../data/levels';
import { requirePlace } from '../io/make-folder';
import type { FeatureExtractor } from '../metrics/extractor';
import { load } from '../recipes/index';
import { type FoundStyles, StyleSearch } from '../style/search';
import type { StyleStatistics } from '../style/statistics';
import { fromBytes } from '../tensor/create';
import { keep, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { LoadedModel } from '../training/load';
import { seededStatistics } from '../training/style-paths';
import { type InterruptibleWork, untilInterrupted } from './interrupt';
import { type InvertedFile, invertedFiles } from './invert-files';
import type { InvertSettings } from './invert-settings';
import { Film, type Outcome, writeOutcome } from './invert-write';
import { notesOf } from './model-notes';
import { ScoreImages, type ScoreInput } from './score-images';
import { openSearchFeatures } from './search-features';
import { type LoadedStyled, requireStyled } from './styled-model';
import type { CommandContext, Terminal } from './terminal';

/** Images that are decoded at once. */
const AT_ONCE = 64;
/** What mean and spread of w are drawn by. */
const STATISTICS_SEED = 0;

/** An image in the model's form, with what is to be written of it. */
type InvertInput = ScoreInput & InvertedFile;

/** One `invert`. */
interface InvertJob extends InterruptibleWork {
  readonly model: LoadedModel;
  readonly styled: LoadedStyled;
  readonly settings: InvertSettings;
  readonly terminal: Terminal;
  readonly features: FeatureExtractor | null;
  /** Where w lies. */
  readonly statistics: StyleStatistics;
}

/**
 * Loads the model, searches the latents of the images, and writes what was found.
 *
 * @returns the exit code: 0, or 129, 130 or 143 when a signal ended it, with what was found of the images in work by then
 */
export async function runInvert(settings: InvertSettings, context: CommandContext): Promise<number> {
  const files = await invertedFiles(settings);
  for (const { picture } of files) requirePlace(picture);
  const model = await load(settings.checkpoint, settings);
  try {
    return await untilInterrupted(context, 'writing what was found so far', (work) =>
      invertFiles(files, { ...work, model, settings, terminal: context.terminal }),
    );
  } finally {
    model.dispose();
  }
}

async function invertFiles(
  files: readonly InvertedFile[],
  work: InterruptibleWork & Pick<InvertJob, 'model' | 'settings' | 'terminal'>,
): Promise<void> {
  const { model, settings, terminal } = work;
  const styled = requireStyled(model, 'invert', settings.label);
  for (const note of notesOf(model, settings.weights)) terminal.warn(note);
  const images = await ScoreImages.for(model, { ...settings, whole: true });
  const inputs = await openAll(images, files);
  images.leftOut.requireSome(inputs.length);
  for (const reason of images.leftOut.reasons) terminal.warn(`left out: ${reason}`);
  const features = await openSearchFeatures(model, work);
  try {
    const statistics = keep(seededStatistics(styled, { seed: STATISTICS_SEED, label: styled.label }));
    try {
      await searchAll(inputs, images.leftOut.reasons.length, { ...work, styled, features, statistics });
    } finally {
      for (const tensor of [statistics.mean, statistics.covariance]) tensor.dispose();
    }
  } finally {
    features?.dispose();
  }
}

async function openAll(images: ScoreImages, files: readonly InvertedFile[]): Promise<InvertInput[]> {
  const inputs: InvertInput[] = [];
  const byPath = new Map(files.map((file) => [file.from, file]));
  for (let start = 0; start < files.length; start += AT_ONCE)
    for (const input of await images.open(files.slice(start, start + AT_ONCE))) {
      const file = byPath.get(input.from);
      if (file) inputs.push({ ...file, ...input });
    }
  return inputs;
}

async function searchAll(inputs: readonly InvertInput[], skipped: number, job: InvertJob): Promise<void> {
  const { settings, terminal, model, features, signal } = job;
  terminal.log(
    `searching  ${inputs.length} images in ${settings.space}, by pixels${features ? ` and ${features.name}` : ''}`,
  );
  const outcomes: Outcome[] = [];
  for (let start = 0; start < inputs.length && !signal.aborted; start += settings.batch) {
    const batch = inputs.slice(start, start + settings.batch);
    for (const outcome of await searchBatch(batch, start, job)) {
      outcomes.push(outcome);
      terminal.result(outcomeText(outcome));
      terminal.record({ event: 'image', ...outcome });
    }
  }
  const { checkpoint, step, weights } = model;
  const { space, steps, out } = settings;
  terminal.record({
    event: 'end',
    ...{ checkpoint, step, weights, space, steps, out },
    ...{ images: outcomes.length, of: inputs.length, skipped, features: features?.name },
  });
}

function outcomeText({ file, pixels, features, picture }: Outcome): string {
  const distances = [
    `pixels ${pixels.toFixed(4)}`,
    ...(features === null ? [] : [`features ${features.toFixed(4)}`]),
  ];
  return `${distances.join('  ')}  ${file}  ${picture}`;
}

async function searchBatch(
  inputs: readonly InvertInput[],
  first: number,
  job: InvertJob,
): Promise<Outcome[]> {
  const { settings, styled, features, statistics, signal, onProgress, model } = job;
  const images = keep(scope(() => tensorOf(inputs, model)));
  const { network } = styled;
  const { space, steps, rate } = settings;
  const search = new StyleSearch({
    ...{ network, images, space, statistics, steps, rate, seed: settings.seed + first },
    responses: features?.responses?.bind(features) ?? null,
  });
  const film = new Film(images, steps);
  try {
    film.add(0, () => search.images());
    while (search.steps < steps && !signal.aborted) {
      search.step();
      film.add(search.steps, () => search.images());
      onProgress?.({ task: `searching ${inputs.length} images`, done: search.steps, total: steps });
      // Signals are seen between steps.
      await turn();
    }
    const found = keep(scope(() => search.found()));
    try {
      return await writeAll(inputs, found, { film, job, steps: search.steps });
    } finally {
      for (const tensor of [found.styles, found.images, ...found.noise]) tensor.dispose();
    }
  } finally {
    search.dispose();
    images.dispose();
  }
}

interface Writing {
  readonly film: Film;
  readonly job: InvertJob;
  readonly steps: number;
}

async function writeAll(
  inputs: readonly InvertInput[],
  found: FoundStyles,
  { film, job, steps }: Writing,
): Promise<Outcome[]> {
  const { checkpoint } = job.model;
  const { space } = job.settings;
  const outcomes: Outcome[] = [];
  for (const [index, file] of inputs.entries())
    outcomes.push(await writeOutcome(file, { index, found, film, facts: { checkpoint, space, steps } }));
  return outcomes;
}

/** float32 [N, C, H, W] in [−1, 1], on the model's device. */
function tensorOf(inputs: readonly InvertInput[], { specs, device }: LoadedModel): Tensor {
  const { channels, height, width } = specs.images;
  const bytes = Buffer.concat(inputs.map(({ pixels }) => pixels));
  const shape = [inputs.length, channels, height, width];
  return ofBytes(fromBytes(bytes, { dtype: 'uint8', shape, device }));
}
