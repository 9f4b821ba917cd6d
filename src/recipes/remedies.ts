import type { GameProblem, Remedies } from '../training/game';
import type { Fields } from './config';

/** What is known of a model's settings. */
interface Settings {
  readonly fields: Fields;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A value that a setting should have. */
interface Change {
  readonly key: string;
  readonly value: unknown;
}

/** What a network learns at, by which setting, and what that is by default. */
interface Rate {
  readonly key: string;
  readonly value: number;
  readonly usual: number;
}

/** So much lower is a rate that was the default: no more than what rates of one pair usually differ by. */
const LOWER = 4;

/** The patches a discriminator judges, from the one that sees most of an image to the one that sees least. */
const SMALLER_PATCHES: Readonly<Record<string, string>> = {
  286: '142',
  142: '70',
  70: '34',
  34: '16',
  16: '1',
};

/**
 * For each thing that may go wrong between two networks the one setting of a recipe that is worth a try first: a rate that was changed goes back to
 * the default; else what this recipe has against it. Where it has nothing, nothing is named.
 */
export function remediesOf(fields: Fields, config: Readonly<Record<string, unknown>>): Remedies {
  const settings = { fields, config };
  const found: Record<GameProblem, Change | null> = {
    'discriminator-wins':
      lastingGradient(settings) ?? slowerDiscriminator(settings) ?? smallerPatches(settings),
    'generator-collapses': backToUsual(settings) ?? augmented(settings) ?? halved(settings),
    'generator-faster': slowerGenerator(settings),
    'discriminator-faster': slowerDiscriminator(settings),
  };
  return Object.fromEntries(
    Object.entries(found).flatMap(([problem, change]) => (change ? [[problem, said(fields, change)]] : [])),
  );
}

function said(fields: Fields, { key, value }: Change): string {
  const set = `--set ${key}=${value}`;
  return fields[key].resumable ? `--resume with ${set}` : `a new training with ${set}`;
}

function numberOf({ config }: Settings, key: string): number | undefined {
  const value = config[key];
  return typeof value === 'number' ? value : undefined;
}

/** The rate that both networks have unless D has one of its own, or else G's. */
function generatorRate(settings: Settings): Rate | null {
  const key = ['generatorLr', 'lr'].find((name) => numberOf(settings, name) !== undefined);
  return key === undefined ? null : rate(settings, key);
}

function rate(settings: Settings, key: string): Rate | null {
  const value = numberOf(settings, key);
  const usual = settings.fields[key]?.default;
  return value === undefined || typeof usual !== 'number' ? null : { key, value, usual };
}

/** 0 stands for the generator's. */
function discriminatorRate(settings: Settings): Rate | null {
  const [own, shared] = [rate(settings, 'discriminatorLr'), generatorRate(settings)];
  if (!own || !shared) return null;
  return { key: own.key, value: own.value || shared.value, usual: own.usual || shared.usual };
}

function lower({ key, value, usual }: Rate): Change {
  return { key, value: value > usual ? usual : rounded(value / LOWER) };
}

/** The minimax loss has no gradient left where D wins. */
function lastingGradient({ config }: Settings): Change | null {
  return config.loss === 'minimax' ? { key: 'loss', value: 'non-saturating' } : null;
}

function slowerDiscriminator(settings: Settings): Change | null {
  const found = discriminatorRate(settings);
  return found && lower(found);
}

/** A rate that both have moves both: then D's is raised. */
function slowerGenerator(settings: Settings): Change | null {
  const [of, other] = [generatorRate(settings), discriminatorRate(settings)];
  if (!of || !other) return null;
  const isShared = of.value === other.value && numberOf(settings, 'discriminatorLr') === 0;
  return isShared ? { key: other.key, value: rounded(other.value * LOWER) } : lower(of);
}

/** The rate that is furthest above its default. */
function backToUsual(settings: Settings): Change | null {
  const rates = [generatorRate(settings), discriminatorRate(settings)].filter((each) => each !== null);
  const above = rates.filter(({ value, usual }) => value > usual);
  const [furthest] = above.sort((a, b) => b.value / b.usual - a.value / a.usual);
  return furthest ? { key: furthest.key, value: furthest.usual } : null;
}

function halved(settings: Settings): Change | null {
  const found = generatorRate(settings);
  return found && { key: found.key, value: rounded(found.value / 2) };
}

function augmented({ config }: Settings): Change | null {
  return config.augment === 'none' ? { key: 'augment', value: 'diffaugment' } : null;
}

function smallerPatches({ config }: Settings): Change | null {
  const value = SMALLER_PATCHES[String(config.patch)];
  return value === undefined ? null : { key: 'patch', value };
}

function rounded(value: number): number {
  return Number(value.toPrecision(2));
}
