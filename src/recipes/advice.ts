import { type ImageSize, sizeOf } from '../data/image-size';
import type { DataSurvey } from '../data/survey';
import {
  type AdviceFacts,
  AUGMENT_RULES,
  BATCH_RULES,
  IMAGES_RULES,
  RECIPE_RULES,
  type RecipeChoice,
  type Rule,
  SIDE_RULES,
  sideOf,
  WIDE,
  WIDTH_RULES,
} from './advice-rules';
import type { Recipe } from './recipe';
import { fittingPatch, isPatch } from './translation';

/** Why something is taken. */
export interface Reason {
  /** Of what: `recipe`, `resolution`, `width`, `augment`, `batch`, `images` or `channels`. */
  readonly of: string;
  readonly why: string;
  readonly source: string;
}

/** A training that could be made of a data set on a machine. */
export interface Proposal {
  readonly recipe: Recipe;
  readonly size: ImageSize;
  readonly batch: number;
  /** `--set` of it. */
  readonly set: Readonly<Record<string, string>>;
  /** Images to see in all. */
  readonly images: number;
  readonly reasons: readonly Reason[];
}

/** The fewest images that anything can be learned of. */
export const LEAST_IMAGES = 8;

/** Rows of a class-balanced step: a batch is at most a quarter of the images. */
const BATCHES_A_PASS = 4;

/**
 * What to train, by the tables of rules: the best and the runner-up, which is null where only one recipe is for such data.
 *
 * @param options.recipes by name
 * @param options.bound a side that images are not to be larger than, and why (none)
 */
export function propose(facts: AdviceFacts, options: ProposeOptions): readonly [Proposal, Proposal | null] {
  const choices = RECIPE_RULES.filter((rule) => rule.when(facts));
  const [best, second] = choices.map((choice) => proposalOf(choice, facts, options));
  return [best, second ?? null];
}

/** What {@link propose} chooses among. */
export interface ProposeOptions {
  readonly recipes: Readonly<Record<string, Recipe>>;
  readonly bound?: { readonly side: number; readonly why: string };
}

function proposalOf(
  choice: Rule<RecipeChoice>,
  facts: AdviceFacts,
  { recipes, bound }: ProposeOptions,
): Proposal {
  const recipe = recipes[choice.take.recipe];
  const { most, because } = mostSide(facts, bound);
  const size = sizeFor(recipe, facts, most);
  const width = WIDE.includes(recipe.name) ? firstOf(WIDTH_RULES, facts) : undefined;
  const augment = Object.hasOwn(recipe.fields, 'augment') ? firstOf(AUGMENT_RULES, facts) : undefined;
  const small = firstOf(BATCH_RULES, facts);
  const images = firstOf(IMAGES_RULES, facts);
  const usual = recipe.batchFor?.(size) ?? recipe.training.batch;
  return {
    recipe,
    size,
    batch: batchFor(Math.min(usual, small?.take ?? usual), facts),
    set: {
      ...choice.take.set,
      ...(width && { width: String(width.take) }),
      ...(augment && { augment: augment.take }),
      ...smallerPatch(recipe, size),
    },
    images: images?.take ?? recipe.training.steps * usual,
    reasons: [
      reason('recipe', choice, facts),
      because,
      ...(width ? [reason('width', width, facts)] : []),
      ...(augment ? [reason('augment', augment, facts)] : []),
      ...(small ? [reason('batch', small, facts)] : []),
      ...(images ? [reason('images', images, facts)] : []),
    ],
  };
}

/** What D judges, where the patches of a recipe are too large for such images. */
function smallerPatch({ fields }: Recipe, size: ImageSize): Readonly<Record<string, string>> {
  const usual = Object.hasOwn(fields, 'patch') ? fields.patch.default : undefined;
  if (!isPatch(usual)) return {};
  const patch = fittingPatch(usual, size);
  return patch === usual ? {} : { patch };
}

/** How large images may be, and why: as large as they are, unless the machine or the time set a bound. */
function mostSide(
  facts: AdviceFacts,
  bound: ProposeOptions['bound'],
): { readonly most: number; readonly because: Reason } {
  if (bound)
    return { most: bound.side, because: { of: 'resolution', why: bound.why, source: 'measured here' } };
  const rule = firstOf(SIDE_RULES, facts);
  const { height, width } = facts.data.size;
  if (rule && rule.take < sideOf(facts))
    return { most: rule.take, because: reason('resolution', rule, facts) };
  const why = `the images are of ${height}×${width}`;
  return { most: ENLARGED * sideOf(facts), because: { of: 'resolution', why, source: 'the data' } };
}

function firstOf<T>(rules: readonly Rule<T>[], facts: AdviceFacts): Rule<T> | undefined {
  return rules.find((rule) => rule.when(facts));
}

function reason<T>(of: string, rule: Rule<T>, facts: AdviceFacts): Reason {
  return { of, why: rule.why(facts), source: rule.source };
}

/** A power of two, so that four batches at least make a pass where images are few. */
function batchFor(usual: number, { data }: AdviceFacts): number {
  if (data.count >= BATCHES_A_PASS * usual) return usual;
  return 2 ** Math.floor(Math.log2(Math.max(1, data.count / BATCHES_A_PASS)));
}

/** Images a little smaller than a power of two are brought to it, those of 28 pixels to 32. */
const ENLARGED = 8 / 7;

/** Longer sides than so many shorter ones are cut off. */
const LONGEST = 2;

/**
 * The size of the largest power of two for the smaller side that the images have and `most` allows, in the images' proportions where the recipe takes
 * them, else square.
 */
function sizeFor(recipe: Recipe, facts: AdviceFacts, most: number): ImageSize {
  const { accepts } = recipe.resolutions;
  const own = ENLARGED * sideOf(facts);
  for (let side = 2 ** Math.floor(Math.log2(Math.min(own, most))); side >= 16; side /= 2) {
    const long = inProportion(facts, side);
    if (accepts(long)) return long;
    if (accepts(sizeOf(side))) return sizeOf(side);
  }
  return sizeOf(recipe.training.resolution);
}

/** The longer side in quarters of the shorter one. */
function inProportion({ data: { size } }: AdviceFacts, side: number): ImageSize {
  const ratio = Math.max(size.height, size.width) / Math.min(size.height, size.width);
  const longer = (Math.round(4 * Math.min(ratio, LONGEST)) / 4) * side;
  return size.height > size.width ? { height: longer, width: side } : { height: side, width: longer };
}

/** What a look at the data warns of, a sentence each. */
export function dataNotes(data: DataSurvey): readonly string[] {
  const { count, duplicates, classes, size, looked, unreadable } = data;
  const counts = classes.map((each) => each.count);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const ratio = Math.max(size.height, size.width) / Math.min(size.height, size.width);
  return [
    ...(unreadable
      ? [
          `${looked} of ${looked + unreadable.count} images that were looked into are readable, the others are left out by --on-bad-image skip; the first: ${unreadable.reason}`,
        ]
      : []),
    ...(count < 500
      ? [
          `${count} images are learned by heart sooner or later: report.html of a run with --eval-every shows the nearest neighbours of samples`,
        ]
      : []),
    ...(duplicates !== null && duplicates > count / 100
      ? [`${duplicates} images equal others byte for byte, and are learned so much the more: remove them`]
      : []),
    ...(counts.length > 1 && most > 10 * least
      ? [
          `classes are out of balance, from ${least} to ${most} images: the small ones are learned badly; take some of the large ones out`,
        ]
      : []),
    ...(ratio > LONGEST
      ? [`images are ${ratio.toFixed(1)} times as long as wide: --fit crop cuts most of them off`]
      : []),
    ...(sideOf({ data }) < 28 ? [`images of ${size.height}×${size.width} pixels are enlarged`] : []),
  ];
}
