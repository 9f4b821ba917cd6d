import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { withAbsolutePaths } from '../../src/cli/absolute-paths';
import { resumeSettings } from '../../src/cli/resume';
import { type Given, resolveSettings } from '../../src/cli/settings';
import { sealed } from '../../src/io/sealed-json';
import { recipes as real } from '../../src/recipes';
import { formatManifest } from '../../src/training/manifest';
import { recipes } from './fakes';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'run-'));
});
afterEach(() => rmSync(run, { recursive: true }));

/** Makes the folder a run with these flags. */
function started(flags: Record<string, string>, set: Record<string, string> = {}): void {
  const { settings } = resolveSettings(recipes, { flags, set, env: {} });
  writeFileSync(join(run, 'config.json'), JSON.stringify({ version: '0.1.0', settings }));
}

/** As the library writes it. */
function startedSealed(): string {
  const { settings } = resolveSettings(recipes, { flags: {}, set: {}, env: {} });
  return JSON.stringify(sealed({ settings }));
}

function resume(given: Partial<Given> = {}) {
  return resumeSettings(recipes, run, { flags: {}, set: {}, env: {}, ...given });
}

function usage(message: RegExp) {
  return expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringMatching(message) });
}

describe('resumeSettings refuses', () => {
  test('a folder that is no run', () => {
    expect(() => resume()).toThrow(
      usage(/--resume .*: no run that train can go on with: .*config\.json: there is no such file/),
    );
  });

  test('a config.json that is damaged, or without settings', () => {
    writeFileSync(join(run, 'config.json'), '{"settings":');
    expect(() => resume()).toThrow(usage(/config\.json: expected JSON/));
    // As a training in a script leaves it, with settings of its own or without.
    for (const config of ['{}', '{"settings":{}}', '{"settings":{"lr":0.1}}']) {
      writeFileSync(join(run, 'config.json'), config);
      expect(() => resume()).toThrow(usage(/names no recipe: what a script has started, it resumes/));
    }
  });

  test('a config.json with another digit in it, where no checkpoint has the settings', () => {
    writeFileSync(join(run, 'config.json'), startedSealed().replace('"seed":0', '"seed":2'));
    expect(() => resume()).toThrow(
      usage(/config\.json: expected what its seal was made of, but it was changed/),
    );
  });

  test('another recipe, naming both', () => {
    started({});
    expect(() => resume({ recipe: 'mlp' })).toThrow(
      usage(/is a run of dcgan, not of mlp: leave the recipe out/),
    );
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ batch: '32' }, /--batch 32 differs from the run .*, which has 64: leave it out/],
    [{ seed: '7' }, /--seed 7 differs .* has 0/],
    [{ resolution: '64' }, /--resolution 64 differs .* has 32/],
    [{ channels: '1' }, /--channels 1 differs/],
    [{ fit: 'pad' }, /--fit pad differs .* has crop/],
    [{ loadSize: '40' }, /--load-size 40 differs/],
    [{ dataset: 'mnist' }, /--dataset mnist differs .* has digits/],
    [{ dataset: 'folder:photos' }, /--dataset folder:photos differs .* has digits/],
    [{ precision: 'bf16' }, /--precision bf16 differs .* has auto/],
    [{ batch: '0' }, /--batch expects a whole number/],
    [{ out: 'elsewhere' }, /--out elsewhere and --resume .* exclude each other/],
  ])('%o', (flags, message) => {
    started({});
    expect(() => resume({ flags })).toThrow(usage(message));
  });

  test('another configuration of the recipe', () => {
    started({}, { width: '8' });
    expect(() => resume({ set: { width: '16' } })).toThrow(usage(/--set width=16 differs .* has 8/));
  });

  test.each([
    ['0', '0.005'],
    ['0.005', '0'],
  ])('a weight of %s that becomes %s where 0 makes another model', (before, after) => {
    const given = { recipe: 'denoise', flags: {}, set: { adversarial: before }, env: {} };
    writeFileSync(
      join(run, 'config.json'),
      JSON.stringify({ settings: resolveSettings(real, given).settings }),
    );
    const again = { flags: {}, set: { adversarial: after }, env: {} };
    expect(() => resumeSettings(real, run, again)).toThrow(usage(/--set adversarial=.* differs/));
  });

  test('another number of steps, where the stages of a recipe are shares of them', () => {
    const { settings } = resolveSettings(real, { recipe: 'f-anogan', flags: {}, set: {}, env: {} });
    writeFileSync(join(run, 'config.json'), JSON.stringify({ settings }));
    const again = (steps: string) => resumeSettings(real, run, { flags: { steps }, set: {}, env: {} });
    expect(() => again('900')).toThrow(
      usage(/--steps 900 differs from the run .*, which has 800: the encoder/),
    );
    expect(again('800').settings.steps).toBe(800);
  });

  test.each(['beta1', 'width'])('another %s of a real recipe, naming it', (key) => {
    const { settings } = resolveSettings(real, { recipe: 'dcgan', flags: {}, set: {}, env: {} });
    writeFileSync(join(run, 'config.json'), JSON.stringify({ settings }));
    const set = { [key]: key === 'width' ? '9' : '0.1' };
    expect(() => resumeSettings(real, run, { flags: {}, set, env: {} })).toThrow(
      usage(new RegExp(`--set ${key}=.* differs from the run`)),
    );
  });

  test('a configuration file', () => {
    started({});
    expect(() => resume({ file: { path: 'a.json', values: {} } })).toThrow(
      usage(/--config and --resume exclude/),
    );
  });
});

describe('resumeSettings', () => {
  test('leaves the relative paths of an older run as they are, and makes those that are given absolute', () => {
    started({ dataset: 'folder:kl', dataDir: 'sets' });
    expect(resume().settings).toMatchObject({ dataset: 'folder:kl', dataDir: 'sets' });
    const given = { dataset: 'folder:moved', dataDir: 'others' };
    expect(resume({ flags: given }).settings).toMatchObject({
      dataset: `folder:${resolve('moved')}`,
      dataDir: resolve('others'),
    });
  });

  test('takes the channels that folders have by default, said again, for those of the run', () => {
    started({ dataset: 'folder:photos' });
    expect(resume({ flags: { channels: '3' } }).settings.channels).toBe(3);
    expect(() => resume({ flags: { channels: '1' } })).toThrow(
      usage(/--channels 1 differs from the run .*, which has 3: leave it out/),
    );
    expect(() => resume({ flags: { loadSize: '72' } })).toThrow(
      usage(/--load-size 72 differs from the run .*, which has none: leave it out/),
    );
  });

  test('takes features that are given again by a relative path for those of the run', () => {
    const [flags, set] = [{ dataset: 'folder:kl', features: 'f.safetensors' }, { stage: 'adversarial' }];
    const asked = { recipe: 'super-resolution', flags, set, env: {} };
    const { settings } = withAbsolutePaths(resolveSettings(real, asked));
    writeFileSync(join(run, 'config.json'), JSON.stringify({ settings }));
    const again = resumeSettings(real, run, { flags, set: {}, env: {} });
    expect(again.settings.features).toBe(resolve('f.safetensors'));
    expect(() =>
      resumeSettings(real, run, { flags: { features: 'g.safetensors' }, set: {}, env: {} }),
    ).toThrow(usage(/--features .*g\.safetensors differs from the run .*f\.safetensors: leave it out/));
  });

  test.each(['', '{"settings":', '[]', '{"settings":{"seed":3},"seal":"0"}', undefined])(
    'takes the settings of the newest checkpoint where config.json is damaged, empty or gone, and says so: %j',
    (text) => {
      const { settings } = resolveSettings(recipes, { flags: { batch: '16' }, set: {}, env: {} });
      for (const [step, content] of Object.entries({ 4: settings, 8: { ...settings, steps: 9 } })) {
        const path = join(run, 'checkpoints', `step-00000${step}`);
        const nothing = { topology: {}, specs: {}, loader: {}, versions: {}, files: {} };
        const manifest = { step: Number(step), images: 1, batchesPerEpoch: 1, settings: { ...content } };
        mkdirSync(path, { recursive: true });
        writeFileSync(
          join(path, 'manifest.json'),
          formatManifest({ ...nothing, ...manifest, precision: 'bf16' }),
        );
      }
      writeFileSync(join(run, 'checkpoints', 'step-000008', 'manifest.json'), 'damaged');
      if (text !== undefined) writeFileSync(join(run, 'config.json'), text);
      const resumed = resume();
      expect(resumed.settings).toEqual(settings);
      expect(resumed.precision).toBe('bf16');
      expect(resumed.notes).toEqual([
        expect.stringMatching(
          /config\.json: .*; going on with the settings in .*step-000004, which do not say/,
        ),
      ]);
    },
  );
  test('takes another learning rate, and says what was before', () => {
    const { settings } = resolveSettings(real, { recipe: 'dcgan', flags: {}, set: {}, env: {} });
    writeFileSync(join(run, 'config.json'), JSON.stringify({ settings }));
    const resumed = resumeSettings(real, run, { flags: {}, set: { lr: '1e-5' }, env: {} });
    expect(resumed.settings.set.lr).toBe(1e-5);
    expect(resumed.changes).toEqual([`--set lr ${settings.set.lr} → 0.00001`]);
    expect(resumeSettings(real, run, { flags: {}, set: {}, env: {} }).changes).toEqual([]);
  });

  test('gives the settings of the run, in its folder', () => {
    started({ batch: '16', seed: '3' }, { width: '8' });
    const { recipe, settings, out } = resume();
    expect(recipe).toBe(recipes.dcgan);
    expect(out).toBe(run);
    expect(settings).toMatchObject({ recipe: 'dcgan', batch: 16, seed: 3, set: { width: 8 } });
  });

  test('a folder of images may be another: the training compares what is in it', () => {
    started({ dataset: 'folder:photos' });
    expect(resume({ flags: { dataset: 'folder:moved' } }).settings.dataset).toBe(
      `folder:${resolve('moved')}`,
    );
    expect(() => resume({ flags: { dataset: 'digits' } })).toThrow(usage(/--dataset digits differs/));
  });

  test('flags that repeat what the run has are fine', () => {
    started({ batch: '16' }, { width: '8' });
    expect(
      resume({ recipe: 'dcgan', flags: { batch: '16', out: `${run}/.` }, set: { width: '8' } }).settings,
    ).toEqual(resume().settings);
  });

  test('how long, where and how often it reports may change', () => {
    started({});
    const flags = {
      steps: '3000',
      device: 'cpu',
      dataDir: 'data',
      sampleEvery: '7',
      checkpointEvery: '8',
      keep: '5',
      logEvery: '9',
    };
    expect(resume({ flags, env: { LIBTORCH_GAN_DEVICE: 'cuda' } }).settings).toMatchObject({
      steps: 3000,
      device: 'cpu',
      dataDir: resolve('data'),
      sampleEvery: 7,
      checkpointEvery: 8,
      keep: 5,
      logEvery: 9,
      batch: 64,
    });
  });

  test('keeps the images it was told of, whatever the environment says; without a folder of its own it asks there', () => {
    started({ dataDir: 'mine' });
    expect(resume({ env: { LIBTORCH_GAN_DATA: 'other' } }).settings.dataDir).toBe('mine');
    started({});
    expect(resume({ env: { LIBTORCH_GAN_DATA: 'other' } }).settings.dataDir).toBe(resolve('other'));
  });
});
