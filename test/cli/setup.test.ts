import * as fs from 'node:fs';
import * as path from 'node:path';
import { main } from '../../src/cli/setup';
import { fakeProgram, temporaryFolder } from '../native/fake-libtorch';
import { FakeHost } from './fakes';

let bin: string;

beforeEach(() => {
  bin = temporaryFolder();
});

afterEach(() => fs.rmSync(bin, { recursive: true }));

function host(more: Record<string, string> = {}): FakeHost {
  return new FakeHost({ env: { PATH: bin, XDG_CACHE_HOME: path.join(bin, 'cache'), ...more } });
}

function installTools(): void {
  fakeProgram(bin, 'c++', 'echo g++ 12');
  fakeProgram(bin, 'cmake', 'echo cmake version 3.25.1');
}

test('an unknown flag ends with 2 and the nearest one', async () => {
  const fake = host();
  expect(await main(['--cuba'], fake)).toBe(2);
  expect(fake.stderr.text).toContain('--cuba is no flag of setup: did you mean --cuda?');
});

test.each([
  [[], 1],
  [['--from-npm'], 0],
])('a machine without a compiler: one line says what to type, and %j ends with %d', async (argv, code) => {
  const fake = host();
  expect(await main(argv, fake)).toBe(code);
  expect(fake.stderr.text).toMatch(
    /^error: the native addon is not built: a C\+\+20 compiler .* none found: `.*`;.*\n$/,
  );
  expect(fs.existsSync(path.join(bin, 'cache'))).toBe(false);
});

test.each([
  [[], 2],
  [['--from-npm'], 0],
])(
  'a LIBTORCH_GAN_LIBTORCH that is neither cpu nor cuda: one line says so, and %j ends with %d',
  async (argv, code) => {
    installTools();
    const fake = host({ LIBTORCH_GAN_LIBTORCH: 'gpu' });
    expect(await main(argv, fake)).toBe(code);
    expect(fake.stderr.text).toMatch(
      /^error: .*expected LIBTORCH_GAN_LIBTORCH to be cpu or cuda but received "gpu": correct it, or unset it.*\n$/,
    );
  },
);

test.each([
  [[], 1],
  [['--from-npm'], 0],
])('a LIBTORCH that does not serve: one line says why, and %j ends with %d', async (argv, code) => {
  installTools();
  const fake = host({ LIBTORCH: '/nowhere' });
  expect(await main(argv, fake)).toBe(code);
  expect(fake.stderr.text).toMatch(
    /^error: .*LIBTORCH is \/nowhere: the folder does not exist; correct it, or unset it.*\n$/,
  );
});

test.each([
  [[], 1],
  [['--from-npm'], 0],
])('a LibTorch that cannot be fetched: the last line says why, and %j ends with %d', async (argv, code) => {
  installTools();
  const fake = host({ LIBTORCH_GAN_URL: 'file:///nowhere.zip' });
  expect(await main(argv, fake)).toBe(code);
  const lines = fake.stderr.text.trim().split('\n');
  expect(lines.at(-1)).toContain('cannot be fetched: file:///nowhere.zip: ENOENT');
  expect(lines).toHaveLength(2);
});

test('--quiet leaves only what went wrong', async () => {
  installTools();
  const fake = host({ LIBTORCH_GAN_URL: 'file:///nowhere.zip' });
  await main(['--quiet'], fake);
  expect(fake.stderr.text.trim().split('\n')).toHaveLength(1);
});
