import { main } from '../../src/cli/main';
import { createProgram, type Invocation, runProgram } from '../../src/cli/program';
import { GanError, UsageError } from '../../src/errors';
import { diskFull, FakeHost } from './fakes';

async function call(
  argv: string[],
  {
    run = async () => 0,
    host = new FakeHost(),
  }: { run?: (call: Invocation) => Promise<number>; host?: FakeHost } = {},
) {
  const program = createProgram('train', 'Trains.')
    .argument('[recipe]', 'what')
    .option('--batch <n>', 'images a step')
    .option('--sample-every <n>', 'steps');
  const code = await runProgram(program, { argv, host }, run);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

function failing(error: unknown) {
  return async () => {
    throw error;
  };
}

describe('a wrong call exits with 2 and one line on stderr', () => {
  test.each([
    [['--bacth', '3'], 'error: --bacth is no flag of train: did you mean --batch? --help lists them\n'],
    [
      ['--sampleEvery=3'],
      'error: --sampleEvery is no flag of train: did you mean --sample-every? --help lists them\n',
    ],
    [['--hepl'], 'error: --hepl is no flag of train: did you mean --help? --help lists them\n'],
    [['--zzzzzzzzzz'], 'error: --zzzzzzzzzz is no flag of train; --help lists them\n'],
    [['-x'], 'error: -x is no flag of train; --help lists them\n'],
    [['--batch'], 'error: --batch expects <n>, but got nothing; --help tells more\n'],
  ])('%j', async (argv, stderr) => {
    expect(await call(argv)).toEqual({ code: 2, stdout: '', stderr });
  });

  test('a second recipe', async () => {
    const { code, stderr } = await call(['a', 'b']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: too many arguments.* but got 2; --help tells more\n$/);
  });

  test('a usage error of the command', async () => {
    const run = failing(new UsageError('--batch expects more'));
    expect(await call([], { run })).toEqual({ code: 2, stdout: '', stderr: 'error: --batch expects more\n' });
  });
});

describe('a failure exits with 1', () => {
  test('and one line, whatever the error has', async () => {
    const run = failing(new GanError('ERR_TORCH', 'sizes differ\n  add(float32 [2], float32 [3])\n'));
    expect(await call([], { run })).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: sizes differ; add(float32 [2], float32 [3])\n',
    });
    expect((await call([], { run: failing('a text') })).stderr).toBe('error: a text\n');
  });

  test('and options of the library named as flags, but neither paths nor what is quoted', async () => {
    const said =
      'train with sampleEvery; not in runs/sampleEvery/a or sampleEvery.json, "sampleEvery", --set sampleEvery=3, sampleEveryday';
    const { stderr } = await call([], { run: failing(new GanError('ERR_DIVERGED', said)) });
    expect(stderr).toBe(`error: ${said.replace('with sampleEvery', 'with --sample-every')}\n`);
  });

  test('and the stack with DEBUG=libtorch-gan, causes included', async () => {
    const run = failing(new GanError('ERR_A', 'outer', { cause: new Error('inner') }));
    const host = new FakeHost({ env: { DEBUG: 'other,libtorch-gan' } });
    const { stderr } = await call([], { run, host });
    expect(stderr).toMatch(/^error: outer\nGanError: outer\n {4}at .*\ncaused by Error: inner\n/s);
    expect((await call([], { run, host: new FakeHost({ env: { DEBUG: 'other' } }) })).stderr).toBe(
      'error: outer\n',
    );
  });
});

describe('a good call', () => {
  test('hands over options and arguments, and exits with what the command returns', async () => {
    const seen: Invocation[] = [];
    const run = async (invocation: Invocation) => {
      seen.push(invocation);
      return 130;
    };
    expect((await call(['mlp', '--batch', '-1'], { run })).code).toBe(130);
    expect(seen[0]?.args).toEqual(['mlp']);
    expect(seen[0]?.options).toMatchObject({ batch: '-1' });
  });

  test('--help goes to stdout and exits with 0', async () => {
    const { code, stdout, stderr } = await call(['--help'], { run: failing('not called') });
    expect([code, stderr]).toEqual([0, '']);
    for (const flag of ['--batch <n>', '--json', '--quiet', '--no-color', '--help', '--version'])
      expect(stdout).toContain(flag);
  });

  test('--version goes to stdout and exits with 0', async () => {
    const { code, stdout } = await call(['--version']);
    expect([code, stdout]).toEqual([0, `${require('../../package.json').version}\n`]);
  });
});

describe('colours', () => {
  const red = '\x1b[31merror:\x1b[39m';

  test('are for a terminal', async () => {
    expect((await call(['--x'], { host: new FakeHost({ tty: true }) })).stderr).toContain(red);
    expect((await call(['--x'])).stderr).not.toContain('\x1b');
  });

  test('are left out with NO_COLOR and with --no-color', async () => {
    const host = new FakeHost({ tty: true, env: { NO_COLOR: '1' } });
    expect((await call(['--x'], { host })).stderr).not.toContain('\x1b');
    expect((await call(['--x', '--no-color'], { host: new FakeHost({ tty: true }) })).stderr).not.toContain(
      '\x1b',
    );
    const empty = new FakeHost({ tty: true, env: { NO_COLOR: '' } });
    expect((await call(['--x'], { host: empty })).stderr).toContain(red);
  });
});

describe('results that cannot be written exit with 1', () => {
  /** A host whose results go to a full disk. */
  const full = () => {
    const host = new FakeHost();
    host.stdout._write = (_chunk, _encoding, done) => done(diskFull());
    return host;
  };
  const stderr =
    'error: cannot write standard output: no space is left where it goes: free some, or send it elsewhere (ENOSPC)\n';

  test.each([[['--help']], [['--version']]])('%j', async (argv) => {
    expect(await call(argv, { host: full() })).toEqual({ code: 1, stdout: '', stderr });
  });

  test('those of a command, also where the work gave up because of it', async () => {
    for (const gaveUp of [false, true]) {
      const run = async ({ terminal }: Invocation) => {
        terminal.result('a result');
        await terminal.failure();
        if (gaveUp) terminal.closed.throwIfAborted();
        return 0;
      };
      expect(await call([], { run, host: full() })).toEqual({ code: 1, stdout: '', stderr });
    }
  });

  test('of the list of commands', async () => {
    const host = full();
    expect([await main(['--help'], host), host.stderr.text]).toEqual([1, stderr]);
  });
});
