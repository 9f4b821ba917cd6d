import { resolutionOf } from '../../src/cli/resolution';
import { findRecipe, flagOf, type Given, resolveSettings } from '../../src/cli/settings';
import { recipes } from './fakes';

function resolve(given: Partial<Given>) {
  return resolveSettings(recipes, { flags: {}, set: {}, env: {}, ...given });
}

function usage(message: string | RegExp) {
  return expect.objectContaining({
    code: 'ERR_USAGE',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
}

describe('resolveSettings refuses', () => {
  test.each<[Record<string, string>, string | RegExp]>([
    [{ batch: '0' }, '--batch expects a whole number from 1 to 65536, but got "0": try --batch 64'],
    [{ batch: '1.5' }, /--batch expects a whole number/],
    [{ steps: '-1' }, '--steps expects a whole number of at least 1, but got "-1": try --steps 2000'],
    [
      { resolution: '33' },
      '--resolution 33: dcgan makes images of a power of two from 16 to 256: try --resolution 32',
    ],
    [{ resolution: '257' }, /try --resolution 256/],
    [{ resolution: '1' }, /try --resolution 32/],
    [
      { resolution: '0' },
      '--resolution expects a whole number from 1 to 4096, or height and width as 96x64, but got "0": try --resolution 32',
    ],
    ...['64x', 'x64', '64x64x64', '64X96', '64 x 96', '6.4x96', '-64x96', '0x96', '64x4097', '4097'].map(
      (resolution): [Record<string, string>, RegExp] => [
        { resolution },
        /--resolution expects a whole number/,
      ],
    ),
    [{ resolution: '48x32' }, /--resolution 48x32: dcgan makes images of .*: try --resolution 32$/],
    [{ resolution: '33x40' }, /--resolution 33x40: .*: try --resolution 32$/],
    [{ channels: '5' }, '--channels expects a whole number from 1 to 4, but got "5": try --channels 3'],
    [{ channels: 'rgb' }, /--channels expects a whole number from 1 to 4, but got "rgb"/],
    [{ fit: 'fill' }, '--fit expects crop, pad or stretch, but got "fill": try --fit crop'],
    [{ loadSize: 'big' }, /--load-size expects a whole number .*, but got "big": try --load-size 72/],
    [
      { loadSize: '31' },
      '--load-size 31 expects at least the size of the crops, --resolution 32: try --load-size 36',
    ],
    [{ loadSize: '40x31' }, /--load-size 40x31 expects at least the size of the crops/],
    [{ augmentFlip: 'yes' }, /--augment-flip expects true or false, but got "yes"/],
    [
      { dataset: 'pairs:photos' },
      '--dataset pairs:photos gives pairs, but dcgan learns from images alone: try --dataset digits, or folder:PATH',
    ],
    [{ dataset: 'unpaired:photos' }, /gives unpaired, but dcgan learns from images alone/],
    [{ seed: 'x' }, '--seed expects a whole number of at least 0, but got "x": try --seed 0'],
    [{ device: 'gpu' }, '--device expects auto, cpu, cuda or cuda:N, but got "gpu": try --device auto'],
    [{ device: 'cuda:' }, /--device expects/],
    [{ precision: 'fp8' }, '--precision expects auto, fp32 or bf16, but got "fp8": try --precision auto'],
    [
      { onBadImage: 'ignore' },
      '--on-bad-image expects fail or skip, but got "ignore": try --on-bad-image fail',
    ],
    [{ sampleEvery: '0' }, /--sample-every expects a whole number of at least 1/],
    [{ dataDir: '' }, '--data-dir expects a text that is not empty, but got "": try --data-dir data'],
  ])('%o', (flags, message) => {
    expect(() => resolve({ flags })).toThrow(usage(message));
  });

  test('a bad value in the environment, named by its variable', () => {
    expect(() => resolve({ env: { LIBTORCH_GAN_DEVICE: 'gpu' } })).toThrow(
      usage(
        'LIBTORCH_GAN_DEVICE expects auto, cpu, cuda or cuda:N, but got "gpu": try LIBTORCH_GAN_DEVICE=auto',
      ),
    );
  });

  test.each<[Record<string, unknown>, string | RegExp]>([
    [
      { batch: '64' },
      '"batch" in a.json expects a whole number from 1 to 65536, but got "64": try "batch": 64',
    ],
    [{ bacth: 64 }, /"bacth" in a\.json is unknown: did you mean "batch"\? It may be "dataset", "dataDir",/],
    [{ set: 3 }, '"set" in a.json expects an object, but got 3'],
    [{ set: { width: 0 } }, /"width" in the configuration file's "set" expects a whole number/],
    [{ recipe: 'dcgam' }, '"dcgam" is no recipe: did you mean dcgan? There are dcgan, mlp, painter'],
    [{ recipe: 3 }, /3 is no recipe/],
  ])('in a file %o', (values, message) => {
    expect(() => resolve({ file: { path: 'a.json', values } })).toThrow(usage(message));
  });

  test('a recipe that does not exist, also by the name of what every object has', () => {
    expect(() => findRecipe(recipes, 'dcgn')).toThrow(
      usage('"dcgn" is no recipe: did you mean dcgan? There are dcgan, mlp, painter'),
    );
    expect(() => findRecipe(recipes, 'toString')).toThrow(
      usage('"toString" is no recipe; there are dcgan, mlp, painter'),
    );
  });

  test('a field of another recipe', () => {
    expect(() => resolve({ recipe: 'mlp', set: { width: '3' } })).toThrow(
      usage(/--set width is unknown; it may be loss/),
    );
  });
});

describe('a recipe of pairs refuses', () => {
  test.each<[string, string]>([
    [
      'digits',
      '--dataset digits gives images, but painter learns from pairs of images: try --dataset pairs:PATH',
    ],
    ['folder:photos', '--dataset folder:photos gives images, but painter'],
    [
      'unpaired:digits+mnist',
      '--dataset unpaired:digits+mnist gives unpaired, but painter learns from pairs',
    ],
  ])('%s', (dataset, message) => {
    expect(() => resolve({ recipe: 'painter', flags: { dataset } })).toThrow(
      usage(new RegExp(message.replace('+', '\\+'))),
    );
  });

  test('the default data set, which holds images alone', () => {
    expect(() => resolve({ recipe: 'painter' })).toThrow(usage(/--dataset digits gives images/));
  });
});

describe('sizes', () => {
  const painted = (flags: Record<string, string | true>) =>
    resolve({ recipe: 'painter', flags: { dataset: 'pairs:photos', ...flags } }).settings;

  test('may have two sides, height first; equal sides are one number', () => {
    expect(painted({ resolution: '96x64' }).resolution).toBe('96x64');
    expect(painted({ resolution: '64x64' }).resolution).toBe(64);
    expect(painted({ resolution: '096x064' }).resolution).toBe('96x64');
    expect(resolutionOf(painted({ resolution: '96x64' }).resolution)).toEqual({ height: 96, width: 64 });
    expect(resolutionOf(64)).toEqual({ height: 64, width: 64 });
  });

  test('are the same in a file', () => {
    const values = (resolution: unknown) => ({
      file: { path: 'a.json', values: { recipe: 'painter', dataset: 'pairs:photos', resolution } },
    });
    expect(resolve(values('96x64')).settings.resolution).toBe('96x64');
    expect(resolve(values(96)).settings.resolution).toBe(96);
    expect(resolutionOf(resolve(values('64x64')).settings.resolution)).toEqual({ height: 64, width: 64 });
    for (const wrong of ['96', 'big', '96x64x3', [96, 64], { height: 96 }, null])
      expect(() => resolve(values(wrong))).toThrow(
        usage(/"resolution" in a.json expects a whole number from/),
      );
  });

  test('a recipe of squares takes no two sides', () => {
    expect(() => resolve({ flags: { resolution: '64x32' } })).toThrow(usage(/: try --resolution 32$/));
    expect(resolve({ flags: { resolution: '64x64' } }).settings.resolution).toBe(64);
  });

  test('larger images give random crops, with sides of their own', () => {
    const settings = painted({ resolution: '96x64', loadSize: '108x72', augmentFlip: true });
    expect(settings).toMatchObject({ resolution: '96x64', loadSize: '108x72', augmentFlip: true });
    expect(() => painted({ resolution: '96x64', loadSize: '72x108' })).toThrow(usage(/try --load-size 108$/));
    expect(painted({ loadSize: '64' }).loadSize).toBe(64);
  });

  test('nothing said is neither cropped, mirrored nor of other channels', () => {
    expect(painted({})).toMatchObject({ resolution: 64, fit: 'crop', augmentFlip: false });
    expect([painted({}).channels, painted({}).loadSize]).toEqual([undefined, undefined]);
    expect(painted({ channels: '1', fit: 'pad' })).toMatchObject({ channels: 1, fit: 'pad' });
  });
});

describe('resolveSettings', () => {
  test('nothing given is the default recipe with its defaults', () => {
    const { recipe, settings, out } = resolve({});
    expect(recipe).toBe(recipes.dcgan);
    expect(out).toBeUndefined();
    expect(settings).toMatchObject({
      recipe: 'dcgan',
      dataset: 'digits',
      device: 'auto',
      precision: 'auto',
      resolution: 32,
      batch: 64,
      steps: 2000,
      deterministic: false,
      graphs: true,
      onBadImage: 'fail',
      set: { width: 64 },
    });
  });

  test('the flag wins over the environment, that over the file, that over the recipe', () => {
    const file = {
      path: 'a.json',
      values: { recipe: 'mlp', device: 'cpu', dataDir: 'file', batch: 8, steps: 9, set: { loss: 'minimax' } },
    };
    const env = { LIBTORCH_GAN_DEVICE: 'cuda', LIBTORCH_GAN_DATA: 'environment' };
    const { settings } = resolve({ file, env, flags: { device: 'cuda:1', batch: '16' } });
    expect(settings).toMatchObject({
      recipe: 'mlp',
      device: 'cuda:1',
      dataDir: 'environment',
      batch: 16,
      steps: 9,
      resolution: 28,
      set: { loss: 'minimax' },
    });
  });

  test('the recipe on the command line wins over the one in the file', () => {
    expect(resolve({ recipe: 'mlp', file: { path: 'a.json', values: { recipe: 'dcgan' } } }).recipe).toBe(
      recipes.mlp,
    );
  });

  test('an empty variable says nothing', () => {
    expect(resolve({ env: { LIBTORCH_GAN_DEVICE: '' } }).settings.device).toBe('auto');
  });

  test('the run directory is apart from the settings', () => {
    const { settings, out } = resolve({ flags: { out: 'runs/a' } });
    expect(out).toBe('runs/a');
    expect(settings).not.toHaveProperty('out');
  });

  test('settings read back from a file are the same', () => {
    const { settings } = resolve({ flags: { batch: '3', deterministic: true }, set: { width: '8' } });
    const values = JSON.parse(JSON.stringify(settings));
    expect(resolve({ file: { path: 'config.json', values } }).settings).toEqual(settings);
  });
});

test('a setting in camelCase has its flag in kebab-case', () => {
  expect(['batch', 'dataDir', 'onBadImage'].map(flagOf)).toEqual(['--batch', '--data-dir', '--on-bad-image']);
});
