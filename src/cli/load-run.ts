import { recipes } from '../recipes/index';
import { type LoadedModel, type LoadOptions, loadModel } from '../training/load';
import { recipesFor } from './recipe-file';

/** Loads the model of a run or a checkpoint, also one whose recipe is a file of the user's. @throws what `loadModel` throws */
export function loadRun(path: string, options: Omit<LoadOptions, 'recipes'>): Promise<LoadedModel> {
  return loadModel(path, { ...options, recipes: recipesFor(recipes, path) });
}

/** What to tell of a loaded model: damaged checkpoints that were passed over, and averages that it does not have. */
export function notesOf({ notes, weights }: LoadedModel, asked: string | undefined): readonly string[] {
  if (asked !== 'ema' || weights === 'ema') return notes;
  return [...notes, 'this model keeps no averaged weights: those in training are used'];
}
