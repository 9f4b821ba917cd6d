import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/train';
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors';
import { filesOf } from '../support/training';
import { FakeHost } from './fakes';
import { tinyMnist, writeTinyMnist } from './tiny-data';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const checkpoint = (run: string, step: number) => at(run, 'checkpoints', `step-00000${step}`);

async function call(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

/** A short training. */
function train(recipe: string, run: string, ...more: string[]) {
  const data = [...tinyMnist(folder), '--device', 'cpu', '--precision', 'fp32'];
  const small = ['--set', 'latentSize=8', ...(recipe === 'mlp' ? [] : ['--set', 'width=4'])];
  return call(recipe, ...data, ...small, '--steps', '2', '--out', at(run), ...more);
}

function configOf(run: string) {
  return JSON.parse(readFileSync(at(run, 'config.json'), 'utf8'));
}

const torchFile = (name: string) => join(__dirname, '../fixtures/io/state-dict', `${name}.pth`);

/** What PyTorch’s example of a DCGAN saves, of 64×64 images: `netG` and `netD`. */
const official = join(__dirname, '../fixtures/training/official_dcgan.pth');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'init-'));
  writeTinyMnist(folder);
  const { code } = await train('dcgan', 'a');
  expect(code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('train --init ends with one line and leaves nothing', () => {
  test('beside --resume', async () => {
    const { code, stderr } = await call('--resume', at('a'), '--init', at('a'));
    expect([code, stderr]).toEqual([
      2,
      `error: --init ${at('a')} and --resume ${at('a')} exclude each other: a resumed run goes on from its own weights; leave --init out, or start a new run with --out\n`,
    ]);
  });

  test.each<[string, () => string, number, RegExp]>([
    ['where nothing is', () => at('none'), 1, /^error: cannot read .*none: there is no such file/],
    ['of a folder without a run', () => tmpdir(), 1, /^error: .* expected a run directory/],
    [
      'of an archive that is cut off',
      () => at('model.pt'),
      1,
      /^error: bad state dict file .*model\.pt: .* it is cut off/,
    ],
    ['of a pickle that calls a shell', () => torchFile('command'), 1, /names "posix\.system"/],
    [
      'of a network that the recipe does not have',
      () => `${at('a')}:critic`,
      2,
      /^error: --init .*:critic: expected one of the networks generator, discriminator but received "critic"/,
    ],
  ])('%s', async (_, source, exit, message) => {
    writeFileSync(at('model.pt'), 'PK\x03\x04 and so on');
    const { code, stdout, stderr } = await train('dcgan', 'refused', '--quiet', '--init', source());
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(existsSync(at('refused'))).toBe(false);
  });

  test.each<[string, () => string[], number, RegExp]>([
    [
      'of a key without a file',
      () => ['--key', 'netG'],
      2,
      /^error: --key netG is an entry of the file that --init names, but there is no --init: add it, or leave --key out/,
    ],
    [
      'of a key of a run',
      () => ['--init', at('a'), '--key', 'netG'],
      2,
      /^error: key netG is of a file, but .* is a run or a checkpoint: leave it out/,
    ],
    ['of a key that is none', () => ['--init', official, '--key', 'netX'], 1, /expected an entry "netX"/],
  ])('%s', async (_, argv, exit, message) => {
    const { code, stdout, stderr } = await train('dcgan', 'refused', '--quiet', ...argv());
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(existsSync(at('refused'))).toBe(false);
  });

  test('from a run of other networks, naming what it has and what was expected', async () => {
    const { code, stderr } = await train('mlp', 'refused', '--quiet', '--init', at('a'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: nothing in .*step-000002 fits: expected tensors of generator \(0\.weight \[256, 8\], .*\) and discriminator \(.*\) but it has generator \(0\.weight \[8, 8, 4, 4\], .*and 11 more\) and .*\n$/,
    );
    expect(existsSync(at('refused'))).toBe(false);
  });
});

test('starts another recipe of the same networks, says that all fitted, and the resumed run needs no source', async () => {
  const source = at('moved');
  expect((await train('dcgan', 'moved', '--seed', '3')).code).toBe(0);
  const more = ['--init', source, '--set', 'emaImages=100', '--checkpoint-every', '1'];
  for (const [run, steps] of [
    ['b', '2'],
    ['whole', '4'],
  ] as const) {
    const { code, stdout, stderr } = await train('lsgan', run, ...more, '--steps', steps, '--json');
    expect(code).toBe(0);
    expect(stderr).toContain(
      `init       ${source}/checkpoints/step-000002, step 2: generator 14 of 14 tensors (1,625 parameters); discriminator 10 of 10 tensors (725 parameters)\n`,
    );
    expect(stderr).not.toContain('warning');
    const { init } = configOf(run);
    expect(init).toMatchObject({
      source: join(source, 'checkpoints', 'step-000002'),
      step: 2,
      sha256: filesOf(source)['checkpoints/step-000002/manifest.json'],
      networks: { generator: { tensors: 14, fitted: 14, parameters: 1625, missing: [], otherShape: {} } },
    });
    expect(JSON.parse(stdout.split('\n')[0]).init).toEqual(init);
    expect(configOf(run).settings.init).toBe(source);
  }

  rmSync(source, { recursive: true });
  const { code, stderr } = await call('--resume', at('b'), '--steps', '4');
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('init ')]);
  const [resumed, whole] = ['b', 'whole'].map((run) => filesOf(checkpoint(run, 4)));
  expect({ ...resumed, 'manifest.json': '' }).toEqual({ ...whole, 'manifest.json': '' });
  expect(configOf('b').init).toEqual(configOf('whole').init);
});

test('starts a wider run from what fits, and warns of what does not', async () => {
  const { code, stderr } = await train('dcgan', 'wide', '--init', at('a'), '--set', 'width=8', '--quiet');
  expect(code).toBe(0);
  expect(stderr.split('\n').slice(0, -1)).toEqual([
    expect.stringMatching(
      /^warning: --init: generator starts anew with 0\.weight \[8, 16, 4, 4\], which is \[8, 8, 4, 4\] in the source; .*; and \d+ more$/,
    ),
    expect.stringMatching(/^warning: --init: discriminator starts anew with 0\.weight \[8, 1, 4, 4\]/),
  ]);
  const { generator } = configOf('wide').init.networks;
  expect(generator.tensors).toBe(
    generator.fitted + generator.parted.length + Object.keys(generator.otherShape).length,
  );
});

test('takes one network of a run, and a file for a network of another name', async () => {
  const one = await train('dcgan', 'one', '--init', `${at('a')}:generator`);
  expect(one.stderr).toContain('generator 14 of 14 tensors (1,625 parameters)\n');
  expect(Object.keys(configOf('one').init.networks)).toEqual(['generator']);
  const file = at('a:b.safetensors');
  copyFileSync(join(checkpoint('a', 2), 'networks', 'generator.safetensors'), file);
  for (const source of [file, `${file}:generator`]) {
    const run = `of-${source.length}`;
    expect((await train('dcgan', run, '--init', source)).code).toBe(0);
    expect(configOf(run).init).toMatchObject({ source: file, step: null, unused: [] });
    const name = 'networks/generator.safetensors';
    expect(filesOf(checkpoint(run, 2))[name]).toBe(filesOf(checkpoint('one', 2))[name]);
  }
});

test('takes the entry of a file that --key names, and a resumed run knows it', async () => {
  const parts = Object.entries({ netG: 'generator', netD: 'discriminator' }).map(async ([key, name]) => {
    const { records } = await readSafetensors(join(checkpoint('a', 2), 'networks', `${name}.safetensors`));
    return Object.entries(records).map(([each, record]) => [`${key}.${each}`, record] as const);
  });
  const both = Object.fromEntries((await Promise.all(parts)).flat());
  await writeSafetensors(at('both.safetensors'), both);
  const { code, stderr } = await train('dcgan', 'keyed', '--init', at('both.safetensors'), '--key', 'netD');
  expect([code, stderr]).toEqual([0, expect.stringMatching(/init .*: discriminator 10 of 10 tensors/)]);
  expect(Object.keys(configOf('keyed').init.networks)).toEqual(['discriminator']);
  expect(configOf('keyed').settings.key).toBe('netD');
  expect((await call('--resume', at('keyed'), '--steps', '3')).code).toBe(0);
});

test('takes tensors alone of a run whose recipe is a file: nothing of it runs', async () => {
  const recipe = at('mine.js');
  const library = join(__dirname, '..', '..', 'src', 'recipes');
  writeFileSync(
    recipe,
    `const { dcgan } = require(${JSON.stringify(library)}).recipes ?? {}; exports.mine = { ...dcgan, name: 'mine' };`,
  );
  expect((await train(recipe, 'mine')).code).toBe(0);
  writeFileSync(recipe, 'throw new Error("it ran");');
  const { code, stderr } = await train('dcgan', 'from-mine', '--init', at('mine'));
  expect(stderr).toContain('generator 14 of 14 tensors');
  expect(code).toBe(0);
});
