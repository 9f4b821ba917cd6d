import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mnist } from '../../src/data/mnist';
import { keepClassifier } from '../support/kept-classifier';
import { writeTinyMnist } from './tiny-data';

/**
 * A folder for the tests of a file, which `--data-dir` finds a small MNIST in, and commands their cache, with a classifier of the digits at
 * each resolution: a set that is not the published one has one for each.
 */
export function classifiedDigits(resolutions: readonly number[] = [16]): string {
  const folder = mkdtempSync(join(tmpdir(), 'classified-digits-'));
  const { XDG_CACHE_HOME: cache } = process.env;
  beforeAll(async () => {
    process.env.XDG_CACHE_HOME = join(folder, 'cache');
    writeTinyMnist(folder);
    for (const resolution of resolutions)
      await keepClassifier(await mnist({ dataDir: folder, resolution }), { dataDir: folder });
  });
  afterAll(() => {
    if (cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cache;
    rmSync(folder, { recursive: true });
  });
  return folder;
}
