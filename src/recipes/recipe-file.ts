import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, UsageError } from '../errors';
import { isJsonObject } from '../io/json';
import { isRecipeFile } from '../io/program-name';
import type { ModelBuilder } from '../training/load';
import type { Recipe } from './recipe';

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

/**
 * What builds the model of a run that names a file as its recipe, or none: the file that the caller names. What a run says is never loaded by
 * itself: it would make a program of every checkpoint.
 *
 * @param known recipes by name
 * @param asked the file, or the recipe itself, as the caller gives it
 * @returns by what the run calls its recipe, the builder; undefined for what is no file, and where nothing is named on either side
 * @throws UsageError for a file that nobody asked for, and a file for a run that has none
 */
export function askedRecipe(
  known: Readonly<Record<string, ModelBuilder>>,
  { path, asked }: { readonly path: string; readonly asked: string | ModelBuilder | undefined },
): (name: string | undefined) => ModelBuilder | undefined {
  return (name) => {
    if (name !== undefined && (Object.hasOwn(known, name) || !isRecipeFile(name))) {
      if (asked === undefined) return undefined;
      throw new UsageError(`${path} is of the recipe ${name}, which is no file: leave --recipe out`);
    }
    if (asked === undefined) {
      if (name === undefined) return undefined;
      throw unasked(path, name);
    }
    return typeof asked === 'string' ? loadRecipeFile(asked) : asked;
  };
}

/** The error for a recipe file that is named by what was read, and not by the caller. */
export function unasked(path: string, file: string): UsageError {
  return new UsageError(
    `${path} names the recipe file ${file}, a program, which is not run unasked: where you trust it, add --recipe ${file}`,
  );
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
