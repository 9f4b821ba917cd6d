import { type DataSpecs, ImageDataset, type ImageShape } from '../data/dataset';
import { drawnPixels } from '../data/pixels';
import { GanError } from '../errors';
import type { JsonObject } from '../io/json';
import { recipeFlag } from '../io/program-name';
import type { ConfigOf, Fields } from '../recipes/config';
import type { Recipe } from '../recipes/recipe';
import { manualSeed } from '../tensor/random';
import { zeroAbsentBiases } from '../training/absent-biases';
import { writeImportedRun } from '../training/imported-run';
import {
  fittedText,
  type Initialisation,
  listText,
  renamedTexts,
  unfittedTexts,
} from '../training/initialisation';
import { initialise } from '../training/initialise';
import type { Model } from '../training/model';
import type { Networks } from '../training/phase';
import { readWeights } from '../training/weights';
import { commandLine } from './command-line';
import type { Terminal } from './terminal';

/** Weights to import, and the model that they are of. */
export interface ImportPlan {
  readonly path: string;
  /** The one network that they are for; undefined where they tell. */
  readonly network: string | undefined;
  /** The entry of the file that holds them. */
  readonly key: string | undefined;
  /** The run directory. */
  readonly out: string;
  readonly recipe: Recipe;
  readonly config: ConfigOf<Fields>;
  readonly shape: ImageShape;
  readonly classNames: readonly string[];
  /** What the run keeps of it. */
  readonly settings: JsonObject;
}

/** Builds the recipe's networks, loads what fits, and writes a run of those that got weights. @returns the exit code */
export async function runImport(plan: ImportPlan, terminal: Terminal): Promise<number> {
  const { path, key, network, out, classNames, settings } = plan;
  const weights = await readWeights(path, { key });
  for (const note of weights.notes) terminal.warn(note);
  const specs = specsOf(plan);
  // What a file lacks is drawn: the same each time.
  manualSeed(0);
  const model = plan.recipe.build(plan.config, specs);
  try {
    const init = zeroAbsentBiases(model.networks, await initialise(model, weights, { network }));
    const networks = importedNetworks(model, init);
    requireUsable(model, networks, weights.source);
    const imported = { networks, specs, latent: model.latent, classNames, settings, init };
    const checkpoint = await writeImportedRun(out, imported);
    report(plan, { model, init, checkpoint, terminal });
    return 0;
  } finally {
    for (const module of Object.values(model.networks)) module.dispose();
  }
}

/** Images that a recipe may choose from, in all at least and of each class. */
const LEAST_IMAGES = 10_000;
const OF_EACH_CLASS = 100;

/** The images that the recipe's networks see, by their names: those of a data set of black ones, which is asked for nothing else. */
function specsOf({ recipe, config, shape, classNames }: ImportPlan): DataSpecs {
  const { channels, height, width } = shape;
  if ((recipe.data ?? 'images') !== 'images') {
    const spec = { ...shape, classes: 0 };
    return { a: spec, b: spec };
  }
  const classes = classNames.length;
  const count = Math.max(LEAST_IMAGES, OF_EACH_CLASS * classes);
  const pixels = drawnPixels({ count, imageBytes: channels * height * width, draw() {} });
  const labels = classes > 0 ? Int32Array.from({ length: count }, (_, i) => i % classes) : null;
  const dataset = new ImageDataset({ name: 'imported', ...shape, pixels, labels, classNames });
  return (recipe.prepare?.(dataset, config, { split: 'train', seed: 0 }) ?? dataset).specs;
}

/** The networks that anything was loaded into. */
function importedNetworks({ networks }: Model, init: Initialisation): Networks {
  const loaded = Object.entries(networks).filter(([name]) => init.networks[name]?.parameters > 0);
  return Object.fromEntries(loaded);
}

/** @throws GanError `ERR_STATE_DICT` where what makes images got no weights */
function requireUsable({ sampler }: Model, networks: Networks, source: string): void {
  const without = sampler?.networks.find((name) => !Object.hasOwn(networks, name));
  if (without === undefined) return;
  throw new GanError(
    'ERR_STATE_DICT',
    `${source} has weights of ${Object.keys(networks).join(' and ')}, but it is ${without} that makes images: name a file that has it`,
  );
}

interface Done {
  readonly model: Model;
  readonly init: Initialisation;
  readonly checkpoint: string;
  readonly terminal: Terminal;
}

function report(
  { out, settings }: ImportPlan,
  { model: { sampler }, init, checkpoint, terminal }: Done,
): void {
  const line = (key: string, value: string) => terminal.result(`${key.padEnd(9)}${value}`);
  line('fitted', fittedText(init));
  for (const text of renamedTexts(init)) line('renamed', text);
  for (const [name, { zeroed = [] }] of Object.entries(init.networks))
    if (zeroed.length > 0)
      line('zeros', `${name} ${listText(zeroed, ', ')}, which the file lacks beside the weight`);
  for (const text of unfittedTexts(init)) terminal.warn(text);
  line('run', out);
  const use = sampler?.takes === 'images' ? 'apply' : 'sample';
  const next = commandLine(use, ['--checkpoint', out, ...recipeFlag(settings.recipe)]);
  if (sampler) terminal.log(`use it with: ${next}${use === 'apply' ? ' --in FILE --out FILE' : ''}`);
  terminal.record({ event: 'end', run: out, checkpoint, init });
}
