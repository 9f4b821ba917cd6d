import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { GanError } from '../errors';
import { isWithin } from './inside';
import { isRun, LiveRun } from './live-run';
import { Refusal } from './refusal';

/** How deep runs lie in a folder of runs: `runs/NAME/seed-1` is two deep. */
const DEPTH = 3;
/** Runs of a server. */
const MOST_RUNS = 500;

/** How {@link RunList} takes what it is given. */
export interface RunListOptions {
  /** Takes a folder that is not there yet, for a run that is about to begin (false). */
  readonly mayCome?: boolean;
}

/** The runs that are served: those that were named, and those in folders that were named, also where they come later. */
export class RunList {
  readonly #roots: readonly string[];
  /** By id, in the order in which they were found. */
  readonly #runs = new Map<string, LiveRun>();
  readonly #ids = new Map<string, string>();

  private constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /**
   * @param paths run directories, or folders of them
   * @throws GanError `ERR_NO_RUN` for a path where no folder is
   */
  static async open(paths: readonly string[], { mayCome = false }: RunListOptions = {}): Promise<RunList> {
    for (const path of paths)
      if (!mayCome && !(await isFolder(path)))
        throw new GanError(
          'ERR_NO_RUN',
          `${path} expected a run directory, or a folder of them, but ${existsSync(path) ? 'it is a file' : 'there is none'}: check the path`,
        );
    const list = new RunList(paths.map((path) => resolve(path)));
    await list.scan();
    return list;
  }

  /** All that were seen, those that are gone included unless their places were needed. */
  get all(): readonly LiveRun[] {
    return [...this.#runs.values()];
  }

  /** Looks for runs that came since; at most 500 are listed. */
  async scan(): Promise<void> {
    if (this.#runs.size >= MOST_RUNS) await this.#forgetGone();
    for (const root of this.#roots) {
      const real = await realpath(root).catch(() => undefined);
      if (real !== undefined) await this.#look({ root, real, path: real, depth: 0 });
    }
  }

  /**
   * The run of an id, as it is on the disk now.
   *
   * @throws Refusal as {@link known}, 410 where its folder is gone, 403 where a link in it leads out
   */
  async find(id: string): Promise<LiveRun> {
    const run = await this.known(id);
    await run.requireThere();
    return run;
  }

  /**
   * The run of an id, which may be gone meanwhile.
   *
   * @throws Refusal 404 where there was never one
   */
  async known(id: string): Promise<LiveRun> {
    if (!this.#runs.has(id)) await this.scan();
    const run = this.#runs.get(id);
    if (!run)
      throw new Refusal(
        404,
        `there is no run ${JSON.stringify(id).slice(0, 100)} here: GET /runs lists them`,
      );
    return run;
  }

  /** Links in a folder of runs that lead out of it are not followed. */
  async #look(place: { root: string; real: string; path: string; depth: number }): Promise<void> {
    const { root, real, path, depth } = place;
    if (this.#runs.size >= MOST_RUNS) return;
    if (await isRun(path)) {
      this.#add(path, depth === 0 ? basename(root) : relative(real, path));
      return;
    }
    if (depth === DEPTH) return;
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!entry.isDirectory() && !entry.isSymbolicLink()) continue;
      const inner = await realpath(join(path, entry.name)).catch(() => undefined);
      if (inner !== undefined && inner !== path && isWithin(real, inner) && !isWithin(inner, path))
        await this.#look({ ...place, path: inner, depth: depth + 1 });
    }
  }

  async #forgetGone(): Promise<void> {
    for (const { id, path } of this.all)
      if (!(await isRun(path))) {
        this.#runs.delete(id);
        this.#ids.delete(path);
      }
  }

  #add(path: string, name: string): void {
    if (this.#ids.has(path)) return;
    const id = this.#freeId(name);
    this.#ids.set(path, id);
    this.#runs.set(id, new LiveRun({ id, name, path }));
  }

  /** Letters that a path of an address has as they are. */
  #freeId(name: string): string {
    const plain =
      name
        .split(sep)
        .join('.')
        .replace(/[^\w.-]+/g, '-')
        .replace(/^\.+/, '') || 'run';
    let id = plain;
    for (let number = 2; this.#runs.has(id); number++) id = `${plain}-${number}`;
    return id;
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
