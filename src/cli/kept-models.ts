import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isRecipeFile } from '../io/program-name';
import { load } from '../recipes/index';
import { checkpointsNow, newestDescription } from '../training/checkpoint';
import type { LoadedModel } from '../training/load';

/** Models that are kept at once; of more runs, those that were asked for last. */
const MOST_MODELS = 4;

/** Where models are loaded, and what builds those of a recipe that is a file. */
export interface KeptModelsOptions {
  /** (`auto`) */
  readonly device?: string;
  readonly recipe?: string;
}

interface Kept {
  /** Another one for each checkpoint. */
  readonly key: string;
  readonly truncation: number | undefined;
  readonly model: LoadedModel;
}

/** Models of runs, loaded once and kept until there is a newer checkpoint. They are disposed here. */
export class KeptModels {
  readonly #options: KeptModelsOptions;
  /** By the run's folder, the one that was asked for last at the end. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: KeptModelsOptions = {}) {
    this.#options = options;
  }

  /**
   * The model of a run's newest checkpoint that is whole, as `sample` would load it. It stays good until the next call.
   *
   * @param truncation where it matters already while a model is loaded: standing statistics are of truncated latents
   * @throws GanError as `load`
   */
  async get(run: string, truncation?: number): Promise<LoadedModel> {
    const kept = this.#kept.get(run);
    const key = newestKey(run);
    const isSame = kept?.key === key && (!dependsOnTruncation(kept.model) || kept.truncation === truncation);
    if (kept && isSame) return this.#keep(run, kept);
    const model = await this.#load(run, truncation);
    kept?.model.dispose();
    return this.#keep(run, { key, truncation, model });
  }

  dispose(): void {
    for (const { model } of this.#kept.values()) model.dispose();
    this.#kept.clear();
  }

  #load(run: string, truncation: number | undefined): Promise<LoadedModel> {
    const { device, recipe } = this.#options;
    const named = newestDescription(run)?.description.settings.recipe;
    const isFile = typeof named === 'string' && isRecipeFile(named);
    return load(run, { device, ...(isFile && { recipe }), standingStatistics: { truncation } });
  }

  #keep(run: string, kept: Kept): LoadedModel {
    this.#kept.delete(run);
    this.#kept.set(run, kept);
    for (const [other, { model }] of this.#kept) {
      if (this.#kept.size <= MOST_MODELS) break;
      this.#kept.delete(other);
      model.dispose();
    }
    return kept.model;
  }
}

/** What changes with the newest checkpoint: its place, and its manifest where it was written again. */
function newestKey(run: string): string {
  try {
    const [newest = ''] = checkpointsNow(join(run, 'checkpoints'));
    const manifest = statSync(join(newest, 'manifest.json'), { throwIfNoEntry: false });
    return [newest, manifest?.mtimeMs, manifest?.ino].join();
  } catch {
    // Loading tells what is wrong.
    return '';
  }
}

function dependsOnTruncation({ sampler, weights }: LoadedModel): boolean {
  return sampler.takes === 'latents' && sampler.standingStatistics > 0 && weights === 'ema';
}
