import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as apply } from '../../src/cli/apply';
import { main as directions } from '../../src/cli/directions';
import { main as exportModel } from '../../src/cli/export';
import { main as invert } from '../../src/cli/invert';
import { refuseCheckpoints } from '../../src/cli/out-path';
import { main as sample } from '../../src/cli/sample';
import { main as score } from '../../src/cli/score';
import { failure } from '../support/failure';
import { FakeHost } from './fakes';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'out-path-')));
  for (const checkpoint of [at('run/checkpoints/step-000020'), at('run/best'), at('copied')]) {
    mkdirSync(join(checkpoint, 'networks'), { recursive: true });
    writeFileSync(join(checkpoint, 'manifest.json'), '{}');
  }
  writeFileSync(at('run/config.json'), '{}');
  symlinkSync(at('run/best'), at('link'));
  for (const other of ['best', 'checkpoints']) mkdirSync(at('mine', other), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['run/checkpoints/step-000020/ema/generator.safetensors', 'run/checkpoints/step-000020'],
  ['run/checkpoints/step-000020', 'run/checkpoints/step-000020'],
  ['run/checkpoints/new/deeper/x.png', 'run/checkpoints'],
  ['run/best/networks/new.png', 'run/best'],
  ['copied/x.png', 'copied'],
  ['link/x.png', 'run/best'],
])('%s is refused as a place for results', (path, holder) => {
  expect(() => refuseCheckpoints({ '--out': undefined, '--raw': at(path) })).toThrow(
    failure(
      'ERR_USAGE',
      `--raw ${at(path)} lies in ${at(holder)}, which holds the weights of a run: choose another place`,
    ),
  );
});

test.each(['run/x.png', 'run/samples/x.png', 'mine/best/x.png', 'mine/checkpoints/x.png', 'new/x.png'])(
  '%s is none of a checkpoint',
  (path) => {
    expect(() => refuseCheckpoints({ '--out': at(path) })).not.toThrow();
  },
);

test.each([
  ['sample --out', sample, ['--out', 'x.png']],
  ['sample --raw', sample, ['--raw', 'x.safetensors']],
  ['apply --out', apply, ['--in', 'photos', '--out', 'made']],
  ['apply --raw', apply, ['--in', 'photos', '--raw', 'x.safetensors']],
  ['score --out', score, ['--in', 'photos', '--out', 'x.jsonl']],
  ['score --maps', score, ['--in', 'photos', '--maps', 'maps']],
  ['invert --out', invert, ['--in', 'photos', '--out', 'found']],
  ['export --out', exportModel, ['--out', 'x.onnx']],
  ['directions --out', directions, ['--out', 'x.png']],
] as const)('%s does not write into the checkpoint that it reads', async (_, main, argv) => {
  const host = new FakeHost();
  const [name] = argv.slice(-1);
  const place = at('run/checkpoints/step-000020', name);
  const code = await main(['--checkpoint', at('run'), ...argv.slice(0, -1), place], host);
  expect([code, host.stderr.text]).toEqual([
    2,
    `error: ${argv.at(-2)} ${place} lies in ${at('run/checkpoints/step-000020')}, which holds the weights of a run: choose another place\n`,
  ]);
});
