import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from '../../src/cli/command-line';
import { flagOf } from '../../src/cli/settings';
import { isJsonObject, type JsonObject, readJsonObject } from '../../src/io/json';
import type { Recipe } from '../../src/recipes';
import { readEvaluations } from '../../src/report/evaluations';
import { summarizeMetric } from '../../src/report/summary';
import type { GalleryRun } from './page';

/** Evaluations of a whole training. */
const EVALUATIONS = 8;
const METRIC = 'fid';
/** Where the page says that runs are, wherever they were when it was written. */
const FOLDER = 'runs/gallery';

/** The run directory of a recipe. */
export function runFolder(name: string, runs = FOLDER): string {
  return join(runs, name);
}

/** What `train` is told: the recipe as it is, on the built-in digits, judged about eight times. */
export function trainArguments({ name, training }: Recipe, runs?: string): string[] {
  const every = 25 * Math.ceil(training.steps / EVALUATIONS / 25);
  const judging = ['--eval-every', String(every), '--eval-count', '2000'];
  return [name, '--dataset', 'digits', '--seed', '1', ...judging, '--out', runFolder(name, runs)];
}

/** A run of a recipe as its folder tells it; null where there is none, or none that was judged and kept its best weights. */
export function readGalleryRun(recipe: Recipe, folder: string): Omit<GalleryRun, 'pictures'> | null {
  if (!existsSync(join(folder, 'best', 'manifest.json'))) return null;
  const config = readJsonObject(join(folder, 'config.json'));
  const rows = readEvaluations(join(folder, 'evaluations.jsonl'));
  const { best, last } = summarizeMetric(rows, METRIC) ?? {};
  if (!best || !last) return null;
  return {
    name: recipe.name,
    summary: recipe.summary,
    images: describeImages(config),
    command: commandLine('train', givenArguments(recipe, config)),
    best,
    last,
  };
}

/** The newest picture of a grid that the training drew beside its samples, by the grid's name. */
export function lastPicture(folder: string, grid: string): string | undefined {
  const samples = join(folder, 'samples');
  const names = readdirSync(samples).filter((name) => name.startsWith(`${grid}-step-`));
  const last = names.sort().at(-1);
  return last && join(samples, last);
}

function describeImages({ dataset }: JsonObject): string {
  const { name, specs } = isJsonObject(dataset) ? dataset : {};
  const images = isJsonObject(specs) && isJsonObject(specs.images) ? specs.images : {};
  return `${name}, ${images.channels}×${images.height}×${images.width}`;
}

/** The command that gives this run: what differs from the recipe's defaults. */
function givenArguments({ name, fields, training }: Recipe, config: JsonObject): string[] {
  const settings = isJsonObject(config.settings) ? config.settings : {};
  const { every, count } = isJsonObject(config.evaluation) ? config.evaluation : {};
  const usual = Object.entries(training).filter(([key, value]) => settings[key] !== value);
  const own = Object.entries(isJsonObject(settings.set) ? settings.set : {}).filter(
    ([key, value]) => fields[key]?.default !== value,
  );
  return [
    name,
    ...['dataset', 'seed', ...usual.map(([key]) => key)].flatMap((key) => [
      flagOf(key),
      String(settings[key]),
    ]),
    ...own.flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ...['--eval-every', String(every), '--eval-count', String(count)],
    ...['--out', runFolder(name)],
  ];
}
