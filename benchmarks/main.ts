import { join } from 'node:path';
import { Command as Program } from 'commander';
import { commandLine } from '../src/cli/command-line';
import type { Host } from '../src/cli/host';
import { listenForInterrupt } from '../src/cli/interrupt';
import { runProgram } from '../src/cli/program';
import { Terminal } from '../src/cli/terminal';
import { version } from '../src/version';
import type { Command, Stop } from './child';
import { buildPackage, compileParticipants } from './compile';
import { CONVENTION } from './flops';
import { busyWarning, describeMachine } from './machine';
import { openOutputs, withoutOutputs } from './outputs';
import { PEERS, peer } from './peers';
import { groupText, machineText, ratesText } from './report/text';
import type { GroupResult, Results } from './results';
import { runGroup } from './run';
import { readSettings, type Settings } from './settings';
import { setupTfjs } from './setup-tfjs';
import { groupsOf, SUITE_NAMES, SUITES } from './suites';
import type { Task } from './task';

/** `bench`: measures this library and others in turn. Exit codes: 0 measured, 1 failed, 2 wrong call, 130 and 143 after a signal. */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  const program = createProgram();
  return runProgram(program, { argv, host }, async ({ options, args }) => {
    const terminal = new Terminal(host, { quiet: options.quiet, color: options.color });
    const work = args[0] === SETUP ? setup : bench(readSettings(options, args), argv);
    const interrupt = listenForInterrupt(host, (signal) => terminal.log(`${signal}: ending`));
    try {
      await work(terminal, interrupt);
      return interrupt.exitCode ?? 0;
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

async function setup(terminal: Terminal, { signal }: Stop): Promise<void> {
  const log = (line: string) => terminal.log(line);
  const folder = await setupTfjs({ env: process.env, signal, log });
  if (!signal.aborted) terminal.result(`tfjs is ready in ${folder}`);
}

function bench(settings: Settings, argv: readonly string[]) {
  return (terminal: Terminal, stop: Stop) => measure(settings, { terminal, argv, ...stop });
}

async function measure(
  settings: Settings,
  { terminal, argv, signal }: { terminal: Terminal; argv: readonly string[] } & Stop,
): Promise<void> {
  const outputs = openOutputs(settings);
  const compiled = compileParticipants();
  const env: Record<string, string> = {};
  if (settings.threads !== null) env.OMP_NUM_THREADS = String(settings.threads);
  const ours = (script: string, args: readonly string[]): Command => ({
    file: process.execPath,
    args: [join(compiled, 'benchmarks', 'ours', `${script}.js`), ...args],
    env,
  });
  const log = (line: string) => terminal.log(line);
  const root = settings.suites.includes('import') ? buildPackage(log) : '';
  const machine = await describeMachine(ours('facts', [settings.device]), { signal });
  terminal.result(`${machineText(machine)}\n`);
  const warning = busyWarning(machine);
  if (warning !== null) terminal.warn(warning);
  const { device, threads, libtorch } = machine;
  const ourCommand = (task: Task) =>
    task.kind === 'import' ? ours('import', [root]) : ours('main', [JSON.stringify(task)]);
  const groups: GroupResult[] = [];
  for (const group of groupsOf({ ...settings, device, threads })) {
    if (signal.aborted) return;
    const context = { rounds: settings.rounds, device, threads, libtorch, env: process.env };
    const result = await runGroup(group, { ...context, signal, ourCommand, log });
    if (signal.aborted) return;
    groups.push(result);
    terminal.result(groupText(result));
  }
  const results: Results = {
    date: new Date().toISOString(),
    version,
    command: commandLine('bench', withoutOutputs(argv)),
    machine,
    rounds: settings.rounds,
    seconds: settings.seconds,
    convention: CONVENTION,
    groups,
  };
  const rates = ratesText(results);
  if (rates !== null) terminal.result(`${rates}\n${CONVENTION}`);
  for (const path of outputs.write(results)) terminal.log(`wrote ${path}`);
}
