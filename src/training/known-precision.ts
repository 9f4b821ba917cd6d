import { readFileSync } from 'node:fs';
import { cudaCapability, deviceFacts, isCpu } from '../tensor/device';
import type { Precision } from './manifest';

/** A precision that is known to be the faster one on a kind of device, and why. */
export interface KnownPrecision {
  readonly precision: Precision;
  /** In words: `its matrix units compute in bfloat16 (AMX)`. */
  readonly because: string;
}

/** What decides on a processor: LibTorch's level of instructions, and the processor's flags. */
export interface CpuTraits {
  readonly capability: string;
  readonly flags: readonly string[];
}

/** The faster precision on this device, where its kind alone tells; null where it depends on the networks. */
export function knownPrecision(device: string): KnownPrecision | null {
  if (isCpu(device)) return ofCpu({ capability: deviceFacts().cpuCapability, flags: cpuFlags() });
  return ofCuda(cudaCapability(device));
}

/** {@link knownPrecision} of a processor. With AVX-512's bfloat16 instructions alone it depends on the networks. */
export function ofCpu({ capability, flags }: CpuTraits): KnownPrecision | null {
  if (flags.length === 0) return null;
  if (flags.includes('amx_bf16'))
    return { precision: 'bf16', because: 'this processor has matrix units for it (AMX)' };
  if (flags.includes('avx512_bf16') && capability.startsWith('AVX512')) return null;
  if (flags.some((flag) => flag.startsWith('bf16') || flag.startsWith('sve'))) return null;
  return { precision: 'fp32', because: 'this processor has no bfloat16 instructions' };
}

/** {@link knownPrecision} of a GPU by its compute capability: from 8.0 (Ampere) on tensor cores take bfloat16. */
export function ofCuda([major, minor]: readonly [number, number]): KnownPrecision {
  return major >= 8
    ? { precision: 'bf16', because: `tensor cores of compute capability ${major}.${minor} take it` }
    : { precision: 'fp32', because: `tensor cores of compute capability ${major}.${minor} take no bfloat16` };
}

/** The processor's flags; none where the system does not list them. */
export function cpuFlags(): readonly string[] {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return line.trim().split(/\s+/);
  } catch {
    // Only Linux has this file.
    return [];
  }
}
