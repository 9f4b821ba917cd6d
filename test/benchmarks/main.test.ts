import { main } from '../../benchmarks/main';
import { FakeHost } from '../cli/fakes';

async function call(...argv: string[]) {
  const host = new FakeHost();
  const code = await main(argv, host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

test.each([
  [['dcgan46'], 'error: "dcgan46" is no suite of the benchmark: did you mean dcgan64? They are '],
  [['--agianst', 'x'], 'error: --agianst is no flag of bench: did you mean --against?'],
  [['mlp', '--device', 'gpu'], 'error: --device expects auto, cpu, cuda or cuda:N, but got "gpu"'],
])('%j exits with 2 and one line', async (argv, message) => {
  const { code, stdout, stderr } = await call(...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('a file that cannot be written ends it before anything is measured', async () => {
  const { code, stderr } = await call('mlp', '--json', '/no/such/folder/x.json');
  expect([code, stderr]).toEqual([
    1,
    'error: cannot write /no/such/folder/x.json: its folder does not exist: create it first (ENOENT)\n',
  ]);
});

test('--help names every suite, every peer and how FLOPs are counted', async () => {
  const { code, stdout } = await call('--help');
  expect(code).toBe(0);
  for (const word of [
    'ops',
    'mlp',
    'dcgan32',
    'dcgan64',
    'pix2pix64',
    'cyclegan64',
    'sample',
    'data',
    'import',
    'tfjs-cpu',
    'setup-tfjs',
  ])
    expect(stdout).toContain(word);
  expect(stdout).toContain('a multiply-add is 2 FLOPs');
});
