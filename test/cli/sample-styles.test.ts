import { main as sample } from '../../src/cli/sample';
import { readPng } from '../../src/io/png';
import { readSafetensors, type TensorRecord, writeSafetensors } from '../../src/io/safetensors';
import { load } from '../../src/recipes';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { seededLatents } from '../../src/training/generated-images';
import { requireLatents } from '../../src/training/load';
import { usage } from '../support/failure';
import { call } from './applying';
import { callStyled, STYLED, styledTests } from './styled-runs';

const { runs, at } = styledTests();

/** Float32 values as a record. */
function floats(shape: number[], value = (index: number) => Math.sin(index)): TensorRecord {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const bytes = new Uint8Array(Float32Array.from({ length: size }, (_, index) => value(index)).buffer);
  return { dtype: 'F32', shape, bytes };
}

/** The images that a call draws, one by one. */
async function images(run: string, ...argv: string[]): Promise<Float32Array[]> {
  const raw = at('raw.safetensors');
  const { code, stderr } = await callStyled(sample, run, '--raw', raw, '--quiet', ...argv);
  expect([code, stderr]).toEqual([0, '']);
  const { shape, bytes } = (await readSafetensors(raw)).records.images;
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const size = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => values.slice(i * size, (i + 1) * size));
}

const valuesOf = (images: Tensor) => Float32Array.from(images.toTypedArray(), Number);
const distance = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

describe('refused in one line, with exit code 2', () => {
  test.each<[string[], RegExp]>([
    [['--mix', '4'], /--mix expects ROWS:COLUMNS, each how many \(4:6\), or seeds as a list or a range/],
    [['--mix', '0:3'], /--mix expects ROWS:COLUMNS/],
    [['--mix', '2:100'], /at most 64 of them, but got "2:100"/],
    [['--mix', '4-1:2'], /--mix expects/],
    [['--mix', '1,x:2'], /--mix expects/],
    [['--mix', '0-99:2'], /--mix expects/],
    [['--mix', '1:2:3'], /--mix expects/],
    [
      ['--mix', '2:2', '--mix-layers', '3-2'],
      /--mix-layers expects layers A-B, counted from 1, but got "3-2"/,
    ],
    [
      ['--mix', '2:2', '--mix-layers', '1-4'],
      /--mix-layers expects layers A-B, counted from 1 to 3, those of/,
    ],
    [['--mix-layers', '1-2'], /--mix-layers belongs to --mix/],
    [['--mix', '2:2', '--count', '3'], /--mix says how many images there are: leave --count out/],
    [['--mix', '2:2', '--columns', '3'], /--mix says how many columns there are: leave --columns out/],
    [['--mix', '2:2', '--interpolate', '1:2'], /--interpolate and --mix each say what to draw/],
    [['--mix', '2:2', '--label', '1'], /--label: this model was trained without labels/],
    [
      ['--truncation-layers', '2'],
      /--truncation-layers says where truncation is, but there is none: give both/,
    ],
    [
      ['--truncation', '0.5', '--truncation-layers', '4'],
      /--truncation-layers expected a whole number from 1 to 3, the layers of this model, but received 4/,
    ],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await callStyled(sample, runs.plain, '--quiet', ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  test.each<[string[], RegExp]>([
    [['--mix', '2:2'], /--mix is of models with an intermediate latent w, but this one makes images of its/],
    [
      ['--truncation', '0.5', '--truncation-layers', '2'],
      /--truncation-layers is of models with an intermediate latent w, but this one has none: leave it out/,
    ],
  ])('%j of a model without w', async (argv, message) => {
    const { code, stderr } = await call(sample, '--checkpoint', runs.other, '--quiet', ...argv);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  test.each<[string, Record<string, TensorRecord>]>([
    ['layers', { styles: floats([1, 4, 6]) }],
    ['numbers', { styles: floats([1, 3, 5]) }],
    ['dimensions', { styles: floats([6]) }],
    ['count', { styles: floats([0, 6]) }],
  ])('styles of other %s, as those of a checkpoint of another size', async (_, records) => {
    await writeSafetensors(at('bad.safetensors'), records);
    const { code, stderr } = await callStyled(sample, runs.plain, '--latents', at('bad.safetensors'));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /bad\.safetensors: expected styles F32 \[N, 6\] or \[N, 3, 6\], but got F32 \[.*\]: they are of another model/,
    );
  });
});

test('files of other tensors name what they hold', async () => {
  await writeSafetensors(at('other.safetensors'), { z: floats([1, 8]) });
  expect(await callStyled(sample, runs.plain, '--latents', at('other.safetensors'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('expected one tensor "latents", or "styles", but it holds z'),
  });
  const noise = { styles: floats([2, 6]), 'noise.0': floats([3, 1, 4, 4]) };
  await writeSafetensors(at('noise.safetensors'), noise);
  expect(await callStyled(sample, runs.plain, '--latents', at('noise.safetensors'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('expected noise.0 F32 [1 or 2, 1, H, W], but got F32 [3, 1, 4, 4]'),
  });
  await writeSafetensors(at('styles.safetensors'), { styles: floats([2, 6]) });
  const other = await call(sample, '--checkpoint', runs.other, '--latents', at('styles.safetensors'));
  expect(other).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('styles are of a model with an intermediate latent w, and this one has'),
  });
});

test('--truncation draws w to the mean of the training, in the first layers where so many are asked for', async () => {
  const model = await load(runs.plain, { recipe: STYLED, device: 'cpu' });
  const sampler = requireLatents(model);
  const wanted = scope(() => {
    const network = sampler.styled(model.networks);
    const { meanStyle } = network;
    const plain = model.run({ count: 2, seed: 4 });
    const half = model.run({ count: 2, seed: 4, truncation: 0.5 });
    const first = model.run({ count: 2, seed: 4, truncation: 0.5, truncationLayers: 1 });
    const mean = sampler.synthesise(model.networks, meanStyle.unsqueeze(0));
    const nearly = model.run({ count: 2, seed: 4, truncation: 1e-6 });
    expect(nearly.sub(mean).abs().amax().item()).toBeLessThan(1e-4);
    return [plain, half, first].map((all) => valuesOf(all).slice(0, 256));
  });
  model.dispose();
  const [plain, half, first] = wanted;
  expect(distance((await images(runs.plain, '--seed', '4', '--count', '2'))[0], plain)).toBe(0);
  const truncated = ['--seed', '4', '--count', '2', '--truncation', '0.5'];
  expect(distance((await images(runs.plain, ...truncated))[0], half)).toBe(0);
  expect(distance((await images(runs.plain, ...truncated, '--truncation-layers', '1'))[0], first)).toBe(0);
  expect(distance(plain, half)).toBeGreaterThan(1e-3);
  expect(distance(half, first)).toBeGreaterThan(1e-3);
});

test('--truncation 0 makes every image that of the mean w', async () => {
  const [first, second, third] = await images(runs.plain, '--truncation', '0', '--count', '3');
  expect([distance(first, second), distance(first, third)]).toEqual([0, 0]);
});

test('truncation in w does not draw other latents: 1 leaves every image as it is', async () => {
  const [plain] = await images(runs.plain, '--count', '1');
  const [same] = await images(runs.plain, '--count', '1', '--truncation', '1');
  expect(distance(plain, same)).toBeLessThan(1e-6);
});

test('--interpolate goes straight through w, with the same noise in every frame', async () => {
  const walk = await images(runs.plain, '--interpolate', '1:2', '--frames', '3');
  const [start] = await images(runs.plain, '--seed', '1', '--count', '1');
  const [end] = await images(runs.plain, '--seed', '2', '--count', '1');
  expect(distance(walk[0], start)).toBeLessThan(1e-6);
  expect(distance(walk[2], end)).toBeLessThan(1e-6);
  const model = await load(runs.plain, { recipe: STYLED, device: 'cpu' });
  const { networks } = model;
  const sampler = requireLatents(model);
  const middle = scope(() => {
    const [a, b] = [1, 2].map((seed) =>
      sampler.mapLatents(networks, seededLatents(sampler.latent, { count: 1, seed })),
    );
    return valuesOf(sampler.synthesise(networks, a.add(b).div(2)));
  });
  model.dispose();
  expect(distance(walk[1], middle)).toBeLessThan(1e-6);
  const [one, other] = await images(runs.plain, '--interpolate', '1:1', '--frames', '2');
  expect(distance(one, other)).toBeLessThan(1e-6);
});

test('--mix draws rows, columns and what is between them, by numbers or by seeds', async () => {
  const { code, stdout } = await callStyled(sample, runs.plain, '--mix', '2:3', '--out', at('mix.png'));
  expect([code, stdout]).toEqual([0, `picture ${at('mix.png')}\n`]);
  expect(await readPng(at('mix.png'))).toMatchObject({ width: 4 * 18 + 2, height: 3 * 18 + 2 });
  const counted = await images(runs.plain, '--mix', '2:3', '--seed', '9');
  const drawn = await images(runs.plain, '--count', '5', '--seed', '9');
  const [corner, ...rest] = counted;
  for (const [place, image] of [rest[3], rest[7], ...rest.slice(0, 3)].entries())
    expect(distance(image, drawn[place])).toBeLessThan(1e-6);
  expect(distance(corner, rest[0])).toBeGreaterThan(1e-4);
  const seeded = await images(runs.plain, '--mix', '1,5:2-3', '--mix-layers', '1-3');
  // Where every layer has the column's w, the image is the column's.
  const [two] = await images(runs.plain, '--seed', '2', '--count', '1');
  expect(distance(seeded[1], two)).toBeLessThan(1e-6);
  expect(distance(seeded[4], two)).toBeLessThan(1e-6);
  expect(distance(seeded[7], two)).toBeLessThan(1e-6);
});

test('model.run makes images of styles, and refuses what a model cannot do', async () => {
  const model = await load(runs.plain, { recipe: STYLED, device: 'cpu' });
  const other = await load(runs.other, { device: 'cpu' });
  scope(() => {
    // More than are computed at once, each with noise of its own.
    const styles = randn([300, 6]);
    const noise = [4, 8, 16].map((side) => randn([300, 1, side, side]));
    const all = model.run({ styles, noise });
    expect(all.shape).toEqual([300, 1, 16, 16]);
    const last = { start: 299, length: 1 };
    const own = noise.map((map) => map.narrow(0, last));
    const one = model.run({ styles: styles.narrow(0, last), noise: own });
    expect(one.sub(all.narrow(0, last)).abs().amax().item()).toBeLessThan(1e-5);
    expect(() => model.run({ styles: randn([2, 5]) })).toThrow(usage('are they of another model?'));
    expect(() => model.run({ styles: styles.mul(Number.NaN) })).toThrow(
      usage('styles expected finite numbers'),
    );
    expect(() => other.run({ styles })).toThrow(usage('this model has no intermediate latent w'));
    expect(() => other.run({ latents: randn([1, 3]), truncation: 0.5 })).toThrow(
      usage('truncation is of latents that are drawn, but these are given'),
    );
    const latents = randn([1, 8]);
    const far = model
      .run({ latents })
      .sub(model.run({ latents, truncation: 0.2 }))
      .abs()
      .amax()
      .item();
    expect(far).toBeGreaterThan(1e-3);
  });
  model.dispose();
  other.dispose();
});

test('a conditional model draws rows of its classes, each in w, and mixes one of them', async () => {
  const rows = await images(runs.conditional, '--columns', '2', '--truncation', '0.7');
  expect(rows).toHaveLength(2 * 3);
  const plain = await images(runs.conditional, '--columns', '2');
  expect(distance(rows[0], plain[0])).toBeGreaterThan(1e-4);
  expect(await images(runs.conditional, '--mix', '1:1', '--label', '2')).toHaveLength(4);
  expect(await images(runs.conditional, '--interpolate', '1:2', '--frames', '2')).toHaveLength(2);
});

test('--latents draws styles, one for all layers or one for each, with the noise that is theirs', async () => {
  const one = floats([2, 6]);
  await writeSafetensors(at('one.safetensors'), { styles: one });
  const shared = await images(runs.plain, '--latents', at('one.safetensors'));
  const values = new Float32Array(one.bytes.slice().buffer);
  const each = floats([2, 3, 6], (i) => values[Math.floor(i / 18) * 6 + (i % 6)]);
  await writeSafetensors(at('each.safetensors'), { styles: each });
  const layered = await images(runs.plain, '--latents', at('each.safetensors'));
  expect(Math.max(...layered.map((image, i) => distance(image, shared[i])))).toBeLessThan(1e-6);
  const noise = Object.fromEntries(
    [4, 8, 16].map((side, i) => [`noise.${i}`, floats([1, 1, side, side], (n) => 5 * Math.cos(n))]),
  );
  await writeSafetensors(at('noisy.safetensors'), { styles: each, ...noise });
  const noisy = await images(runs.plain, '--latents', at('noisy.safetensors'));
  expect(distance(noisy[0], shared[0])).toBeGreaterThan(1e-3);
});
