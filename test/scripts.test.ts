import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../src/native/root';

const script = (name: string) => join(packageRoot(), 'scripts', name);

test.each(['generate-ops', 'package'])('%s.ts --help tells what it does, and does nothing', (name) => {
  const argv = ['-r', 'ts-node/register/transpile-only', script(`${name}.ts`), '--help'];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  expect([status, stdout, stderr]).toEqual([0, expect.stringMatching(/^Usage: npm run [^\n]*\n\n.*\n$/), '']);
});

test('convert-inception.py says in one line what it needs', () => {
  // Without site packages there is no torch.
  const argv = ['-I', '-S', script('convert-inception.py'), 'a.pth', 'b.safetensors'];
  const { status, stderr } = spawnSync('python3', argv, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^needs torch and .* pip install [^\n]*\n$/)]);
});
