import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { measurePicture, type PictureSize } from '../report/page/pictures';
import { stampOfFile } from './file-stamp';

/** A sample grid of a run. */
export interface LiveGrid extends PictureSize {
  readonly step: number;
  /** Another one for each content of the file. */
  readonly stamp: string;
}

/** Of a file that changes often the time of the folder may be that of an earlier look. */
const SETTLED_MS = 2_000;

/** Follows the sample grids of a run: files that are whole PNGs, by step. */
export class LiveGrids {
  all: readonly LiveGrid[] = [];
  readonly #folder: string;
  readonly #known = new Map<string, LiveGrid>();
  #changed = Number.NaN;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Looks for new ones; whether anything changed. */
  async poll(): Promise<boolean> {
    const changed = await stat(this.#folder).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    if (changed === this.#changed && Date.now() - changed > SETTLED_MS) return false;
    this.#changed = changed;
    const before = stampOfAll(this.all);
    this.all = await this.#read();
    return stampOfAll(this.all) !== before;
  }

  async #read(): Promise<LiveGrid[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const grids: LiveGrid[] = [];
    for (const name of names) {
      const step = /^step-(\d+)\.png$/.exec(name)?.[1];
      const grid = step === undefined ? undefined : await this.#look(name, Number(step));
      if (grid) grids.push(grid);
    }
    return grids.sort((a, b) => a.step - b.step);
  }

  async #look(name: string, step: number): Promise<LiveGrid | undefined> {
    const path = join(this.#folder, name);
    const stamp = await stampOfFile(path);
    const known = this.#known.get(name);
    if (known?.stamp === stamp) return known;
    const size = await measurePicture(path).catch(() => undefined);
    if (stamp === '' || !size) return undefined;
    const grid = { step, stamp, ...size };
    this.#known.set(name, grid);
    return grid;
  }
}

function stampOfAll(grids: readonly LiveGrid[]): string {
  return grids.map(({ step, stamp }) => `${step}:${stamp}`).join();
}
