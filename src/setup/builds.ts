/** A LibTorch that can be fetched. */
export interface Build {
  /** The version of PyTorch. */
  readonly version: string;
  /** The CUDA it was built for, `null` for none. */
  readonly cuda: string | null;
  /** The part of the official addresses that names it. */
  readonly label: string;
  /** Compute capabilities that it has kernels for, [lowest, highest]. */
  readonly capabilities: readonly [number, number];
  /** About what is downloaded, in bytes. */
  readonly download: number;
  /** About what it takes of the disk then, in bytes. */
  readonly size: number;
  /** What a fetch takes of the disk while it runs, in bytes: the archives beside what is unpacked of them. */
  readonly room: number;
}

/**
 * What is fetched, by kind. The first two are what CI compiles against. CUDA 12.6 is for drivers before 580 and for GPUs before
 * Turing, which CUDA 13 no longer knows; later GPUs than Hopper it does not know itself.
 */
export const BUILDS = {
  cpu: {
    version: '2.13.0',
    cuda: null,
    label: 'cpu',
    capabilities: [0, Infinity],
    download: 0.19e9,
    size: 0.5e9,
    room: 1e9,
  },
  cuda: {
    version: '2.14.1',
    cuda: '13.0',
    label: 'cu130',
    capabilities: [7.5, Infinity],
    download: 2.7e9,
    size: 4.4e9,
    room: 10e9,
  },
  cuda12: {
    version: '2.14.1',
    cuda: '12.6',
    label: 'cu126',
    capabilities: [5, 9],
    download: 3.3e9,
    size: 5.5e9,
    room: 12e9,
  },
} as const satisfies Record<string, Build>;

/** What is fetched. */
export type Kind = keyof typeof BUILDS;

/** A build in words: `LibTorch 2.14.1 with CUDA 13.0`. */
export function nameOf(kind: Kind): string {
  const { version, cuda } = BUILDS[kind];
  return `LibTorch ${version} ${cuda === null ? 'for the CPU' : `with CUDA ${cuda}`}`;
}

/** Bytes in words: `2.7 GB`. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
