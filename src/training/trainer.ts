import { setImmediate } from 'node:timers/promises';
import type { ImageSpec } from '../data/dataset';
import type { Batch, Loader } from '../data/loader';
import { UsageError } from '../errors';
import type { Autoencoder } from '../metrics/autoencoder';
import { positiveInteger } from '../nn/check';
import { type Module } from '../nn/module';
import { nameRoot } from '../nn/trace';
import { Ema } from '../optim/ema';
import { allowTf32, isCpu, resolveDevice, setDeterministic } from '../tensor/device';
import { span } from '../tensor/profiler';
import { Generator, manualSeed } from '../tensor/random';
import { handTo, openScope, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { measurePrecisions } from './calibrate';
import type { TrainingEvaluation } from './evaluation';
import { CudaGraphCapture, type GraphCapture } from './graph-capture';
import type { GridMaker } from './grids';
import { drawClassRows, drawLatents, type Latent, latentShape } from './latent';
import type { Precision } from './manifest';
import type { Networks, Phase } from './phase';
import { batchesOf, planStep } from './plan';
import { choosePrecision, type PrecisionChoice, type PrecisionTimes } from './precision';
import { StepRunner } from './runner';
import { runningPhases } from './running-phases';
import { Scoreboard } from './scoreboard';
import { type FitOptions, Session } from './session';
import type { RunningPhase } from './step';

/** A model family's networks and phases. */
export interface Model<N extends Networks = Networks> {
  readonly networks: N;
  readonly phases: readonly Phase<NoInfer<N>>[];
  /** What the generator is fed. */
  readonly latent: Latent;
  /** Which network makes `step.fake` and the sample grids (`generator`, where there is one). */
  readonly generator?: keyof N & string;
  /** Averages the generator's weights over about so many images; null or absent for none. */
  readonly ema?: { readonly halfLifeImages: number } | null;
  /** Whether the classes of latents are the data set's: it must have labels then, and as many classes (false). */
  readonly conditional?: boolean;
  /** Pictures drawn beside the sample grids, by name: `samples/NAME-step-000100.png`. */
  readonly grids?: Readonly<Record<string, GridMaker>>;
  /** How a model with an encoder is judged by real images: bounds on their likelihood, reconstructions (none). */
  readonly autoencoder?: Autoencoder;
}

/** A model, and how to compute. */
export interface TrainerOptions<N extends Networks = Networks> extends Model<N> {
  /** `auto` (CUDA where it can be used), `cpu`, `cuda` or `cuda:N` (`auto`). */
  readonly device?: string;
  /** Of latents and dropout (0). Initial weights are drawn before: `manualSeed` first makes them repeat. */
  readonly seed?: number;
  /**
   * `bf16` computes losses under autocast; parameters, gradients, optimizer states and averages stay float32. `auto` takes what was
   * measured faster: {@link Trainer.choosePrecision} (`auto`).
   */
  readonly precision?: 'auto' | Precision;
  /** Bit-equal runs on CUDA too, at some cost; `auto` precision is fp32 then (false). */
  readonly deterministic?: boolean;
  /**
   * In how many parts each phase takes its batch (1): parts of the loader's size, each with its own images and latents, whose losses are
   * averaged before the optimizer steps. Networks without batch norm learn as from one batch as many times as large, in the memory of
   * one part. Batch norm takes its statistics from a part. Fakes that phases could share are made again for each.
   */
  readonly accumulate?: number;
  /** How images and convolution weights lie in memory (`channels_last`: faster on CPU and CUDA). */
  readonly memoryFormat?: 'contiguous' | 'channels_last';
  /**
   * Records each phase as a CUDA graph after a few steps, and replays it (true; nothing else than CUDA has them). A loss must
   * then do the same in every step; one that cannot be recorded is found out and runs as it is. A function makes the recorder
   * for a device of any kind: for tests.
   */
  readonly graphs?: boolean | ((device: string) => GraphCapture);
}

/** What one logging interval brought. */
export interface Report {
  /** Steps done. */
  readonly step: number;
  /** Steps to do in all. */
  readonly steps: number;
  /** Passes through the data set that were begun. */
  readonly epoch: number;
  /** Real images a second since the last report. */
  readonly imagesPerSecond: number;
  /** The newest loss of each phase. */
  readonly losses: Readonly<Record<string, number>>;
  /** What phases logged. */
  readonly statistics: Readonly<Record<string, number>>;
  /** Path of the newest sample grid. */
  readonly samples?: string;
  /** Path of the newest checkpoint. */
  readonly checkpoint?: string;
  /** The evaluation since the last report, where there was one. */
  readonly evaluation?: TrainingEvaluation;
  /** Something to tell the user, e.g. a damaged checkpoint that was passed over. */
  readonly notes: readonly string[];
}

/** The samples of the grids, and with them the latents, have a seed of their own: they must not move with the training's. */
const SAMPLE_SEED = 0x5eed;

/** Images of a class in the sample grids of a conditional model. */
export const CLASS_COLUMNS = 8;

/**
 * Trains the networks of a model by its phases, in order: for each phase it freezes what the phase does not train, runs the
 * loss, back-propagates, clips, steps and releases. It owns device, precision, memory format, weight averaging, checkpoints
 * and logs; losses see none of it.
 *
 * The networks are moved to the device and belong to the trainer until `dispose`.
 *
 * @throws UsageError for options that do not fit together, TorchError `ERR_NO_CUDA` for a device that cannot be used
 */
export class Trainer<N extends Networks = Networks> {
  readonly networks: N;
  readonly device: string;
  readonly seed: number;
  readonly latent: Latent;
  /** Whether the classes of latents are the data set's. */
  readonly conditional: boolean;
  /** Pictures drawn beside the sample grids. */
  readonly grids: Readonly<Record<string, GridMaker>>;
  /** Its name among the networks. */
  readonly generatorName: string;
  readonly ema: Ema | null;
  /** In how many parts each phase takes its batch. */
  readonly accumulate: number;
  readonly phases: readonly RunningPhase[];
  /** Draws the latents of the steps. */
  readonly random: Generator;
  /** Steps done. */
  step = 0;
  /** Real images seen. */
  images = 0;
  /** The newest losses and statistics. */
  readonly board: Scoreboard;
  readonly #runner: StepRunner;
  readonly #memoryFormat: 'contiguous' | 'channels_last';
  readonly #deterministic: boolean;
  #precision: PrecisionChoice | undefined;

  constructor(options: TrainerOptions<N>) {
    this.device = resolveDevice(options.device ?? 'auto');
    const { precision = 'auto', deterministic = false } = options;
    if (precision !== 'auto') this.#precision = { precision, source: 'given' };
    this.#deterministic = deterministic;
    this.seed = options.seed ?? 0;
    this.latent = options.latent;
    this.networks = options.networks;
    this.conditional = options.conditional ?? false;
    this.grids = options.grids ?? {};
    this.accumulate = positiveInteger('Trainer', 'accumulate', options.accumulate ?? 1);
    this.generatorName = options.generator ?? 'generator';
    this.#memoryFormat = options.memoryFormat ?? 'channels_last';
    checkModel(options, this.generatorName);
    setDeterministic(deterministic);
    if (!isCpu(this.device)) allowTf32();
    manualSeed(this.seed);
    for (const [name, network] of Object.entries(this.networks)) {
      nameRoot(network, name);
      network.to({ device: this.device, memoryFormat: this.#memoryFormat }).train();
    }
    this.random = new Generator({ device: this.device, seed: this.seed });
    this.ema = options.ema ? new Ema(this.networks[this.generatorName], options.ema) : null;
    const recorder = makeCapture(options.graphs ?? true, this.device);
    // On CUDA also without graphs, so that they change no bit.
    const countsApart = recorder !== null || !isCpu(this.device);
    this.phases = runningPhases(options.phases as readonly Phase[], this.networks).map((phase) =>
      countsApart ? { ...phase, rates: phase.optimizer.deviceRates() } : phase,
    );
    this.board = new Scoreboard(this.device);
    const workshop = {
      networks: this.networks,
      generator: this.networks[this.generatorName],
      device: this.device,
      latent: this.latent,
      precision: () => this.precision,
      board: this.board,
      accumulate: this.accumulate,
      drawLatents: (count: number) => this.drawLatents(count, this.random),
    };
    this.#runner = new StepRunner(workshop, recorder);
  }

  /** How many CUDA graphs the steps are made of now: one for each group of phases that share fakes. */
  get graphs(): number {
    return this.#runner.recorded;
  }

  /** What losses are computed in. Under `auto` it is decided on first use: {@link Trainer.choosePrecision}. */
  get precision(): Precision {
    return this.choosePrecision().precision;
  }

  /**
   * Decides what `precision: 'auto'` means, unless that is decided: bf16 where a forward and backward pass of these networks is
   * measured faster in it than in fp32 on this device, which takes about a second and is remembered in the user's cache. Neither
   * networks nor random generators notice. With `deterministic` it is fp32, and nothing is measured. `fit` does it for the
   * loader's batch; a resumed run keeps what it had.
   *
   * @param options.batch - images a step (64)
   */
  choosePrecision({ batch = 64 }: { readonly batch?: number } = {}): PrecisionChoice {
    this.#precision ??= choosePrecision(
      { networks: this.networks, device: this.device, batch, deterministic: this.#deterministic },
      { measure: () => this.#measurePrecisions(batch) },
    );
    return this.#precision;
  }

  /** Goes on in the precision of an earlier run, unless one was named. */
  restorePrecision(precision: Precision): void {
    if (this.#precision?.source !== 'given') this.#precision = { precision, source: 'restored' };
  }

  #measurePrecisions(batch: number): PrecisionTimes {
    return measurePrecisions({
      networks: this.networks,
      generator: this.generatorName,
      device: this.device,
      batch,
      memoryFormat: this.#memoryFormat,
      drawLatents: (count, generator) => this.drawLatents(count, generator),
    });
  }

  /** The network that makes images for users: averaged weights where there are any. */
  get sampler(): Module | undefined {
    return this.ema?.module ?? this.networks[this.generatorName];
  }

  /** Latents [count, …shape] for this model. */
  drawLatents(count: number, generator: Generator): Tensor {
    return drawLatents(this.latent, { count, generator, device: this.device });
  }

  /** The same latents every time: `count` of them, or a row of eight for each class where latents have classes. */
  fixedLatents(count: number): Tensor {
    const { device, latent } = this;
    const generator = new Generator({ device, seed: this.seed ^ SAMPLE_SEED });
    try {
      if (latent.classes) return drawClassRows(latent, { columns: CLASS_COLUMNS, generator, device });
      return this.drawLatents(count, generator);
    } finally {
      generator.dispose();
    }
  }

  /**
   * Trains up to step `steps`, yielding a report every `logEvery` steps and at the end. The event loop turns between steps.
   *
   * With `out` it writes a run directory; with `resume` it goes on from the newest whole checkpoint there, bit for bit.
   * `signal` ends it after the step in work, with a checkpoint.
   *
   * @throws GanError `ERR_DIVERGED` when a loss is not finite, and what phases, data and disk throw
   */
  async *fit(loader: Loader, options: FitOptions): AsyncGenerator<Report, void, void> {
    this.#checkLabels(loader);
    loader.to(this.device);
    const session = await Session.begin(this, loader, options);
    const { profiling } = session;
    try {
      while (this.step < options.steps && !options.signal?.aborted) {
        profiling?.beforeStep();
        await this.#trainStep(loader);
        const report = await span('logging', () => session.afterStep());
        if (report) yield report;
        await setImmediate();
        profiling?.afterStep();
      }
      profiling?.finish();
      const last = await session.finish();
      if (last) yield last;
      await session.writePage();
    } finally {
      session.close();
      for (const network of Object.values(this.networks)) network.unfreeze();
    }
  }

  #checkLabels({ name, spec }: Loader): void {
    const { classes = 0 } = this.latent;
    if (!this.conditional || spec.classes === classes) return;
    throw new UsageError(
      spec.classes === 0
        ? `a conditional model expects a data set with labels but "${name}" has none: choose another, or put its images into a sub-folder for each class`
        : `a conditional model of ${classes} classes expects a data set with as many but "${name}" has ${spec.classes}: build the model for that one`,
    );
  }

  async #trainStep(loader: Loader): Promise<void> {
    const plan = planStep(this.phases, { index: this.step, generator: this.generatorName });
    const sources: (() => Batch)[] = [];
    for (let i = batchesOf(plan) * this.accumulate; i > 0; i--)
      sources.push(await span('data', () => sourceOf(loader)));
    scope(() => {
      const batches = span('data', () => sources.map((make) => make()));
      this.#runner.run(plan, { batches, index: this.step });
      this.step++;
      this.images += batches.length * loader.batch;
      span('ema', () => this.ema?.update(loader.batch * this.accumulate));
    });
  }

  /** What happened in the steps that the user should hear of, since the last call. */
  takeNotes(): string[] {
    return this.#runner.takeNotes();
  }

  /** Records CUDA graphs anew: call it after replacing memory that the steps work on, e.g. with `network.to`. */
  forgetGraphs(): void {
    this.#runner.forget();
  }

  /** Releases networks, optimizers, averages and random generators. */
  dispose(): void {
    this.#runner.dispose();
    this.board.clear();
    for (const { rates } of this.phases) rates?.dispose();
    for (const optimizer of new Set(this.phases.map((phase) => phase.optimizer))) optimizer.dispose();
    for (const network of Object.values(this.networks)) network.dispose();
    this.ema?.dispose();
    this.random.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A batch where one is to be made: of a loader that makes it early, in the scope of the step, too. */
async function sourceOf(loader: Loader): Promise<() => Batch> {
  if (loader.fetch) return loader.fetch();
  const batch = await loader.next();
  return () => handTo(openScope(), batch);
}

function makeCapture(
  graphs: boolean | ((device: string) => GraphCapture),
  device: string,
): GraphCapture | null {
  if (typeof graphs === 'function') return graphs(device);
  return graphs && !isCpu(device) ? new CudaGraphCapture(device) : null;
}

function checkModel<N extends Networks>(model: Model<N>, generator: string): void {
  latentShape(model.latent);
  const names = Object.keys(model.networks);
  if (names.length === 0) throw new UsageError('Trainer expected at least one network but received none');
  if (model.phases.length === 0)
    throw new UsageError('Trainer expected at least one phase but received none');
  if (model.ema && !names.includes(generator))
    throw new UsageError(
      `ema expected a network named ${generator} but there are ${names.join(', ')}: set \`generator\``,
    );
  const seen = new Set<string>();
  for (const phase of model.phases) checkPhase(phase as Phase, { names, seen });
}

function checkPhase(phase: Phase, { names, seen }: { names: readonly string[]; seen: Set<string> }): void {
  if (seen.has(phase.name))
    throw new UsageError(`expected phases of different names but two are called ${phase.name}`);
  seen.add(phase.name);
  const trained = typeof phase.trains === 'string' ? [phase.trains] : phase.trains;
  const unknown = trained.find((name) => !names.includes(name));
  if (trained.length === 0 || unknown !== undefined)
    throw new UsageError(
      `phase ${phase.name} expected to train some of ${names.join(', ')} but names ${unknown ?? 'none'}`,
    );
  const { every = 1, repeat = 1 } = phase;
  for (const [key, value] of Object.entries({ every, repeat }))
    if (typeof value === 'number' && (!Number.isInteger(value) || value < 1))
      throw new UsageError(
        `phase ${phase.name} expected ${key} to be a positive integer but received ${value}`,
      );
}

/** The images a loader gives, for models that are built from them. */
export type { ImageSpec };
