import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/recipes/config';
import { manualSeed } from '../../src/tensor/random';
import { Trainer } from '../../src/training/trainer';
import { styled } from '../support/style-recipe';
import { reportsOf, tinyDataset } from '../support/training';
import { call, type PlaceOf, trainOne } from './applying';

/** The file of the recipe, for `--recipe`. */
export const STYLED = join(__dirname, '..', 'support', 'style-recipe.ts');

/** Runs whose generator has an intermediate latent, without and with labels, and one that has none. */
export interface StyledRuns {
  readonly plain: string;
  readonly conditional: string;
  readonly other: string;
}

/** Trains them for the tests of a file, a step long, on grey images of 16×16; each test has a folder of its own. */
export function styledTests(): { readonly runs: StyledRuns; readonly at: PlaceOf } {
  const folder = mkdtempSync(join(tmpdir(), 'styled-'));
  const runs = {
    plain: join(folder, 'plain'),
    conditional: join(folder, 'conditional'),
    other: join(folder, 'other'),
  };
  let place = 0;
  const at: PlaceOf = (...parts) => join(folder, `test-${place}`, ...parts);
  beforeAll(async () => {
    await trainStyled(runs.plain);
    await trainStyled(runs.conditional, { conditional: 'true' });
    await trainOne(runs.other, 'mlp');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    mkdirSync(at(), { recursive: true });
  });
  afterEach(() => {
    place++;
  });
  return { runs, at };
}

/** A run of the styled recipe on tiny images. */
export async function trainStyled(
  out: string,
  set: Readonly<Record<string, string>> = {},
  { steps = 1, channels = 1 }: { readonly steps?: number; readonly channels?: number } = {},
): Promise<void> {
  const config = parseConfig(styled.fields, { set });
  const loader = tinyDataset({ count: 40, channels }).loader({ batch: 4, seed: 3, device: 'cpu' });
  manualSeed(3);
  const model = styled.build(config, loader.specs, { steps });
  const trainer = new Trainer({ ...model, device: 'cpu', precision: 'fp32', seed: 1 });
  const settings = { recipe: STYLED, set: config, dataset: 'digits', seed: 1 };
  try {
    await reportsOf(trainer.fit(loader, { steps, out, settings, page: false }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

/** Calls a command on one of the runs with a w. */
export function callStyled(main: Parameters<typeof call>[0], run: string, ...argv: string[]) {
  return call(main, '--checkpoint', run, '--recipe', STYLED, ...argv);
}
