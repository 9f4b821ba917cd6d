import { manualSeed, recipes, synchronize, Trainer } from '../../src';
import { parseConfig } from '../../src/recipes/config';
import { EXTRAS, type Extra } from '../extras';
import { median } from '../statistics';
import type { ExtrasTask, Measured } from '../task';
import { noise } from './noise';

/** Images of a training's data set. */
const IMAGES = 512;
/** The fewest turns, whatever they take. */
const LEAST = 3;

/** What each extra adds to a training, in percent: trainings with and without it in turn, in one process, the median of the turns. */
export async function extras(
  task: ExtrasTask,
  which: Readonly<Record<string, Extra>> = EXTRAS,
): Promise<Measured> {
  const figures: Record<string, number> = {};
  for (const [name, extra] of Object.entries(which)) figures[name] = await added(extra, task);
  return { figures };
}

async function added(extra: Extra, { seconds, ...task }: ExtrasTask): Promise<number> {
  const [without, having] = [extra.without, {}].map((changes) => training(extra, changes, task));
  const shares: number[] = [];
  for (const each of [without, having]) await each.turn();
  const start = performance.now();
  while (shares.length < LEAST || performance.now() - start < seconds * 1000) {
    const plain = await without.turn();
    shares.push((await having.turn()) / plain);
  }
  for (const each of [without, having]) each.dispose();
  return (median(shares) - 1) * 100;
}

/** A training of a recipe; a turn is so many steps that everything in it comes as often as it should, and gives their milliseconds. */
function training(
  { recipe, resolution, batch, set, steps }: Extra,
  changes: Extra['set'],
  { device, precision }: Pick<ExtrasTask, 'device' | 'precision'>,
) {
  manualSeed(1);
  const { fields, build } = recipes[recipe];
  const images = noise({ channels: 3, height: resolution, width: resolution }, IMAGES);
  const config = parseConfig(fields, { set: { ...set, ...changes, emaImages: '0' } });
  const trainer = new Trainer({ ...build(config, images.specs), device, precision });
  const loader = images.loader({ batch, seed: 1 });
  return {
    async turn(): Promise<number> {
      const start = performance.now();
      for await (const _ of trainer.fit(loader, { steps: trainer.step + steps, logEvery: steps }));
      synchronize(trainer.device);
      return performance.now() - start;
    },
    dispose() {
      loader.dispose();
      trainer.dispose();
    },
  };
}
