import type { Tensor } from '../tensor/tensor';
import { type GameWarning, warningsUpTo } from './earlier-warnings';
import { type Game, type Remedies, USUAL_REMEDIES } from './game';
import { type Finding, GameHealth, LIMITS } from './game-health';
import { Movement } from './movement';
import { nearestDistance } from './nearest-distance';
import type { StepNumbers } from './scoreboard';
import type { Training } from './training';

/** What a {@link GameWatch} looks at. */
type Watched = Pick<Training, 'games' | 'networks' | 'sampler' | 'step' | 'group'>;

/** How often a training is looked at, and what it is told. */
export interface GameWatchOptions {
  /** Steps between looks at the losses. */
  readonly logEvery: number;
  readonly remedies?: Remedies;
}

interface Watch {
  readonly game: Game;
  readonly health: GameHealth;
  readonly movement: Movement;
}

/** Images fewer than these are too few to tell how different they are. */
const LEAST_IMAGES = 8;

/**
 * Warns where a model's networks do not learn from each other any more. The first of several processes looks alone: it only reads what is there, draws
 * nothing and moves nothing, and the host waits for the device where it does so for the losses.
 */
export class GameWatch {
  readonly #training: Watched;
  readonly #options: GameWatchOptions;
  readonly #watches: readonly Watch[];
  #warnings: readonly GameWarning[] = [];
  #fresh: string[] = [];
  #hasChanged = false;
  #looked = 0;
  #realDistance = Number.NaN;

  constructor(training: Watched, options: GameWatchOptions) {
    this.#training = training;
    this.#options = options;
    const games = training.group.rank > 0 ? [] : training.games;
    this.#watches = games.map((game) => ({
      game,
      health: new GameHealth(game),
      movement: new Movement([game.generator, game.discriminator].map((name) => training.networks[name])),
    }));
  }

  /** Whether there is a game to look at. */
  get isWatching(): boolean {
    return this.#watches.length > 0;
  }

  /** Those of the run, oldest first. */
  get warnings(): readonly GameWarning[] {
    return this.#warnings;
  }

  /** Goes on from the warnings of an earlier part of the run, which are not told again. */
  resume(warnings: readonly GameWarning[]): void {
    this.#warnings = warnings;
    this.#looked = this.#training.step;
    for (const { game, health, movement } of this.#watches) {
      movement.forget();
      const own = warnings.filter((warning) => warning.game === game.name && warning.over === undefined);
      health.restart(own.map(({ problem }) => problem));
    }
  }

  /** Goes on from an earlier step of the run, on another way. */
  goBack(): void {
    this.resume(warningsUpTo(this.#warnings, this.#training.step));
  }

  /** Takes the measure of how different images are from real ones [N, C, H, W]. */
  compareWith(real: Tensor): void {
    if (real.shape[0] >= LEAST_IMAGES) this.#realDistance = nearestDistance(real);
  }

  /** After each step, in one that logs with its numbers. */
  afterStep(numbers: StepNumbers | null): void {
    const { step } = this.#training;
    for (const { game, health, movement } of this.#watches) {
      if (movement.isMeasuring) {
        const [generator, discriminator] = movement.end();
        for (const found of health.movements(step, { generator, discriminator })) this.#tell(game, found);
      }
      if (numbers) this.#tell(game, health.numbers(step, numbers));
    }
    const { logEvery } = this.#options;
    // The losses are read after the next step, and the host waits once.
    if ((step + 1) % logEvery !== 0 || step + 1 < this.#looked + LIMITS.lookEvery) return;
    this.#looked = step + 1;
    for (const { movement } of this.#watches) movement.begin();
  }

  /** Looks at a sample grid [N, C, H, W]. */
  samples(images: Tensor): void {
    if (!(this.#realDistance > 0) || images.shape[0] < LEAST_IMAGES) return;
    const { sampler, step } = this.#training;
    const own = this.#watches.filter(({ game }) => sampler?.networks.includes(game.generator));
    if (own.length === 0) return;
    const diversity = nearestDistance(images) / this.#realDistance;
    for (const { game, health } of own) this.#tell(game, health.diversity(step, diversity));
  }

  /** Sentences for the user since the last call; undefined where the warnings are as they were. */
  take(): readonly string[] | undefined {
    if (!this.#hasChanged) return undefined;
    this.#hasChanged = false;
    return this.#fresh.splice(0);
  }

  /** Releases what was remembered. */
  dispose(): void {
    for (const { movement } of this.#watches) movement.forget();
  }

  #tell(game: Game, found: Finding | null): void {
    if (!found) return;
    const { problem, isThere, seen } = found;
    const { step } = this.#training;
    this.#hasChanged = true;
    const { name } = game;
    if (!isThere) {
      const isIt = (warning: GameWarning): boolean =>
        warning.problem === problem && warning.game === name && warning.over === undefined;
      this.#warnings = this.#warnings.map((warning) =>
        isIt(warning) ? { ...warning, over: step } : warning,
      );
      return;
    }
    const remedy = this.#options.remedies?.[problem] ?? USUAL_REMEDIES[problem];
    const text = `step ${step}: ${seen}: try ${remedy}`;
    this.#warnings = [...this.#warnings, { step, problem, ...(name !== undefined && { game: name }), text }];
    this.#fresh.push(text);
  }
}
