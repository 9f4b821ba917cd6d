import { dcgan } from './dcgan';
import { mlp } from './mlp';
import type { Recipe } from './recipe';

export type { Recipe } from './recipe';

/** Every recipe, by name. */
export const recipes: Readonly<Record<string, Recipe>> = { dcgan, mlp };
