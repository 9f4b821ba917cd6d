import { Command as Program } from 'commander';
import { commandLine } from '../src/cli/command-line';
import type { Host } from '../src/cli/host';
import { listenForInterrupt } from '../src/cli/interrupt';
import { runProgram } from '../src/cli/program';
import { Terminal } from '../src/cli/terminal';
import { version } from '../src/version';
import type { Stop } from './child';
import { CONVENTION } from './flops';
import { measure } from './measure';
import { withoutOutputs } from './outputs';
import { PEERS, peer } from './peers';
import { readSettings, type Settings } from './settings';
import { setupTfjs } from './setup-tfjs';
import { SUITE_NAMES, SUITES } from './suites';

/** `bench`: measures this library and others in turn. Exit codes: 0 measured, 1 failed, 2 wrong call, 130 and 143 after a signal. */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  const program = createProgram();
  return runProgram(program, { argv, host }, async ({ options, args }) => {
    const terminal = new Terminal(host, { quiet: options.quiet, color: options.color });
    const work = args[0] === SETUP ? setup : measuring(readSettings(options, args), argv);
    const interrupt = listenForInterrupt(host, (signal) => terminal.log(`${signal}: ending`));
    try {
      const code = await work(terminal, interrupt);
      return interrupt.exitCode ?? code;
    } catch (error) {
      // What an interrupted process says of itself is no news.
      if (interrupt.exitCode === undefined) throw error;
      return interrupt.exitCode;
    } finally {
      interrupt.dispose();
    }
  });
}

function createProgram(): Program {
  const list = (names: readonly string[], text: (name: string) => string) =>
    names.map((name) => `  ${name.padEnd(17)} ${text(name)}`).join('\n');
  return new Program('bench')
    .description(
      'Measures libtorch-gan and others in turn: the same networks, the same work, the same machine, each in a process of its own.',
    )
    .argument('[suite...]', `what to measure: ${SUITE_NAMES.join(', ')} (all)`)
    .option(
      '--against <peers>',
      'with whom to compare, separated by commas (all that are at hand but slow ones)',
    )
    .option('--all', 'with all peers, slow ones too')
    .option('--device <device>', 'auto, cpu or cuda[:N] (auto: CUDA where it can be used)')
    .option('--precision <precision>', 'fp32, bf16 or both (both)')
    .option('--rounds <n>', 'how often each is measured, in turn (5)')
    .option('--seconds <s>', 'how long each measurement lasts, after a warm-up (3)')
    .option('--quick', 'a short run: 2 rounds of 1 second')
    .option('--threads <n>', 'threads of every participant on the CPU (as many as LibTorch takes)')
    .option('--json <file>', 'writes the machine and every figure of every round')
    .option('--markdown <file>', 'writes the tables for a README')
    .option('--svg <file>', 'writes a bar chart')
    .option('--out <dir>', 'writes all three: bench.json, bench.md and bench.svg')
    .option('--quiet', 'no progress, only the tables')
    .option('--no-color', 'no colours; NO_COLOR=1 does the same')
    .helpOption('--help', 'this text')
    .version(version, '--version', 'the version of libtorch-gan')
    .addHelpText(
      'after',
      `
Suites:
${list(SUITE_NAMES, (name) => SUITES[name as keyof typeof SUITES])}

Peers:
${list(PEERS, (name) => peer(name as (typeof PEERS)[number]).summary)}

PyTorch is that of $PYTHON (python3). \`bench setup-tfjs\` installs the tfjs peers into the cache.
FLOPs: ${CONVENTION}.`,
    );
}

const SETUP = 'setup-tfjs';

async function setup(terminal: Terminal, { signal }: Stop): Promise<number> {
  const log = (line: string) => terminal.log(line);
  const folder = await setupTfjs({ env: process.env, signal, log });
  if (!signal.aborted) terminal.result(`tfjs is ready in ${folder}`);
  return 0;
}

function measuring(settings: Settings, argv: readonly string[]) {
  const command = commandLine('bench', withoutOutputs(argv));
  return (terminal: Terminal, { signal }: Stop) => measure(settings, { command, terminal, signal });
}
