import { setupCommand } from '../native/root';
import { BUILDS } from '../setup/builds';
import { VARIABLE } from '../setup/choice';
import { type Diagnosis, diagnose } from '../setup/diagnosis';
import type { Tool } from '../setup/toolchain';
import type { Host } from './host';
import { createProgram, runProgram } from './program';

/** `doctor`: what was found on this machine and what to type next. Exit codes: 0 training can run, 1 it cannot. */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  const program = createProgram('doctor', 'Tells what was found on this machine, and what to type next.');
  return runProgram(program, { argv, host }, async ({ terminal }) => {
    const diagnosis = diagnose(host.env);
    for (const [name, text] of rows(diagnosis)) terminal.result(`${name.padEnd(10)} ${text}`);
    terminal.record(diagnosis);
    return diagnosis.ready ? 0 : 1;
  });
}

/** The table: a name and what was found, a second line of the same thing without the name. */
function rows(diagnosis: Diagnosis): [name: string, text: string][] {
  const { node, platform, cpu, tools, gpus, sharp, caches, addon, next } = diagnosis;
  const capability = addon.facts ? `, ${addon.facts.cpuCapability}, ${addon.facts.threads} threads` : '';
  return [
    ['Node.js', `${node} on ${platform}`],
    ['CPU', `${cpu.model}, ${cpu.cores} cores${capability}, ${size(cpu.memoryBytes)} of memory`],
    ...tools.map((tool): [string, string] => [tool.name, tool.version ?? absent(tool, diagnosis)]),
    ...named('LibTorch', libtorchLines(diagnosis)),
    ...named('addon', addonLines(diagnosis)),
    ...named('GPU', gpus.length > 0 ? gpus : ['none']),
    ['choice', choiceLine(diagnosis)],
    ['MPI', mpiLine(diagnosis)],
    ['sharp', sharp ?? 'not installed: needed for image folders only (`npm install sharp`)'],
    ...named(
      'cache',
      caches.length > 0 ? caches.map(({ path, bytes }) => `${path} ${size(bytes)}`) : ['empty'],
    ),
    ['next', `${next.command}    (${next.reason})`],
  ];
}

/** What compiles is needed where no prebuilt addon serves, or may. */
function absent({ required, need, install }: Tool, { addon }: Diagnosis): string {
  if (!required) return `not found: ${need} (\`${install}\`)`;
  const needed = addon.prebuilt === null && addon.awaits.length === 0;
  return needed
    ? `MISSING: ${need} (\`${install}\`)`
    : `not found: ${need}, which the prebuilt addon does without`;
}

/** Which LibTorch setup takes on this machine. */
function choiceLine({ choice: { kind, reason } }: Diagnosis): string {
  if (kind === null) return `none: ${reason}`;
  const { cuda } = BUILDS[kind];
  return `${cuda === null ? 'CPU only' : `CUDA ${cuda}`}, since ${reason} (${VARIABLE}=cpu|cuda decides otherwise)`;
}

/** What several processes on the CPU need. */
function mpiLine({ mpi: { built, path, compiler, version, install, log, tried } }: Diagnosis): string {
  if (compiler === null || version === null)
    return `not found: needed to train in several processes on the CPU only (\`${install}\`)`;
  if (built) return `${version}, addon: ${path}`;
  return `${version}, addon not built: \`${setupCommand()}\`${tried ? `, see ${log}` : ''}`;
}

function libtorchLines({ libtorch: { found, rejected } }: Diagnosis): string[] {
  const tried = rejected.map(
    ({ source, path, reason }) => `  tried ${source}${path ? ` ${path}` : ''}: ${reason}`,
  );
  if (!found) return ['none found', ...tried];
  const kind = found.cuda === null ? 'CPU only' : `CUDA ${found.cuda}`;
  return [`${found.version}, ${kind}, from ${found.source}: ${found.root}`, ...tried];
}

function addonLines({ addon }: Diagnosis): string[] {
  const passedOver = addon.passedOver.map((line) => `  passed over: ${line}`);
  if (!addon.built) return [`MISSING: ${addon.path}`, ...passedOver];
  const { facts, stale, failure, prebuilt } = addon;
  const remarks = [...(stale ? [`  stale: ${stale}`] : []), ...passedOver];
  if (!facts) return [`DOES NOT LOAD: ${failure}`, ...remarks];
  // LibTorch knows its cuDNN only where there is a GPU.
  const cudnn = facts.cudnn ? `, cuDNN ${facts.cudnn}` : '';
  const cuda = facts.cuda ? `CUDA${cudnn}, devices: ${facts.devices.join(', ') || 'none'}` : 'CPU only';
  const libtorch = `  with LibTorch ${facts.version}, ${cuda}${addon.stamp ? `, in ${addon.stamp.libtorch}` : ''}`;
  const origin = prebuilt === null ? 'compiled here' : `prebuilt, of the package ${prebuilt.name}`;
  return [`loads: ${addon.path}`, `  ${origin}`, libtorch, ...remarks];
}

function named(name: string, lines: readonly string[]): [string, string][] {
  return lines.map((line, index) => [index === 0 ? name : '', line]);
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
