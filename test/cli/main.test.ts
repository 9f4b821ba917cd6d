import { main } from '../../src/cli/main';
import { FakeHost } from './fakes';

test('an unknown command ends with 2 and the nearest one', async () => {
  const fake = new FakeHost();
  expect(await main(['smaple'], fake)).toBe(2);
  expect(fake.stderr.text).toBe('error: smaple is no command: did you mean sample?\n');
});

test('a command that is near none ends with 2 and all of them', async () => {
  const fake = new FakeHost();
  expect(await main(['constructor'], fake)).toBe(2);
  expect(fake.stderr.text).toBe(
    'error: constructor is no command: expected train, sample, apply, score, invert, directions, export, evaluate, import, serve, doctor, setup\n',
  );
});

test.each([
  [[], 2],
  [['--help'], 0],
  [['help'], 0],
])('%j shows the commands and ends with %d', async (argv, code) => {
  const fake = new FakeHost();
  expect(await main(argv, fake)).toBe(code);
  expect(fake.stdout.text).toMatch(/^Usage: libtorch-gan COMMAND/);
});

test("a command's flags go to the command, and its exit code comes back", async () => {
  const fake = new FakeHost();
  expect(await main(['doctor', '--jsn'], fake)).toBe(2);
  expect(fake.stderr.text).toContain('--jsn is no flag of doctor');
});

test('help COMMAND is what the command’s --help is', async () => {
  const fake = new FakeHost();
  expect(await main(['help', 'doctor'], fake)).toBe(0);
  expect(fake.stdout.text).toMatch(/^Usage: doctor \[options\]/);
});

test('--version is that of the package', async () => {
  const fake = new FakeHost();
  expect(await main(['--version'], fake)).toBe(0);
  expect(fake.stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/);
});
