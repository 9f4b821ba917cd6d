import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClassifierExtractorOptions,
  classifierExtractor,
} from '../../../src/metrics/features/classifier';
import { autocast } from '../../../src/tensor/autograd';
import { randn } from '../../../src/tensor/create';
import { scope } from '../../../src/tensor/scope';
import { environment, temporaryFolder } from '../../data/files';
import { expectClose } from '../../support/close';
import { usage } from '../../support/failure';
import { patterns, QUICK } from './patterns';

const folder = temporaryFolder();
environment(() => ({ XDG_CACHE_HOME: folder.path() }));

const recipe = { ...QUICK, leastImages: 64, mostImages: 64 };
const features = () => folder.path('libtorch-gan', 'features');
const kept = () => join(features(), readdirSync(features())[0]);

function open(options: ClassifierExtractorOptions & { dataset?: ReturnType<typeof patterns> } = {}) {
  return classifierExtractor(options.dataset ?? patterns(), { recipe, ...options });
}

test('images of other channels, ranks or types are refused', async () => {
  const extractor = await open();
  scope(() => {
    expect(() => extractor.extract(randn([2, 3, 32, 32]))).toThrow(
      usage(
        'classifier-patterns expects images float32 [N, 1, H, W] in [-1, 1] but received float32 [2, 3, 32, 32]',
      ),
    );
    expect(() => extractor.extract(randn([1, 32, 32]))).toThrow(usage('received float32 [1, 32, 32]'));
    expect(() => extractor.extract(randn([1, 1, 32, 32]).double())).toThrow(usage('float64'));
  });
  extractor.dispose();
});

test('it tells what a protocol needs', async () => {
  const extractor = await open();
  expect(extractor).toMatchObject({
    name: 'classifier-patterns',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    dimensions: 8,
    classes: 3,
    resize: 'bilinear, antialiased, to 32×32',
    heldOut: 'held-out tenth',
  });
  extractor.dispose();
});

test('images of any size give float32 features and logits, also inside autocast, and nothing is recorded', async () => {
  const extractor = await open();
  scope(() => {
    for (const side of [16, 32, 64]) {
      const images = randn([5, 1, side, side]).tanh();
      const { features: plain, logits } = extractor.extract(images);
      expect(plain.shape).toEqual([5, 8]);
      expect(logits?.shape).toEqual([5, 3]);
      expect(plain.requiresGrad).toBe(false);
      const inside = autocast({ device: 'cpu' }, () => extractor.extract(images).features);
      expect(inside.dtype).toBe('float32');
      expectClose(inside, plain, { relative: 0 });
    }
  });
  extractor.dispose();
});

test('the second time the kept classifier is read, without training', async () => {
  const first = await open();
  let trained = false;
  const second = await open({
    onProgress: () => {
      trained = true;
    },
  });
  expect(trained).toBe(false);
  expect(second.sha256).toBe(first.sha256);
  expect(second.accuracy).toBe(first.accuracy);
  scope(() => {
    const images = randn([3, 1, 32, 32]).tanh();
    expectClose(second.extract(images).features, first.extract(images).features, { relative: 0 });
  });
  first.dispose();
  second.dispose();
});

test('other images, other labels and another recipe are other classifiers', async () => {
  const extractors = [
    await open(),
    await open({ dataset: patterns({ count: 117 }) }),
    await open({ recipe: { ...recipe, version: 2 } }),
  ];
  expect(readdirSync(features())).toHaveLength(3);
  for (const extractor of extractors) extractor.dispose();
});

function flipAt(bytes: Buffer, place: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[place] ^= 1;
  return flipped;
}

test.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 10)],
  [
    'with a changed weight',
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes[bytes.length - 1] ^ 1])]),
  ],
  ['of something else', () => Buffer.from('not at all')],
  ['that claims another accuracy', (bytes: Buffer) => flipAt(bytes, bytes.indexOf('"accuracy":"') + 12)],
  ['without a seal', (bytes: Buffer) => flipAt(bytes, bytes.indexOf('"seal"') + 1)],
])('a kept classifier %s is trained again, with a note', async (_, spoil) => {
  const first = await open();
  writeFileSync(kept(), spoil(readFileSync(kept())));
  const notes: string[] = [];
  const second = await open({ onNote: (note) => notes.push(note) });
  expect(notes).toEqual([
    expect.stringMatching(/^bad (safetensors file|feature classifier) .*; it is trained again$/),
  ]);
  expect(second.sha256).toBe(first.sha256);
  const third = await open({ onNote: (note) => notes.push(note) });
  expect(notes).toHaveLength(1);
  for (const extractor of [first, second, third]) extractor.dispose();
});

test('where the cache cannot be written the classifier serves all the same, with a note', async () => {
  mkdirSync(folder.path('libtorch-gan'));
  writeFileSync(folder.path('libtorch-gan', 'features'), 'in the way');
  const notes: string[] = [];
  const extractor = await open({ onNote: (note) => notes.push(note) });
  expect(notes).toEqual([expect.stringContaining('the next evaluation trains it again')]);
  extractor.dispose();
});

test('two that are made at once leave one whole file', async () => {
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const both = await Promise.all([open({ onNote }), open({ onNote })]);
  const third = await open({ onNote });
  expect([notes, third.sha256]).toEqual([[], both[0].sha256]);
  expect(readdirSync(features())).toHaveLength(1);
  for (const extractor of [...both, third]) extractor.dispose();
});

test('nothing but the finished file is left in the cache', async () => {
  const extractor = await open();
  expect(readdirSync(features())).toEqual([
    expect.stringMatching(/^classifier-patterns-[0-9a-f]{16}\.safetensors$/),
  ]);
  extractor.dispose();
});
