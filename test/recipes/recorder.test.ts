// Phases as recordings, by a recorder that stands in for CUDA graphs: with and without them the losses are the same.
import { recipes } from '../../src/recipes';
import { bothWays } from '../support/recorded';
import { buildModel, tinyLoader } from '../support/training';

/** Rates are numbers that float32 has exactly: those of recordings are float32. */
const LR = String(2 ** -10);

test.each<[recipe: string, set: Record<string, string>, groups: number, resolution?: number]>([
  ['cgan', { width: '4', lr: LR }, 1],
  ['acgan', { width: '4', lr: LR }, 1],
  // The first of D's two runs has fakes of its own.
  ['projection', { generatorWidth: '2', discriminatorWidth: '2', lr: LR }, 2, 32],
  ['infogan', { width: '4', hidden: '5', generatorLr: LR, discriminatorLr: LR }, 1],
  ['vae', { hidden: '8', warmUp: '6', lr: LR }, 1],
  ['beta-vae', { network: 'conv', width: '2', likelihood: 'gaussian', lr: LR }, 1],
  ['vae', { network: 'conv', width: '2', likelihood: 'discretized', binarize: 'true', lr: LR }, 1],
  ['vae-gan', { width: '4', latentSize: '3', lr: LR, encoderLr: LR }, 1],
  ['conv-dropout', { units: '8', width: '4', lr: LR }, 1],
])('%s %j is recorded in all its phases', async (recipe, set, groups, resolution = 16) => {
  const build = () => buildModel(recipes[recipe], { set: { ...set, ...withoutEma(recipe) }, resolution });
  const { expected, found, recorded, notes } = await bothWays(build, 8, () => tinyLoader({ resolution }));
  expect(notes).toEqual([]);
  expect(recorded).toBe(groups);
  expect(found).toEqual(expected);
});

function withoutEma(recipe: string): Record<string, string> {
  return 'emaImages' in recipes[recipe].fields ? { emaImages: '0' } : {};
}
