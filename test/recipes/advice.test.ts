import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSurvey } from '../../src/data/survey';
import { recipes } from '../../src/recipes';
import { dataNotes, propose } from '../../src/recipes/advice';
import {
  AUGMENT_RULES,
  BATCH_RULES,
  IMAGES_RULES,
  type MachineFacts,
  RECIPE_RULES,
  SIDE_RULES,
  WIDE,
  WIDTH_RULES,
} from '../../src/recipes/advice-rules';

const survey: DataSurvey = {
  name: 'folder:x',
  kind: 'images',
  count: 60_000,
  size: { height: 100, width: 100 },
  grey: false,
  classes: [],
  duplicates: 0,
  looked: 48,
};
const processor: MachineFacts = { cores: 2, memoryBytes: 16e9, instructions: 'AVX512', gpu: null };
const gpu: MachineFacts = { ...processor, cores: 16, gpu: 'H100' };

const classesOf = (...counts: number[]) => counts.map((count, i) => ({ name: `${i}`, count }));

function proposed(data: Partial<DataSurvey>, machine: MachineFacts = processor) {
  return propose({ data: { ...survey, ...data }, machine }, { recipes });
}

test('every rule names a recipe that there is, its fields, and a source that is there', () => {
  for (const { take } of RECIPE_RULES) {
    expect(recipes).toHaveProperty([take.recipe]);
    for (const key of Object.keys(take.set ?? {})) expect(recipes[take.recipe].fields).toHaveProperty(key);
  }
  for (const name of WIDE) expect(recipes[name].fields).toHaveProperty('width');
  const rules = [RECIPE_RULES, SIDE_RULES, WIDTH_RULES, AUGMENT_RULES, BATCH_RULES, IMAGES_RULES].flat();
  for (const { source } of rules) {
    const [page] = /^[\w/]+\.md/.exec(source) ?? [];
    if (page) expect(existsSync(join(__dirname, '../..', page))).toBe(true);
    else expect(source).toMatch(/ et al\. \d{4}/);
  }
});

test.each<[string, Partial<DataSurvey>, MachineFacts, string, string]>([
  ['images alone', {}, processor, 'dcgan', 'hinge'],
  ['labels', { classes: classesOf(6_000, 5_000) }, processor, 'cgan', 'acgan'],
  ['labels that are too few', { classes: classesOf(6_000, 5) }, processor, 'dcgan', 'hinge'],
  ['pairs', { kind: 'pairs' }, processor, 'pix2pix', 'pix2pix'],
  ['two domains', { kind: 'unpaired' }, processor, 'cyclegan', 'cyclegan'],
  ['large images and a GPU', { size: { height: 512, width: 512 } }, gpu, 'stylegan2', 'dcgan'],
])('%s: a recipe and its runner-up', (_, data, machine, best, second) => {
  const [first, other] = proposed(data, machine);
  expect([first.recipe.name, other?.recipe.name]).toEqual([best, second]);
});

test.each<[string, Partial<DataSurvey>, MachineFacts, [number, number]]>([
  ['28 pixels become 32', { size: { height: 28, width: 28 } }, processor, [32, 32]],
  ['two cores make 64', {}, processor, [64, 64]],
  ['one core makes 32', {}, { ...processor, cores: 1 }, [32, 32]],
  ['a GPU makes what there is', {}, gpu, [64, 64]],
  ['and 256 at most', { size: { height: 900, width: 900 } }, gpu, [256, 256]],
  ['upright images stay upright', { size: { height: 150, width: 100 } }, processor, [96, 64]],
  ['wide ones wide', { size: { height: 100, width: 125 } }, processor, [64, 80]],
  ['very wide ones are cut', { size: { height: 100, width: 900 } }, processor, [64, 128]],
  ['tiny ones are enlarged to what the recipe makes', { size: { height: 9, width: 9 } }, processor, [32, 32]],
])('%s', (_, data, machine, [height, width]) => {
  const [{ size, recipe }] = proposed(data, machine);
  expect(size).toEqual({ height, width });
  expect(recipe.resolutions.accepts(size)).toBe(true);
});

test('images of other proportions stay square where the recipe makes squares alone', () => {
  const [{ size, recipe }] = proposed({ size: { height: 600, width: 400 } }, gpu);
  expect([recipe.name, size]).toEqual(['stylegan2', { height: 256, width: 256 }]);
});

test('few images are augmented, and come in small batches', () => {
  const [{ set, batch }] = proposed({ count: 100 });
  expect([set.augment, batch]).toEqual(['ada', 16]);
  expect(proposed({ count: 8 })[0].batch).toBe(2);
  expect(proposed({ count: 5_000 })[0].set).not.toHaveProperty('augment');
});

test('a GPU gets the paper’s width', () => {
  expect(proposed({}, gpu)[0].set).toEqual({ width: '64' });
});

test('a bound says why', () => {
  const facts = { data: survey, machine: processor };
  const [{ size, reasons }] = propose(facts, { recipes, bound: { side: 32, why: 'no time' } });
  expect(size).toEqual({ height: 32, width: 32 });
  expect(reasons).toContainEqual({ of: 'resolution', why: 'no time', source: 'measured here' });
});

describe('notes', () => {
  test.each<[Partial<DataSurvey>, RegExp]>([
    [{ count: 100 }, /^100 images are learned by heart/],
    [{ duplicates: 2_000 }, /^2000 images equal others/],
    [{ classes: classesOf(5_000, 400) }, /out of balance, from 400 to 5000/],
    [{ size: { height: 100, width: 300 } }, /^images are 3\.0 times as long/],
    [{ size: { height: 16, width: 16 } }, /^images of 16×16 pixels are enlarged/],
  ])('of %o', (data, text) => {
    expect(dataNotes({ ...survey, ...data })).toEqual([expect.stringMatching(text)]);
  });

  test('none of a set that is as it should be', () => {
    expect(dataNotes({ ...survey, classes: classesOf(6_000, 6_000), duplicates: null })).toEqual([]);
  });
});

test('images of fewer pixels than a patch have are judged by smaller patches', () => {
  const small = { size: { height: 20, width: 20 } };
  for (const kind of ['pairs', 'unpaired'] as const) {
    expect(proposed({ ...small, kind })[0]).toMatchObject({ size: { height: 16 }, set: { patch: '34' } });
    expect(proposed({ kind })[0].set).not.toHaveProperty('patch');
  }
});
