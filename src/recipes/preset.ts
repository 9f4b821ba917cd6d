import type { ImageSize } from '../data/image-size';
import { UsageError } from '../errors';
import { advise } from '../nearest';
import { type ConfigOf, type Fields, parseConfig } from './config';

/** A named set of a recipe's own fields, as `--set preset=paper` takes it. */
export interface Preset<F extends Fields = Fields> {
  /** Whose settings they are, e.g. `Radford et al. 2016`. */
  readonly from: string;
  /** Why the recipe's defaults are others: the rest of a sentence that begins with `by default`. */
  readonly otherwise: string;
  /** What of the paper's settings is left to other flags (nothing). */
  readonly beside?: string;
  /** What `--batch` is by default with it (the recipe's). */
  readonly batch?: number;
  /** The fields' values for images of a size. */
  set(size: ImageSize): Partial<ConfigOf<F>>;
}

/** What presets need to know of a recipe. */
export interface Presettable<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
  readonly presets?: Readonly<Record<string, Preset<F>>>;
}

/** What a configuration is read from. */
export interface ConfigSources<F extends Fields> {
  /** What a configuration file has under `set`. */
  readonly file?: Readonly<Record<string, unknown>>;
  /** What `--set` says. */
  readonly set?: Readonly<Record<string, string>>;
  /** Values that stand where nothing says one. */
  readonly usual?: Partial<ConfigOf<F>>;
  /** Of the images. */
  readonly size: ImageSize;
}

/** The configuration of a recipe, and the preset that it was made with. */
export interface PresetConfig<F extends Fields> {
  readonly config: ConfigOf<F>;
  readonly preset: Preset<F> | undefined;
}

/** The key that names a preset, unless the recipe has a field of that name. */
const KEY = 'preset';

/**
 * Reads a recipe's configuration as {@link parseConfig}, where `preset` may name one of the recipe's. The values that it stands for are
 * kept, not its name. What `--set` says by itself wins over a preset; a preset of `--set` wins over a file, and one in a file stands for what the
 * file does not say.
 *
 * @throws UsageError for a preset that the recipe lacks, with those that it has; else as {@link parseConfig}
 */
export function presetConfig<F extends Fields>(
  recipe: Presettable<F>,
  { file = {}, set = {}, usual, size }: ConfigSources<F>,
): PresetConfig<F> {
  if (Object.hasOwn(recipe.fields, KEY))
    return { config: parseConfig(recipe.fields, { file, set, usual }), preset: undefined };
  const { [KEY]: asked, ...own } = set;
  const { [KEY]: filed, ...kept } = file;
  const preset = asked ?? filed;
  if (preset === undefined)
    return { config: parseConfig(recipe.fields, { file, set, usual }), preset: undefined };
  const found = findPreset(recipe, preset);
  const values = found.set(size);
  const over = asked === undefined ? { ...values, ...kept } : { ...kept, ...values };
  return { config: parseConfig(recipe.fields, { file: over, set: own, usual }), preset: found };
}

/** @throws UsageError with the presets that there are */
function findPreset<F extends Fields>({ name, presets = {} }: Presettable<F>, asked: unknown): Preset<F> {
  if (typeof asked === 'string' && Object.hasOwn(presets, asked)) return presets[asked];
  const known = Object.keys(presets);
  const list =
    known.length > 0
      ? advise(String(asked), known, `there are ${known.join(', ')}`)
      : ': it has none, its defaults are what is known of its settings; leave it out';
  throw new UsageError(`${name} has no preset ${JSON.stringify(asked)}${list}`);
}

/** What a preset changes in images of a size, `width 32 → 64` each. */
export function presetChanges<F extends Fields>(
  { fields }: Presettable<F>,
  preset: Preset<F>,
  size: ImageSize,
): readonly string[] {
  return Object.entries(preset.set(size))
    .filter(([key, value]) => value !== undefined && value !== fields[key].default)
    .map(([key, value]) => `${key} ${usualOf(fields[key]) ?? 'by rule'} → ${value}`);
}

function usualOf(field: Fields[string]): unknown {
  return field.usually === undefined ? field.default : `(${field.usually})`;
}
