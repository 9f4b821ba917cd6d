import * as fs from 'node:fs';
import { main } from '../../src/cli/doctor';
import { addonFiles } from '../../src/native/load';
import { temporaryFolder } from '../native/fake-libtorch';
import { FakeHost } from './fakes';

let cache: string;

beforeEach(() => {
  cache = temporaryFolder();
});

afterEach(() => fs.rmSync(cache, { recursive: true }));

function host(more: Record<string, string> = {}): FakeHost {
  return new FakeHost({ env: { PATH: process.env.PATH ?? '', XDG_CACHE_HOME: cache, ...more } });
}

test('an unknown flag ends with 2 and the nearest one', async () => {
  const fake = host();
  expect(await main(['--jsn'], fake)).toBe(2);
  expect(fake.stderr.text).toContain('did you mean --json?');
});

test('a LIBTORCH that does not serve is told, and nothing crashes', async () => {
  const fake = host({ LIBTORCH: '/nowhere' });
  expect(await main([], fake)).toBe(addonFiles().built ? 0 : 1);
  expect(fake.stdout.text).toMatch(
    /^LibTorch +none found\n +tried LIBTORCH \/nowhere: the folder does not exist$/m,
  );
});

test('the table has a row for everything, and ends with what to type next', async () => {
  const fake = host();
  await main([], fake);
  const names = fake.stdout.text.split('\n').map((line) => line.split(/ {2,}/)[0]);
  const wanted = [
    'Node.js',
    'CPU',
    'compiler',
    'cmake',
    'ninja',
    'python',
    'pip',
    'LibTorch',
    'addon',
    'GPU',
    'choice',
    'MPI',
    'sharp',
    'cache',
    'next',
  ];
  expect(names.filter((name) => name !== '')).toEqual(wanted);
  expect(fake.stderr.text).toBe('');
});

test('--json prints the whole diagnosis as one object', async () => {
  const fake = host();
  await main(['--json'], fake);
  const diagnosis = JSON.parse(fake.stdout.text);
  expect(diagnosis).toMatchObject({ node: process.versions.node, next: { command: expect.any(String) } });
  expect(diagnosis.caches).toEqual([]);
});
