import { setImmediate } from 'node:timers/promises';
import type { DataSpecs } from '../data/dataset';
import { type Batch, fetchFrom, type Loader, shareLoader } from '../data/loader';
import { nameRoot } from '../nn/trace';
import { Ema } from '../optim/ema';
import type { Optimizer } from '../optim/optimizer';
import { alone, type ProcessGroup } from '../parallel/group';
import { ofFirst } from '../parallel/of-first';
import { type Sharing, sharingStatistics } from '../parallel/shared-statistics';
import { noGrad } from '../tensor/autograd';
import { allowTf32, isCpu, resolveDevice, setDeterministic } from '../tensor/device';
import { searchingKernels } from '../tensor/kernel-search';
import { span } from '../tensor/profiler';
import { Generator, manualSeed } from '../tensor/random';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { AgreedStop } from './agreed-stop';
import { measurePrecisions } from './calibrate';
import { CapturedGroups } from './captured-groups';
import { checkFitOptions, type FitOptions } from './fit-options';
import { checkLoader } from './fitting-loader';
import type { Game } from './game';
import { GradientGuard } from './gradient-guard';
import { makeCapture } from './graph-capture';
import { drawLatents, type Latent } from './latent';
import type { Precision } from './manifest';
import { memberSeed } from './member-seed';
import type { Model } from './model';
import { oneAtATime } from './one-at-a-time';
import type { Networks, Phase } from './phase';
import { requireLatent } from './phase-step';
import { planStep, type StepPlan, trains } from './plan';
import { choosePrecision, type PrecisionChoice } from './precision';
import type { Report } from './report';
import { type PhaseRun, runningPhases } from './running-phases';
import { compareWeights } from './same-weights';
import type { GridMaker } from './sample-grids';
import type { Sampler } from './sampler';
import { Scoreboard } from './scoreboard';
import { Session } from './session';
import { runningStatistics } from './shared-state';
import { checkBatches, fitLoader, type Stages, stageAt } from './stages';
import { liveInputs, runGroup, type StepContext } from './step';
import { syncsBatchNorm } from './synced-batch-norm';
import { checkTrainerOptions, type TrainerOptions } from './trainer-options';
import type { Training } from './training';

/** What `auto` precision is decided for. */
export interface PrecisionOptions {
  /** Examples a step (64). */
  readonly batch?: number;
  /** The images of batches by name, for networks that take images in (none). */
  readonly specs?: DataSpecs;
}

/**
 * Trains the networks of a model by its phases, in order: for each phase it freezes what the phase does not train, runs the
 * loss, back-propagates, clips, steps and releases. It owns device, precision, memory format, weight averaging, checkpoints
 * and logs; losses see none of it.
 *
 * The networks are moved to the device and belong to the trainer until `dispose`. Their modes stay as they are, and networks that
 * are frozen when the trainer is made stay frozen.
 *
 * @throws UsageError for options that do not fit together, TorchError `ERR_NO_CUDA` for a device that cannot be used
 */
export class Trainer<N extends Networks = Networks> implements Training {
  readonly networks: N;
  readonly device: string;
  readonly seed: number;
  readonly latent: Latent | undefined;
  readonly stages: Stages | undefined;
  readonly sampler: Sampler | undefined;
  readonly grids: Readonly<Record<string, GridMaker>>;
  readonly games: readonly Game[];
  readonly averages: Readonly<Record<string, Ema>>;
  readonly averaged: Networks;
  readonly accumulate: number;
  readonly group: ProcessGroup;
  readonly phases: readonly PhaseRun[];
  readonly random: Generator;
  readonly board: Scoreboard;
  step = 0;
  images = 0;
  readonly #context: StepContext;
  readonly #captured: CapturedGroups | null;
  readonly #memoryFormat: 'contiguous' | 'channels_last';
  readonly #deterministic: boolean;
  /** Running statistics that several processes move. */
  readonly #statistics: readonly Tensor[];
  readonly #searchKernels: boolean;
  readonly #sharing: Sharing;
  #precision: PrecisionChoice | undefined;

  constructor(options: TrainerOptions<N>) {
    checkTrainerOptions(options);
    this.device = resolveDevice(options.device ?? 'auto');
    const { precision = 'auto', deterministic = false, makes = {} } = options;
    if (precision !== 'auto') this.#precision = { precision, source: 'given' };
    this.#deterministic = deterministic;
    this.#searchKernels = options.searchKernels ?? !(deterministic || isCpu(this.device));
    this.seed = options.seed ?? 0;
    this.latent = options.latent;
    this.stages = options.stages as Stages | undefined;
    this.sampler = options.sampler;
    this.networks = options.networks;
    this.grids = options.grids ?? {};
    this.games = (options.games ?? []) as readonly Game[];
    this.accumulate = options.accumulate ?? 1;
    this.group = options.group ?? alone;
    this.#sharing = { batchNorm: syncsBatchNorm(options) };
    this.#memoryFormat = options.memoryFormat ?? 'channels_last';
    if (deterministic) setDeterministic(true);
    if (!isCpu(this.device)) allowTf32();
    const seed = memberSeed(this.seed, this.group);
    manualSeed(seed);
    for (const [name, network] of Object.entries(this.networks)) {
      nameRoot(network, name);
      network.to({ device: this.device, memoryFormat: this.#memoryFormat });
    }
    this.#statistics = this.group.size > 1 ? runningStatistics(this.networks) : [];
    this.random = new Generator({ device: this.device, seed });
    this.averages = averagesOf(options);
    this.averaged = { ...this.networks, ...modulesOf(this.averages) };
    const capture = makeCapture(options.graphs ?? true, this.device);
    // On CUDA also without graphs, so that they change no bit.
    const ratesOnDevice = capture !== null || !isCpu(this.device);
    this.phases = runningPhases(options.phases as readonly Phase[], this.networks, {
      device: this.device,
      ratesOnDevice,
    });
    this.board = new Scoreboard(
      this.device,
      this.phases.map(({ name }) => name),
    );
    for (const { name, guard } of this.phases) this.board.watch(name, guard);
    this.#context = {
      networks: this.networks,
      makes: makes as StepContext['makes'],
      device: this.device,
      latent: this.latent,
      precision: () => this.choosePrecision().precision,
      board: this.board,
      accumulate: this.accumulate,
      group: this.group,
      drawLatents: (count: number) => this.drawLatents(count, this.random),
    };
    this.#captured = capture && new CapturedGroups(this.#context, capture);
  }

  /**
   * Trains up to step `steps`, yielding a report every `logEvery` steps and at the end. The event loop turns between steps.
   *
   * With `out` it writes a run directory; with `resume` it goes on from the newest whole checkpoint there, bit for bit.
   * `signal` ends it after the step in work, with a checkpoint.
   *
   * @throws GanError `ERR_DIVERGED` when a loss, a gradient or a weight to be saved is not finite, and what phases, data and disk throw;
   *   UsageError for what is no loader, options out of range, or a second call before the first has ended
   */
  async *fit(loader: Loader, options: FitOptions): AsyncGenerator<Report, void, void> {
    checkLoader(loader, this.latent);
    checkFitOptions(options);
    yield* oneAtATime(this, () => this.#fit(loader, options));
  }

  async *#fit(loader: Loader, options: FitOptions): AsyncGenerator<Report, void, void> {
    const { group } = this;
    shareLoader(loader, { index: group.rank, of: group.size });
    if (this.stages) checkBatches(loader, this.stages);
    loader.to(this.device);
    for (const { guard } of this.phases) guard.skips = options.onDivergence === 'skip';
    if (!options.resume) this.choosePrecision(loader);
    const stop = new AgreedStop(group, options.signal);
    const { signal } = stop;
    const session = await Session.begin(this, loader, { ...options, signal });
    const { profiling } = session;
    try {
      stop.agree(this.step);
      while (this.step < options.steps && !signal?.aborted) {
        profiling?.beforeStep();
        await this.#trainStep(loader);
        group.enter('the end of a step');
        stop.agree(this.step);
        compareWeights(this);
        const report = await span('logging', () => session.afterStep());
        if (report) yield report;
        await setImmediate();
        await profiling?.afterStep();
      }
      await profiling?.finish();
      const last = await session.finish();
      if (last) yield last;
      await session.writePage();
    } finally {
      session.close();
      for (const { trained, frozen } of this.phases)
        for (const network of [...trained, ...frozen]) network.unfreeze();
    }
  }

  async #trainStep(loader: Loader): Promise<void> {
    const { accumulate } = this;
    this.group.enter('data');
    this.#enterStage(loader);
    const makers = Object.values(this.#context.makes).map(({ by }) => by);
    const plan = planStep(this.phases, { index: this.step, makers });
    const sources: (() => Batch)[] = [];
    for (let i = plan.batches * accumulate; i > 0; i--)
      sources.push(await span('data', () => fetchFrom(loader)));
    const run = () =>
      sharingStatistics(this.group, () => this.#runStep(loader, plan, sources), this.#sharing);
    if (this.#searchKernels) searchingKernels(run);
    else run();
  }

  #runStep(loader: Loader, plan: StepPlan<PhaseRun>, sources: readonly (() => Batch)[]): void {
    const { accumulate } = this;
    scope(() => {
      for (const { guard } of this.phases) guard.beginStep();
      const all = span('data', () => sources.map((make) => make()));
      for (const group of plan.groups) {
        // Losses may count their steps: the optimizers' count goes on also where a replay takes their place.
        for (const { phase } of group.entries) if (phase.rates) phase.running.advance(phase.rates);
        const batches = group.batches.flatMap((which) =>
          all.slice(which * accumulate, (which + 1) * accumulate),
        );
        const index = this.step;
        if (this.#captured) this.#captured.run(group, { batches, index });
        else
          scope(() => runGroup(this.#context, group, { inputs: liveInputs(this.#context, batches), index }));
      }
      // In every step: then it does not matter where checkpoints and evaluations are.
      if (this.#statistics.length > 0) this.group.allReduce(this.#statistics, 'mean');
      this.step++;
      this.images += all.length * loader.batch;
      span('ema', () => {
        for (const [name, average] of Object.entries(this.averages))
          average.update(loader.batch * accumulate, { unless: untouched(plan, name) });
      });
    });
  }

  /** Brings loader, networks and averages to where they are in the next step; a stage that begins with it, begins. */
  #enterStage(loader: Loader): void {
    const { stages, step } = this;
    if (!stages) return;
    const stage = stageAt(stages.list, step);
    fitLoader(loader, stage);
    if (stage.from === step && step > 0) {
      if (stage.restarts) this.#restart();
      this.forgetGraphs();
    }
    for (const networks of [this.networks, modulesOf(this.averages)])
      scope(() => noGrad(() => stages.place(networks, step)));
  }

  #restart(): void {
    for (const optimizer of this.#optimizers()) optimizer.forget();
    for (const average of Object.values(this.averages)) average.restart();
  }

  #optimizers(): ReadonlySet<Optimizer> {
    return new Set(this.phases.map(({ running }) => running));
  }

  /** How many CUDA graphs the steps are made of now: one for each group of phases that share what networks make. */
  get graphs(): number {
    return this.#captured?.count ?? 0;
  }

  /** What losses are computed in, and why; undefined until it is decided, under `auto` by {@link Trainer.choosePrecision}. */
  get precision(): PrecisionChoice | undefined {
    return this.#precision;
  }

  /**
   * Decides what `precision: 'auto'` means, unless that is decided: what is known of the device's kind, and where that does not tell, bf16
   * if a forward and backward pass of these networks is measured faster in it than in fp32, which takes about a second and is
   * remembered in the user's cache. Neither networks nor random generators notice. With `deterministic` it is fp32. `fit` does it for
   * the loader's batches; a resumed run keeps what it had.
   */
  choosePrecision({ batch = 64, specs = {} }: PrecisionOptions = {}): PrecisionChoice {
    const { group } = this;
    const share = Math.max(1, Math.floor(batch / group.size));
    const choose = () =>
      choosePrecision(
        { networks: this.networks, device: this.device, batch: share, deterministic: this.#deterministic },
        {
          measure: () =>
            measurePrecisions({
              ...this.#context,
              specs,
              batch: share,
              memoryFormat: this.#memoryFormat,
              drawLatents: (count, generator) => this.drawLatents(count, generator),
            }),
        },
      );
    this.#precision ??= ofFirst(group, choose);
    return this.#precision;
  }

  restorePrecision(precision: Precision): void {
    if (this.#precision?.source !== 'given') this.#precision = { precision, source: 'restored' };
  }

  /** Latents [count, …shape] for this model. @throws GanError `ERR_NO_LATENT` for a model without any */
  drawLatents(count: number, generator: Generator): Tensor {
    return drawLatents(requireLatent(this.latent), { count, generator, device: this.device });
  }

  takeNotes(): string[] {
    return this.#captured?.takeNotes() ?? [];
  }

  /** Captures CUDA graphs anew: call it after replacing memory that the steps work on, e.g. with `network.to`. */
  forgetGraphs(): void {
    this.#captured?.forget();
  }

  /** Releases networks, optimizers, averages and random generators. */
  dispose(): void {
    this.#captured?.dispose();
    this.board.clear();
    for (const { rates, guard } of this.phases) {
      rates?.dispose();
      guard.dispose();
    }
    for (const optimizer of this.#optimizers()) optimizer.dispose();
    for (const network of Object.values(this.networks)) network.dispose();
    for (const average of Object.values(this.averages)) average.dispose();
    this.random.dispose();
  }

  /** `dispose()`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Where a step has skipped every update of a network: bool []; undefined where it skips none, or had none to do. */
function untouched({ groups }: StepPlan<PhaseRun>, network: string): Tensor | undefined {
  const phases = groups.flatMap(({ entries }) => entries.map(({ phase }) => phase));
  const guards = phases.filter((phase) => phase.guard.skips && trains(phase, network));
  return guards.length > 0 ? GradientGuard.noneApplied(guards.map(({ guard }) => guard)) : undefined;
}

function averagesOf<N extends Networks>({ networks, ema = {} }: Model<N>): Record<string, Ema> {
  const averages: Record<string, Ema> = {};
  for (const [name, options] of Object.entries(ema))
    if (options) averages[name] = new Ema(networks[name], options);
  return averages;
}

function modulesOf(averages: Readonly<Record<string, Ema>>): Networks {
  return Object.fromEntries(Object.entries(averages).map(([name, { module }]) => [name, module]));
}
