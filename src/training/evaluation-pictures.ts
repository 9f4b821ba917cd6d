import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../io/make-folder';
import { type Picture, writePng } from '../io/png';
import { writeWhole } from '../io/whole-file';
import type { FeatureSet } from '../metrics/feature-set';
import { datasetImages } from '../metrics/image-source';
import { nearestNeighbours } from '../metrics/nearest-neighbours';
import type { RealImages } from '../metrics/real-images';
import { keep, scope } from '../tensor/scope';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { drawGrid } from './grid';

/** Images of the grids. */
const GRID = 64;
/** Samples whose nearest real images are shown, and how many of them. */
const SAMPLES = 10;
const NEIGHBOURS = 5;

/**
 * What one looks at beside the numbers: generated next to real images, and the nearest real images of some samples, which would show a
 * generator that has learned its data set by heart.
 */
export class EvaluationPictures {
  readonly #real: RealImages;
  #fakes: Tensor | null = null;

  constructor(real: RealImages) {
    this.#real = real;
  }

  /** Takes the first images that come, float32 [N, C, H, W]. */
  add(images: Tensor): void {
    if (this.#fakes !== null) return;
    const length = Math.min(GRID, images.shape[0]);
    this.#fakes = keep(images.narrow(0, { start: 0, length }).to('cpu').contiguous().clone());
  }

  /**
   * Writes real.png, fake.png, neighbours.png and neighbours.json.
   *
   * @param features - of the images that were added, in their order
   * @throws GanError `ERR_CANNOT_WRITE`
   */
  async write(folder: string, features: FeatureSet): Promise<void> {
    const fakes = this.#fakes;
    const { channels } = this.#real.dataset.spec;
    if (!fakes || channels > 4) return;
    makeFolder(folder);
    await writePng(join(folder, 'fake.png'), drawGrid({ images: fakes }));
    const real = await this.#realImages(this.#real.order.subarray(0, GRID));
    await writePng(
      join(folder, 'real.png'),
      scope(() => drawGrid({ images: real() })),
    );
    const table = this.#neighbours(features, Math.min(SAMPLES, fakes.shape[0]));
    const near = await this.#realImages(Int32Array.from(table.samples.flatMap(({ index }) => index)));
    await writePng(
      join(folder, 'neighbours.png'),
      scope(() => drawRows(fakes, near(), table.samples.length)),
    );
    await writeWhole(join(folder, 'neighbours.json'), (partial) =>
      writeFile(partial, `${JSON.stringify(table)}\n`),
    );
  }

  dispose(): void {
    this.#fakes?.dispose();
    this.#fakes = null;
  }

  #neighbours(features: FeatureSet, samples: number) {
    const { order, features: real } = this.#real;
    const k = Math.min(NEIGHBOURS, real.shape[0] - 1);
    return scope(() => {
      const queries = features.tensor.narrow(0, { start: 0, length: samples });
      const { distances, indices } = nearestNeighbours({ queries, references: real }, { k });
      const [near, places] = [distances, indices].map((found) => rowsOf(found, k));
      return {
        k,
        among: real.shape[0],
        samples: near.map((distance, i) => ({ distance, index: places[i].map((row) => order[row]) })),
        realMedian: this.#real.usualDistance,
      };
    });
  }

  #realImages(places: Int32Array): Promise<() => Tensor> {
    return datasetImages(this.#real.dataset, { indices: places }).fetch(0, places.length);
  }
}

/** Rows of a sample and its neighbours. */
function drawRows(fakes: Tensor, near: Tensor, samples: number): Picture {
  const [, ...shape] = fakes.shape;
  const k = near.shape[0] / samples;
  const shown = fakes.narrow(0, { start: 0, length: samples }).reshape([samples, 1, ...shape]);
  const rows = cat([shown, near.reshape([samples, k, ...shape])], 1);
  return drawGrid({ images: rows.reshape([samples * (k + 1), ...shape]), columns: k + 1 });
}

function rowsOf(table: Tensor, columns: number): number[][] {
  const values = Array.from(table.toTypedArray(), Number);
  return Array.from({ length: values.length / columns }, (_, i) =>
    values.slice(i * columns, (i + 1) * columns),
  );
}
