import { UsageError } from '../errors';
import { advise } from '../nearest';

/** One typed value of a configuration: its default, and what it accepts from a text (a flag) or from JSON (a file). */
export interface Field<T> {
  readonly default: T;
  /** What the default is in words, where the recipe has another one for some devices (`defaultsOn`). */
  readonly usually?: string;
  /** A good value to suggest, where the default is none. */
  readonly example?: T;
  /** One line for `--help`. */
  readonly help: string;
  /** Whether a run may go on with another value (false); `above 0`: another one above 0, where 0 makes another model. */
  readonly resumable?: boolean | 'above 0';
  /** What a good value is, for errors: `a whole number from 1 to 8`. */
  readonly expected: string;
  /** The value a text stands for; whether it is good, {@link accepts} tells. */
  fromText(text: string): unknown;
  /** Whether a value of whatever type is one of the field’s. */
  accepts(value: unknown): value is T;
}

/** A configuration: fields by name. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The values of a configuration. */
export type ConfigOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** Bounds of a number, both included. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly help?: string;
}

/** A whole number, e.g. `integer(64, { min: 1, help: 'feature maps of the first layer' })`. */
export function integer(value: number, { min, max, help = '' }: Range = {}): Field<number> {
  return {
    default: value,
    help,
    expected: `a whole number${rangeText(min, max)}`,
    fromText: numberFromText,
    accepts: (candidate): candidate is number =>
      Number.isSafeInteger(candidate) && inRange(candidate, min, max),
  };
}

/**
 * A finite number, e.g. `number(2e-4, { min: 0, help: 'learning rate' })`.
 *
 * @param options.resumable whether a run may go on with another value, as with a learning rate or a loss's weight (false), or with another
 *   one above 0, where 0 makes another model (`above 0`)
 */
export function number(
  value: number,
  { min, max, help = '', resumable = false }: Range & Pick<Field<number>, 'resumable'> = {},
): Field<number> {
  return {
    default: value,
    help,
    resumable,
    expected: `a number${rangeText(min, max)}`,
    fromText: numberFromText,
    accepts: (candidate): candidate is number => Number.isFinite(candidate) && inRange(candidate, min, max),
  };
}

/** One of some texts, e.g. `choice('hinge', ['hinge', 'minimax'], { help: 'adversarial loss' })`. */
export function choice<const V extends string>(
  value: NoInfer<V>,
  values: readonly V[],
  { help = '' }: { readonly help?: string } = {},
): Field<V> {
  return {
    default: value,
    help,
    expected: values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` : values.join(),
    fromText: (text) => text,
    accepts: (candidate): candidate is V => values.some((known) => known === candidate),
  };
}

/** A switch; as a text `true` or `false`. */
export function boolean(value: boolean, { help = '' }: { readonly help?: string } = {}): Field<boolean> {
  return {
    default: value,
    help,
    expected: 'true or false',
    fromText: (text) => (text === 'true' ? true : text === 'false' ? false : text),
    accepts: (candidate): candidate is boolean => typeof candidate === 'boolean',
  };
}

/**
 * A text.
 *
 * @param options.pattern what the whole text must match
 * @param options.expected says in words what the pattern asks for
 */
export function text(
  value: string,
  options: { readonly help?: string; readonly pattern?: RegExp; readonly expected?: string } = {},
): Field<string> {
  const { help = '', pattern = /./s, expected = 'a text that is not empty' } = options;
  return {
    default: value,
    help,
    expected,
    fromText: (given) => given,
    accepts: (candidate): candidate is string => typeof candidate === 'string' && pattern.test(candidate),
  };
}

/** A field that may be left out: then its value is undefined. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    ...field,
    default: undefined,
    example: field.default,
    accepts: (candidate): candidate is T | undefined => candidate === undefined || field.accepts(candidate),
  };
}

/** Some values of a configuration and where they came from. */
export interface Source {
  readonly values: Readonly<Record<string, unknown>>;
  /** Whether the values are texts to be read (flags, environment) or typed already (JSON). */
  readonly texts: boolean;
  /** What errors call a value, e.g. `--batch`. */
  name(key: string): string;
  /** How a value is written there, e.g. `--batch 64`. */
  example(key: string, value: unknown): string;
}

/**
 * Reads a configuration. A value of an earlier source wins over a later one, and over the field's default; all are checked.
 * A value that is undefined counts as absent.
 *
 * @throws UsageError for a name that is no field (with the nearest one and the list), or a value of the wrong type or range
 *   (with what was expected, what came and an example)
 */
export function readConfig<F extends Fields>(fields: F, sources: readonly Source[]): ConfigOf<F> {
  const config: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) config[key] = field.default;
  for (const source of [...sources].reverse())
    for (const [key, value] of Object.entries(source.values))
      if (value !== undefined) config[key] = readValue(key, { fields, source });
  // Every key of fields is there, and every value is one its field accepts.
  return config as ConfigOf<F>;
}

/**
 * Reads a recipe's own configuration, what `--config` holds under `set` and what `--set key=value` says; the latter wins.
 *
 * @param given.usual values that stand where neither says one, before the fields' defaults
 * @throws UsageError as {@link readConfig}
 */
export function parseConfig<F extends Fields>(
  fields: F,
  given: {
    readonly file?: Readonly<Record<string, unknown>>;
    readonly set?: Readonly<Record<string, string>>;
    readonly usual?: Partial<ConfigOf<F>>;
  },
): ConfigOf<F> {
  return readConfig(fields, [
    {
      values: given.set ?? {},
      texts: true,
      name: (key) => `--set ${key}`,
      example: (key, value) => `--set ${key}=${value}`,
    },
    {
      values: given.file ?? {},
      texts: false,
      name: (key) => `"${key}" in the configuration file's "set"`,
      example: (key, value) => `"${key}": ${JSON.stringify(value)}`,
    },
    {
      values: given.usual ?? {},
      texts: false,
      name: (key) => `the recipe's default of ${key} for this device`,
      example: (key, value) => `${key}: ${JSON.stringify(value)}`,
    },
  ]);
}

function readValue(key: string, { fields, source }: { fields: Fields; source: Source }): unknown {
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (field === undefined) throw unknownKey(key, { source, known: Object.keys(fields) });
  const given = source.values[key];
  const value = source.texts && typeof given === 'string' ? field.fromText(given) : given;
  if (!field.accepts(value))
    throw new UsageError(
      `${source.name(key)} expects ${field.expected}, but got ${JSON.stringify(given)}${advice(key, { field, source })}`,
    );
  return value;
}

function advice(key: string, { field, source }: { field: Field<unknown>; source: Source }): string {
  const good = field.default ?? field.example;
  return good === undefined ? '' : `: try ${source.example(key, good)}`;
}

function unknownKey(
  key: string,
  { source, known }: { source: Source; known: readonly string[] },
): UsageError {
  // In JSON as they are written there: a command takes names without quotes for its flags.
  const written = (name: string) => (source.texts ? name : JSON.stringify(name));
  const list = known.length > 0 ? `it may be ${known.map(written).join(', ')}` : 'there is nothing to set';
  return new UsageError(`${source.name(key)} is unknown${advise(key, known, list, written)}`);
}

function numberFromText(given: string): unknown {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given) ? Number(given) : given;
}

function inRange(value: unknown, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}

function rangeText(min?: number, max?: number): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}
