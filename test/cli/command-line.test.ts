import { commandLine } from '../../src/cli/command-line';

test('a command of a clone is run by ts-node', () => {
  expect(commandLine('train', ['--resume', 'runs/a'])).toBe('npx ts-node scripts/train.ts --resume runs/a');
});

test('arguments that a shell would take apart are quoted', () => {
  expect(commandLine('train', ['my runs/a', "it's", '$HOME', ''])).toBe(
    "npx ts-node scripts/train.ts 'my runs/a' 'it'\\''s' '$HOME' ''",
  );
});

test('what is no script of the clone is run by the package', () => {
  expect(commandLine('nothing', [])).toBe('npx libtorch-gan nothing');
});
