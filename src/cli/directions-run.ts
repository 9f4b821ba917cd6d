import { existsSync } from 'node:fs';
import { UsageError } from '../errors';
import { requirePlace } from '../io/make-folder';
import { writePng } from '../io/png';
import { readSafetensors, writeSafetensors } from '../io/safetensors';
import { tensorsToRecords } from '../io/tensors';
import { load } from '../recipes/index';
import {
  closedFormDirections,
  type Directions,
  deviationsAlong,
  principalDirections,
  sweepDirections,
} from '../style/directions';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { drawGrid } from '../training/grid';
import type { LoadedModel } from '../training/load';
import { seededStatistics, seededStyles } from '../training/style-paths';
import type { DirectionsSettings } from './directions-settings';
import { readLayers } from './mix-sides';
import { notesOf } from './model-notes';
import { type LoadedStyled, requireStyled } from './styled-model';
import type { Terminal } from './terminal';
import { writeResult } from './write-result';

/** What the statistics of w are drawn by: the same directions, whatever image is moved. */
const STATISTICS_SEED = 0;

/** Directions, with the standard deviation of w along each. */
interface Found extends Directions {
  readonly deviations: Tensor;
}

/** Loads the model, finds its directions, and writes them with what they do to an image. @returns the exit code */
export async function runDirections(settings: DirectionsSettings, terminal: Terminal): Promise<number> {
  requirePlace(settings.out);
  const file = settings.out.replace(/\.png$/i, '.safetensors');
  await requireDirections(file);
  const model = await load(settings.checkpoint, settings);
  try {
    const styled = requireStyled(model, 'directions', settings.label);
    for (const note of notesOf(model, settings.weights)) terminal.warn(note);
    const { picture, records, rows } = scope(() => {
      const found = findDirections(styled, settings);
      const images = model.run({ styles: sweep(styled, found, settings) });
      const { vectors, ...numbers } = found;
      return {
        picture: drawGrid({ images, columns: settings.columns }),
        records: tensorsToRecords({ directions: vectors, ...numbers }),
        rows: rowsOf(found),
      };
    });
    await writeResult(settings.out, (partial) => writePng(partial, picture));
    const metadata = { by: settings.by, checkpoint: model.checkpoint };
    await writeResult(file, (partial) => writeSafetensors(partial, records, { metadata }));
    report(model, { rows, file, settings, terminal });
    return 0;
  } finally {
    model.dispose();
  }
}

/** @throws UsageError where the file of vectors would take the place of another, e.g. of weights */
async function requireDirections(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const found = await readSafetensors(file).catch(() => null);
  if (found === null || !Object.hasOwn(found.records, 'directions'))
    throw new UsageError(
      `--out: the vectors would overwrite ${file}, which holds other things: choose another name`,
    );
}

function findDirections(styled: LoadedStyled, { by, count }: DirectionsSettings): Found {
  const { network, label } = styled;
  if (count > network.styleSize)
    throw new UsageError(
      `--count expects a whole number from 1 to ${network.styleSize}, the numbers of this model’s w, but got ${count}: try --count ${network.styleSize}`,
    );
  const statistics = seededStatistics(styled, { seed: STATISTICS_SEED, label });
  const found = by === 'pca' ? principalDirections(statistics, count) : closedFormDirections(network, count);
  return { ...found, deviations: deviationsAlong(found.vectors, statistics) };
}

function sweep(styled: LoadedStyled, { vectors, deviations }: Found, settings: DirectionsSettings): Tensor {
  const { seed, reach, columns, truncation, truncationLayers } = settings;
  const { label } = styled;
  const styles = seededStyles(styled, { count: 1, seed, label, truncation, truncationLayers });
  const range = readLayers('--layers', settings.layers, styled.network.styleLayers);
  return sweepDirections(styles, { vectors, lengths: deviations, reach, columns, range });
}

/** What is told of a direction. */
interface Row {
  readonly importance: number;
  readonly deviation: number;
}

function rowsOf({ importances, deviations }: Found): Row[] {
  const [all, along] = [importances, deviations].map((values) => Array.from(values.toTypedArray(), Number));
  return all.map((importance, i) => ({ importance, deviation: along[i] }));
}

interface Reported {
  readonly rows: readonly Row[];
  readonly file: string;
  readonly settings: DirectionsSettings;
  readonly terminal: Terminal;
}

function report(
  { checkpoint, step, weights }: LoadedModel,
  { rows, file, settings: { by, out }, terminal }: Reported,
): void {
  terminal.log(`${rows.length} directions of w by ${by}, of the ${weights} weights of ${checkpoint}`);
  for (const [i, { importance, deviation }] of rows.entries())
    terminal.result(
      `${String(i + 1).padStart(4)}  importance ${importance.toPrecision(4)}  deviation ${deviation.toPrecision(4)}`,
    );
  terminal.result(`picture ${out}`);
  terminal.result(`vectors ${file}`);
  terminal.record({ event: 'end', checkpoint, step, weights, by, rows, picture: out, vectors: file });
}
