import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataKind } from '../../src/data/dataset';
import { load } from '../../src/recipes';
import { cyclegan } from '../../src/recipes/cyclegan';
import { dcgan } from '../../src/recipes/dcgan';
import { pix2pix } from '../../src/recipes/pix2pix';
import type { Recipe } from '../../src/recipes/recipe';
import { full, ones, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { openCheckpoint, readCheckpoint } from '../../src/training/checkpoint';
import { type LoadedModel, requireImages, requireLatents } from '../../src/training/load';
import type { RunRequest } from '../../src/training/run-model';
import { Trainer } from '../../src/training/trainer';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { buildModel, filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();

interface Small {
  readonly recipe: Recipe;
  readonly kind: DataKind;
  readonly set: Record<string, string>;
}

const DCGAN: Small = {
  recipe: dcgan as Recipe,
  kind: 'images',
  set: { width: '4', latentSize: '8', emaImages: '50' },
};
const PIX2PIX: Small = { recipe: pix2pix as Recipe, kind: 'pairs', set: { width: '4', patch: '16' } };
const CYCLEGAN: Small = {
  recipe: cyclegan as Recipe,
  kind: 'unpaired',
  set: { width: '2', blocks: '1', patch: '16', pool: '6', emaImages: '40' },
};

/** Trains a small model for two steps; the run directory. */
async function train({ recipe, kind, set }: Small, settings: object = {}): Promise<string> {
  const trainer = new Trainer({
    ...buildModel(recipe, { set }),
    device: testDevice,
    precision: 'fp32',
    seed: 5,
  });
  const loader = tinyLoader({ kind, batch: 4 });
  const out = join(folder.path, recipe.name);
  const parsed = Object.fromEntries(
    Object.entries(set).map(([key, value]) => [key, Number.isNaN(Number(value)) ? value : Number(value)]),
  );
  try {
    await reportsOf(
      trainer.fit(loader, {
        steps: 2,
        out,
        page: false,
        settings: { recipe: recipe.name, set: parsed, ...settings },
      }),
    );
    return out;
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

async function withModel(
  path: string,
  body: (model: LoadedModel) => void,
  options: Parameters<typeof load>[1] = {},
): Promise<void> {
  const model = await load(path, { device: testDevice, ...options });
  try {
    scope(() => body(model));
  } finally {
    model.dispose();
  }
}

const checkpointOf = (run: string) => join(run, 'checkpoints', 'step-000002');
const filesIn = (run: string) => Object.keys(filesOf(checkpointOf(run)));

describe('a checkpoint’s folder', () => {
  test('has a folder for the networks, one for the averages and one for the optimizers', async () => {
    expect(filesIn(await train(CYCLEGAN)).filter((name) => !name.includes('Pool'))).toEqual(
      expect.arrayContaining([
        'ema/ab.safetensors',
        'ema/ba.safetensors',
        'manifest.json',
        'networks/ab.safetensors',
        'networks/ba.safetensors',
        'optimizers/G.safetensors',
        'state.safetensors',
      ]),
    );
  });

  test('has no averages where nothing is averaged', async () => {
    expect(filesIn(await train(PIX2PIX)).filter((name) => name.startsWith('ema'))).toEqual([]);
  });

  test('says what the images are by their names in batches, and which files it has', async () => {
    const path = checkpointOf(await train(PIX2PIX));
    const { description, names } = await openCheckpoint(path);
    const grey = { channels: 1, height: 16, width: 16, classes: 0 };
    expect(description.specs).toEqual({ a: grey, b: grey });
    expect(names.map((name) => `${name}.safetensors`).sort()).toEqual(
      Object.keys(filesOf(path)).filter((name) => name.endsWith('.safetensors')),
    );
    await expect(readCheckpoint(path, ['networks/critic'])).rejects.toEqual(
      failure(
        'ERR_BAD_CHECKPOINT',
        'expected a file networks/critic.safetensors but the manifest lists networks/',
      ),
    );
  });

  test('of an earlier version of the library is refused in one line', async () => {
    const path = checkpointOf(await train(DCGAN));
    const file = join(path, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    for (const [format, shown] of [
      [1, '1'],
      [undefined, 'none'],
      [3, '3'],
    ] as const) {
      writeFileSync(file, JSON.stringify({ ...manifest, format }));
      const said: Error = await load(path).catch((error) => error);
      expect(said).toEqual(
        failure(
          'ERR_BAD_CHECKPOINT',
          `expected format 2 in manifest.json but it has ${shown}: another version of libtorch-gan wrote it`,
        ),
      );
      expect(said.message).toContain(path);
      expect(said.message).not.toContain('\n');
    }
  });
});

describe('a folder that a training was replacing when its process ended', () => {
  const DEAD = 4194999;
  const left = (run: string, which: 'old' | 'tmp') => join(run, `.best.${DEAD}.${which}`);

  /** A run without best/, but with copies of its checkpoint as a death between the two renames leaves them. */
  async function trainedWithCopies(...copies: ('old' | 'tmp')[]): Promise<string> {
    const run = await train(DCGAN);
    for (const which of copies) cpSync(checkpointOf(run), left(run, which), { recursive: true });
    return run;
  }

  test.each([
    [['old', 'tmp'], 'tmp'],
    [['tmp'], 'tmp'],
    [['old'], 'old'],
  ] as const)('is read from a copy, of %j the %s, and nothing is moved', async (copies, taken) => {
    const run = await trainedWithCopies(...copies);
    const before = readdirSync(run).sort();
    const best = join(run, 'best');
    await withModel(best, ({ checkpoint, step, notes }) => {
      expect([checkpoint, step]).toEqual([best, 2]);
      expect(notes).toEqual([
        `${best} was being replaced when its process ended, or is now: taken from ${left(run, taken)}`,
      ]);
    });
    expect(readdirSync(run).sort()).toEqual(before);
  });

  test('is read from the one before, where the new one is damaged', async () => {
    const run = await trainedWithCopies('old', 'tmp');
    writeFileSync(join(left(run, 'tmp'), 'state.safetensors'), 'half');
    await withModel(join(run, 'best'), ({ notes }) => expect(notes[0]).toContain(left(run, 'old')));
  });

  test('is missed where no copy is whole', async () => {
    const run = await trainedWithCopies('tmp');
    rmSync(join(left(run, 'tmp'), 'manifest.json'));
    await expect(load(join(run, 'best'))).rejects.toEqual(
      failure('ERR_BAD_CHECKPOINT', `cannot read ${join(run, 'best', 'manifest.json')}`),
    );
  });

  test('is read itself where it is there, whatever lies beside it', async () => {
    const run = await trainedWithCopies('old');
    cpSync(checkpointOf(run), join(run, 'best'), { recursive: true });
    await withModel(join(run, 'best'), ({ notes }) => expect(notes).toEqual([]));
  });

  test('is no checkpoint that replaced none: a run was never told of it', async () => {
    const run = await train(DCGAN);
    const checkpoints = join(run, 'checkpoints');
    cpSync(checkpointOf(run), join(checkpoints, `.step-000004.${DEAD}.tmp`), { recursive: true });
    await expect(load(join(checkpoints, 'step-000004'))).rejects.toEqual(
      failure('ERR_BAD_CHECKPOINT', 'step-000004'),
    );
  });
});

describe('what no recipe tells how to use', () => {
  test('is a run of a script of its own', async () => {
    const out = await train(DCGAN, { recipe: undefined });
    await expect(load(out)).rejects.toEqual(
      failure(
        'ERR_NO_RECIPE',
        'it was trained by a script of its own: name what builds them, load(run, { recipe: { build: () => model } })',
      ),
    );
  });

  test('is no longer such a run where the script says what builds its model', async () => {
    const out = await train(DCGAN, { recipe: undefined, set: undefined });
    const recipe = { build: () => buildModel(DCGAN.recipe, { set: DCGAN.set }) };
    await withModel(
      out,
      (own) => {
        const images = own.run({ count: 2, seed: 7 });
        expect([own.weights, own.settings]).toEqual(['ema', {}]);
        expect(images.shape).toEqual([2, 1, 16, 16]);
        expect(images.std().item()).toBeGreaterThan(0);
      },
      { recipe },
    );
  });

  test('is no longer such a run where a recipe is given that its settings are of', async () => {
    const out = await train(DCGAN, { recipe: undefined });
    const { fields, build } = DCGAN.recipe;
    await withModel(out, (own) => expect(own.run({ count: 1 }).shape).toEqual([1, 1, 16, 16]), {
      recipe: { fields, build: (...given) => build(...given) },
    });
  });

  test('is no longer such a run where the file of a recipe is named', async () => {
    const out = await train(DCGAN, { recipe: undefined });
    const file = join(folder.path, 'mine.js');
    const library = JSON.stringify(join(__dirname, '../../src/recipes/dcgan'));
    writeFileSync(file, `exports.mine = require(${library}).dcgan;`);
    await withModel(out, (own) => expect(own.run({ count: 1 }).shape).toEqual([1, 1, 16, 16]), {
      recipe: file,
    });
  });

  test('is other networks than those that the script trained', async () => {
    const out = await train(DCGAN, { recipe: undefined, set: undefined });
    const wider = { build: () => buildModel(DCGAN.recipe, { set: { ...DCGAN.set, width: '8' } }) };
    await expect(load(out, { recipe: wider })).rejects.toEqual(failure('ERR_STATE_DICT', 'shape'));
  });

  test('is a run whose recipe has no sampler, and nothing is left of its networks', async () => {
    const bare: Recipe = {
      ...DCGAN.recipe,
      build: (...given) => {
        const { sampler: _, ...model } = DCGAN.recipe.build(...given);
        return model;
      },
    };
    await expect(load(await train(DCGAN), { recipes: { dcgan: bare } })).rejects.toEqual(
      failure('ERR_NO_SAMPLER', 'expected a recipe whose model has a sampler, which says how it is used'),
    );
  });

  test('is a recipe whose build returns no model', async () => {
    const run = await train(DCGAN, { recipe: undefined });
    await expect(load(run, { recipe: { build: () => undefined as never } })).rejects.toEqual(
      usage('load expects a recipe whose build returns a model, { networks, … }, but received undefined'),
    );
  });

  test('is other weights than there are, or no number of batches', async () => {
    const run = await train(DCGAN);
    await expect(load(run, { weights: 'foo' as never })).rejects.toEqual(
      usage("load expects weights to be one of 'ema', 'live' but received 'foo'"),
    );
    for (const batches of [-1, 1.5, Number.NaN])
      await expect(load(run, { standingStatistics: { batches } })).rejects.toEqual(
        usage(`load expects standingStatistics.batches to be a positive integer but received ${batches}`),
      );
  });

  test('is the standing statistics of a model that takes images in', async () => {
    await expect(load(await train(PIX2PIX), { standingStatistics: { batches: 1 } })).rejects.toEqual(
      usage('standing statistics are of images made of latents, but this model takes images in'),
    );
  });
});

describe('a model of latents', () => {
  test('refuses images, and latents of another size', async () => {
    await withModel(await train(DCGAN), (model) => {
      expect(() => model.run({ images: zeros([1, 1, 16, 16]) })).toThrow(
        usage('this model makes images of latents but was given images: give it count and seed'),
      );
      expect(() => model.run(undefined as never)).toThrow(
        usage('model.run expects { count, seed } or { latents } but received undefined'),
      );
      expect(() => model.run({ latents: [[1]] as never })).toThrow(
        usage('model.run expects latents to be a tensor, as tensor(…) makes one, but received [[1]] (array)'),
      );
      expect(() => model.run({ latents: zeros([2, 7]) })).toThrow(
        usage('latents expected a tensor [N, 8] but received [2, 7]'),
      );
      expect(() => model.run({ latents: zeros([0, 8]) })).toThrow(usage('but received [0, 8]'));
      expect(() => model.run({ latents: full([2, 8], Number.NaN) })).toThrow(
        usage('latents expected finite numbers but received some that are NaN or infinite'),
      );
      expect(() => model.run({ count: 0 })).toThrow(usage('count expected a whole number of at least 1'));
      const refused = (request: object, message: string) =>
        expect(() => model.run({ count: 1, ...request })).toThrow(usage(message));
      for (const wrong of [-1, Number.NaN]) {
        refused({ seed: wrong }, 'seed expected a whole number of at least 0');
        refused({ truncation: wrong }, 'truncation expected a finite number');
      }
      refused({ label: 1 }, 'trained without labels');
      refused({ tile: 64 }, 'tile would do nothing beside');
      expect(() => requireImages(model)).toThrow(usage('makes images of latents, not of images: use sample'));
      expect(requireLatents(model).latent).toEqual({ shape: [8, 1, 1] });
    });
  });

  test('takes flat latents or those in its own shape, and gives images on the CPU', async () => {
    await withModel(await train(DCGAN), (model) => {
      const flat = model.run({ latents: ones([2, 8]) });
      expect([flat.shape, flat.device, flat.dtype]).toEqual([[2, 1, 16, 16], 'cpu', 'float32']);
      expect(model.run({ latents: ones([2, 8, 1, 1]) }).equal(flat)).toBe(true);
      expect(Object.keys(model.networks)).toEqual(['generator']);
    });
  });
});

describe('a model of images', () => {
  test.each<[string, (images: typeof zeros) => RunRequest, string]>([
    [
      'a count',
      () => ({ count: 3 }),
      'this model makes images of images: give it `images` [N, C, H, W] in [-1, 1]',
    ],
    ['latents', (of) => ({ latents: of([1, 8]) }), 'this model makes images of images'],
    [
      'one image without a batch',
      (of) => ({ images: of([1, 16, 16]) }),
      'images expected [N, C, H, W] but received [1, 16, 16]',
    ],
    ['no image', (of) => ({ images: of([0, 1, 16, 16]) }), '[N, C, H, W] but received [0, 1, 16, 16]'],
    [
      'other channels',
      (of) => ({ images: of([1, 3, 16, 16]) }),
      'images expected [N, 1, H, W], the channels that',
    ],
    ['bytes', (of) => ({ images: of([1, 1, 16, 16], { dtype: 'uint8' }) }), 'but received uint8: of bytes'],
    [
      'a label',
      (of) => ({ images: of([1, 1, 16, 16]), label: 1 }) as never,
      'label would do nothing beside images: leave it out',
    ],
    [
      'a direction that it lacks',
      (of) => ({ images: of([1, 1, 16, 16]), direction: 'ba' }),
      'this model has no direction ba: it has ab',
    ],
  ])('refuses %s', async (_, request, message) => {
    await withModel(await train(PIX2PIX), (model) => {
      expect(() => model.run(request(zeros))).toThrow(usage(message));
      expect(() => requireLatents(model)).toThrow(usage('takes images in (ab), not latents: use apply'));
    });
  });

  test('goes either way with averaged weights, or with those in training', async () => {
    const run = await train(CYCLEGAN);
    const images = () => ones([1, 1, 18, 16]).mul(0.5);
    const made: unknown[] = [];
    for (const weights of ['ema', 'live'] as const)
      await withModel(
        run,
        (model) => {
          expect([model.weights, model.sampler.takes, Object.keys(model.networks)]).toEqual([
            weights,
            'images',
            ['ab', 'ba'],
          ]);
          for (const direction of ['ab', 'ba']) {
            const output = model.run({ images: images(), direction });
            expect(output.shape).toEqual([1, 1, 18, 16]);
            made.push(output.toArray());
          }
          expect(model.run({ images: images() }).toArray()).toEqual(made.at(-2));
        },
        { weights },
      );
    expect(new Set(made.map((values) => JSON.stringify(values))).size).toBe(4);
  });

  test('says for protocols what its norms are', async () => {
    await withModel(await train(PIX2PIX), ({ batchNorm, weights }) =>
      expect([batchNorm, weights]).toEqual(['the image’s own statistics, dropout on', 'live']),
    );
  });
});
