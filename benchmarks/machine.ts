import { readFileSync } from 'node:fs';
import * as os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { GanError } from '../src/errors';
import type { DeviceFacts } from '../src/tensor/device';
import { ask, type Command, type Stop } from './child';
import type { Machine } from './results';

/** Vector and matrix extensions that decide what a CPU reaches. */
const INSTRUCTION_SETS = [
  'avx2',
  'avx512f',
  'avx512_vnni',
  'avx512_bf16',
  'avx512_fp16',
  'amx_tile',
  'amx_bf16',
  'amx_int8',
  'asimd',
  'bf16',
  'sve',
];

/**
 * Asks LibTorch, in a process of its own, what the device is and has.
 *
 * @throws GanError `ERR_DEVICE` for a device that cannot be used, `ERR_NO_ADDON` … as LibTorch's process tells
 */
export async function describeMachine(facts: Command, stop: Stop): Promise<Machine> {
  const busy = await busyShare();
  const answer = await ask<DeviceFacts & { readonly device: string }>(facts, stop);
  if ('failure' in answer) throw new GanError('ERR_DEVICE', answer.failure);
  const found = answer.measured;
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    instructionSets: instructionSets(readCpuInfo()),
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()} ${process.arch}`,
    node: process.versions.node,
    libtorch: found.version,
    cpuCapability: found.cpuCapability,
    threads: found.threads,
    device: found.device,
    gpus: found.cudaDevices,
    busy,
  };
}

/** Whether others keep the cores so busy that figures mean little, in words; null where they do not. */
export function busyWarning({ busy }: Pick<Machine, 'busy'>): string | null {
  if (busy < 0.1) return null;
  return `others keep ${(busy * 100).toFixed(0)} % of the cores busy: figures will scatter, and only ratios mean something`;
}

/** Those of the instruction sets that matter which `/proc/cpuinfo` lists. */
export function instructionSets(cpuinfo: string): string[] {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1].split(/\s+/));
  return INSTRUCTION_SETS.filter((name) => flags.has(name));
}

/** The part of the cores' time that was not idle, over a moment in which this process only waits. */
async function busyShare(): Promise<number> {
  const before = coreTimes();
  await sleep(500);
  const after = coreTimes();
  const all = after.all - before.all;
  return all > 0 ? 1 - (after.idle - before.idle) / all : 0;
}

function coreTimes(): { all: number; idle: number } {
  const times = os.cpus().map(({ times }) => times);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    all: sum(times.map(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq)),
    idle: sum(times.map(({ idle }) => idle)),
  };
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
