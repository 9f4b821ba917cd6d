import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, UsageError } from '../errors';
import { isJsonObject, readJsonObject } from '../io/json';
import type { Recipe } from '../recipes/recipe';

/** Whether a recipe is named by the file that exports it: a path, or a name with the ending of a script. */
export function isRecipeFile(name: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(name);
}

/**
 * The recipe that a file exports, under whatever name. TypeScript is read where ts-node, or Node from 22.18 on, runs the command.
 *
 * @param file relative to the working folder, as a data set's folder is
 * @throws UsageError where the file is not there, cannot be loaded, or does not export exactly one recipe
 */
export function loadRecipeFile(file: string): Recipe {
  const path = resolve(file);
  if (!existsSync(path))
    throw new UsageError(
      `${file}: expected a file that exports a recipe, but there is none: paths are relative to the folder you are in`,
    );
  const found = recipesIn(load(path, file));
  if (found.length === 1) return found[0];
  const names = found.length === 0 ? 'none' : found.map(({ name }) => name).join(', ');
  throw new UsageError(
    `${file}: expected an export of one recipe, an object with name, summary, fields, resolutions, training and build, but it exports ${names}`,
  );
}

/** The recipes, and with them that of a run or checkpoint whose recipe is a file. */
export function recipesFor<R extends Readonly<Record<string, Recipe>>>(recipes: R, checkpoint: string): R {
  const file = recipeOf(checkpoint);
  return file !== undefined && isRecipeFile(file) ? { ...recipes, [file]: loadRecipeFile(file) } : recipes;
}

/** What a checkpoint's manifest, or a run's configuration, says its recipe is; what is damaged, its reader will tell. */
function recipeOf(checkpoint: string): string | undefined {
  const description = ['manifest.json', 'config.json']
    .map((name) => join(checkpoint, name))
    .find((file) => existsSync(file));
  try {
    const { settings } = description === undefined ? {} : readJsonObject(description);
    return isJsonObject(settings) && typeof settings.recipe === 'string' ? settings.recipe : undefined;
  } catch {
    return undefined;
  }
}

function load(path: string, file: string): unknown {
  try {
    return require(path);
  } catch (error) {
    throw new UsageError(
      `${file}: expected a file that exports a recipe, but it cannot be loaded: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function recipesIn(exported: unknown): Recipe[] {
  if (typeof exported !== 'object' || exported === null) return [];
  return [...new Set<unknown>(Object.values(exported))].filter(isRecipe);
}

function isRecipe(value: unknown): value is Recipe {
  if (!isJsonObject(value)) return false;
  const { name, summary, fields, resolutions, training, build } = value;
  return (
    typeof name === 'string' &&
    typeof summary === 'string' &&
    typeof build === 'function' &&
    [fields, training].every(isJsonObject) &&
    isJsonObject(resolutions) &&
    typeof resolutions.accepts === 'function'
  );
}
