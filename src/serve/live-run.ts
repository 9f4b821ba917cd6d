import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, messageOf } from '../errors';
import { measurePicture } from '../report/page/pictures';
import { PICTURES, type PictureName, type RunData, type RunFacts, readFacts } from '../report/page/read-run';
import { plannedSteps } from '../report/page/sections/overview';
import { warningsOf } from '../report/page/warnings';
import { exportedWeights } from '../training/exported-weights';
import { isBeingWritten } from '../training/run-lock';
import { stampOfFile } from './file-stamp';
import { requireCheckpointsInside, requireInside } from './inside';
import { LiveGrids } from './live-grids';
import { MetricsTail } from './metrics-tail';
import { Refusal } from './refusal';
import { SharedLook } from './shared-look';

/** Whether a run goes on: `gone` where its folder is no more. */
export type RunStatus = 'training' | 'done' | 'stopped' | 'gone';

/** What is read anew when one of them changes. */
const FACTS = [
  'config.json',
  'evaluations.jsonl',
  'threshold.json',
  'best/manifest.json',
  'evaluation',
  'evaluation/neighbours.json',
];

const NOTHING: RunFacts = { config: {}, evaluations: [], notes: [] };

/** A run as it is on the disk, followed while it grows. */
export class LiveRun {
  readonly id: string;
  /** As people call it: the folder's name, or its path in the folder of runs. */
  readonly name: string;
  /** Its folder, as `realpath` gives it. */
  readonly path: string;
  readonly metrics: MetricsTail;
  readonly grids: LiveGrids;
  /** What must hold before its model is asked: it is there, and no link in it or in its checkpoints leads out. */
  readonly modelLook = new SharedLook(async () => {
    await this.requireThere();
    await requireCheckpointsInside(this.path);
  });
  facts: RunFacts = NOTHING;
  pictures: RunData['pictures'] = {};
  status: RunStatus = 'stopped';
  /** Why it cannot be shown, in a sentence. */
  problem: string | undefined;
  /** Counts changes of anything but the curves and the grids. */
  version = 0;
  /** Counts changes of the grids. */
  gridVersion = 0;
  #stamp = '';
  #polling: Promise<void> | undefined;
  readonly #told: string[] = [];

  constructor({ id, name, path }: { readonly id: string; readonly name: string; readonly path: string }) {
    this.id = id;
    this.name = name;
    this.path = path;
    this.metrics = new MetricsTail(join(path, 'metrics.jsonl'));
    this.grids = new LiveGrids(join(path, 'samples'));
  }

  /** What the page shows beside curves and grids. */
  get data(): RunFacts & Pick<RunData, 'name' | 'metrics' | 'pictures'> {
    const { name, metrics, pictures, facts } = this;
    // A training also tells what it writes.
    const written = new Set(warningsOf(facts.config).map(({ text }) => text));
    const told = this.#told.filter((note) => !written.has(note));
    return { ...facts, name, metrics, pictures, notes: [...facts.notes, ...told] };
  }

  /** @throws Refusal 410 where its folder is gone, 403 where a link in it leads out */
  async requireThere(): Promise<void> {
    if (!(await isRun(this.path)))
      throw new Refusal(410, `run ${this.id} is gone: its folder was removed or renamed`);
    await requireInside(this.path);
  }

  /** Adds a sentence that the run's files do not tell. */
  tell(note: string): void {
    if (this.#told.includes(note)) return;
    this.#told.push(note);
    this.version++;
  }

  /** Reads what is new, once for all who ask meanwhile. What cannot be read is the run's problem, and no error. */
  poll(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined;
    });
    return this.#polling;
  }

  async #poll(): Promise<void> {
    const before = [this.status, this.problem].join();
    try {
      await stat(this.path);
      await requireInside(this.path);
      await this.#read();
      this.problem = undefined;
    } catch (error) {
      this.#fail(error);
    }
    if ([this.status, this.problem].join() !== before) this.version++;
  }

  async #read(): Promise<void> {
    await this.metrics.poll();
    if (await this.grids.poll()) this.gridVersion++;
    const stamps = [];
    for (const name of FACTS) stamps.push(await stampOfFile(join(this.path, name)));
    const stamp = stamps.join();
    if (stamp !== this.#stamp) {
      this.facts = readFacts(this.path);
      this.pictures = await this.#readPictures();
      this.#stamp = stamp;
      this.version++;
    }
    const planned = plannedSteps(this.facts);
    const isDone = planned !== undefined && this.metrics.lastStep >= planned;
    this.status = isBeingWritten(this.path) ? 'training' : isDone ? 'done' : 'stopped';
  }

  async #readPictures(): Promise<RunData['pictures']> {
    const pictures: Partial<Record<PictureName, NonNullable<RunData['pictures'][PictureName]>>> = {};
    for (const name of PICTURES) {
      const file = join(this.path, 'evaluation', `${name}.png`);
      const size = await measurePicture(file).catch(() => undefined);
      const source = `/runs/${this.id}/evaluation/${name}.png?v=${await stampOfFile(file)}`;
      if (size) pictures[name] = { ...size, source };
    }
    return pictures;
  }

  #fail(error: unknown): void {
    const isGone = hasCode(error, 'ENOENT');
    this.status = isGone ? 'gone' : this.status;
    this.problem = isGone ? 'its folder was removed or renamed' : messageOf(error);
  }
}

/** Whether a folder is a run directory, and no export of weights. */
export async function isRun(path: string): Promise<boolean> {
  const holds = (name: string) =>
    stat(join(path, name)).then(
      (facts) => facts.isFile(),
      () => false,
    );
  if (await holds('metrics.jsonl')) return true;
  return (await holds('config.json')) && exportedWeights(path) === null;
}
