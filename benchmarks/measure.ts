import { join } from 'node:path';
import type { Terminal } from '../src/cli/terminal';
import { packageRoot } from '../src/native/root';
import { version } from '../src/version';
import type { Command, Stop } from './child';
import { buildPackage, compileParticipants } from './compile';
import { CONVENTION } from './flops';
import { busyWarning, describeMachine } from './machine';
import { openOutputs } from './outputs';
import { groupText, machineText, ratesText } from './report/text';
import type { GroupResult, Machine, Results } from './results';
import { runGroup } from './run';
import type { Settings } from './settings';
import { groupsOf } from './suites';
import type { Task } from './task';

/** What a measurement needs beside its settings. */
export interface MeasureOptions extends Stop {
  /** What to type to measure the same. */
  readonly command: string;
  readonly terminal: Terminal;
}

/**
 * Measures what the settings ask for, prints a table after each group, and writes the files. Returns the exit code: 1 where this
 * library itself could not be measured, or the run was interrupted; peers may be missing or crash.
 */
export async function measure(settings: Settings, options: MeasureOptions): Promise<number> {
  const { terminal, command, signal } = options;
  const outputs = openOutputs(settings);
  const ours = new OurCommands(compileParticipants(), settings.threads);
  if (settings.suites.includes('import')) buildPackage((line) => terminal.log(line));
  const machine = await describeMachine(ours.facts(settings.device), { signal });
  terminal.result(`${machineText(machine)}\n`);
  const warning = busyWarning(machine);
  if (warning !== null) terminal.warn(warning);
  const groups = await runGroups(settings, { ...options, machine, ours });
  if (signal.aborted) return 1;
  const { rounds, seconds } = settings;
  const date = new Date().toISOString();
  const results: Results = {
    date,
    version,
    command,
    machine,
    rounds,
    seconds,
    convention: CONVENTION,
    groups,
  };
  const rates = ratesText(results);
  if (rates !== null) terminal.result(`${rates}\nFLOPs: ${CONVENTION}`);
  for (const path of outputs.write(results)) terminal.log(`wrote ${path}`);
  const own = groups.flatMap(({ participants }) =>
    participants.filter(({ name }) => name === 'libtorch-gan'),
  );
  return own.every(({ absence }) => absence === null) ? 0 : 1;
}

async function runGroups(
  settings: Settings,
  { machine, ours, terminal, signal }: MeasureOptions & { machine: Machine; ours: OurCommands },
): Promise<GroupResult[]> {
  const { device, threads, libtorch } = machine;
  const groups: GroupResult[] = [];
  for (const group of groupsOf({ ...settings, device, threads })) {
    const result = await runGroup(group, {
      rounds: settings.rounds,
      device,
      threads,
      libtorch,
      env: process.env,
      signal,
      ourCommand: (task) => ours.on(task),
      log: (line) => terminal.log(line),
    });
    if (signal.aborted) break;
    groups.push(result);
    terminal.result(groupText(result));
  }
  return groups;
}

/** How this library's participants are started. */
class OurCommands {
  readonly #folder: string;
  readonly #env: Record<string, string>;

  constructor(compiled: string, threads: number | null) {
    this.#folder = join(compiled, 'benchmarks', 'ours');
    this.#env = threads === null ? {} : { OMP_NUM_THREADS: String(threads) };
  }

  on(task: Task): Command {
    return task.kind === 'import'
      ? this.#script('import', packageRoot())
      : this.#script('main', JSON.stringify(task));
  }

  facts(device: string): Command {
    return this.#script('facts', device);
  }

  #script(name: string, argument: string): Command {
    return { file: process.execPath, args: [join(this.#folder, `${name}.js`), argument], env: this.#env };
  }
}
