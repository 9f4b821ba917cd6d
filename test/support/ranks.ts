import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { mpiFiles } from '../../src/native/mpi';
import { temporaryFolder } from '../native/fake-libtorch';
import { RUNS_TYPESCRIPT } from './typescript';

/** What became of processes that ran together. */
export interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  /** What each left in its report; undefined for one that wrote none. */
  readonly reports: readonly unknown[];
}

/** Why no test can run on several ranks here; `null` where they can. */
export const noRanks: string | null = missing();

/** `test`, or where it cannot run here `test.skip`, whose name says why. */
export function testOnRanks(name: string, body: () => Promise<void>): void {
  if (noRanks === null) test(name, body);
  else test.skip(`${name} (${noRanks})`, body);
}

/**
 * What several tests ask of one start of ranks: each takes what the program left of its case, by {@link reportCase}. The ranks start when the
 * first asks.
 *
 * @returns gives what each rank left of a case; throws where one left nothing, with all that is known of the end
 */
export function oneStart(size: number, program: string, args: readonly string[]) {
  let started: Promise<Outcome> | undefined;
  const outcome = () => {
    started ??= onRanks(size, program, args);
    return started;
  };
  const of = async (name: string): Promise<unknown[]> => {
    const { code, stderr, reports } = await outcome();
    const found = reports.map((report) => (report as Record<string, unknown> | undefined)?.[name]);
    const missing = found.indexOf(undefined);
    if (missing < 0) return found;
    throw new Error(`rank ${missing} left nothing of ${name}: exit code ${code}, ${stderr || 'no error'}`);
  };
  return { outcome, of };
}

/** Adds what a rank found in a case to its report: what comes later may end the process. */
export function reportCase(report: string, rank: number, name: string, found: unknown): void {
  const file = reportFile(report, rank);
  const before = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
  fs.writeFileSync(file, JSON.stringify({ ...before, [name]: found }));
}

/** Runs a TypeScript program on `size` ranks by mpirun. It gets `args`, and as its last one the file that its report goes to. */
export async function onRanks(size: number, program: string, args: readonly string[]): Promise<Outcome> {
  const folder = temporaryFolder();
  try {
    const report = path.join(folder, 'report');
    const node = [process.execPath, ...RUNS_TYPESCRIPT, program, ...args, report];
    const { code, stderr } = await ending('mpirun', [
      '--oversubscribe',
      '--bind-to',
      'none',
      '-n',
      `${size}`,
      ...node,
    ]);
    return { code, stderr, reports: Array.from({ length: size }, (_, rank) => reportOf(report, rank)) };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Where a rank writes its report. */
export function reportFile(report: string, rank: number): string {
  return `${report}.${rank}.json`;
}

function reportOf(report: string, rank: number): unknown {
  const file = reportFile(report, rank);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
}

function ending(command: string, args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: path.join(__dirname, '..', '..'),
      env: { ...process.env, ...AS_ROOT, OMP_NUM_THREADS: '1', NO_COLOR: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

/** mpirun refuses root, which is who runs in containers. */
const AS_ROOT = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };

function missing(): string | null {
  if (spawnSync('mpirun', ['--version']).status !== 0) return 'no mpirun here';
  const { compiler, built, tried } = mpiFiles();
  if (compiler === null) return 'no mpicxx here';
  // An addon whose compiling failed is a fault, one that nobody compiled since MPI was installed is none.
  return built || tried ? null : 'MPI is newer than the build: npm run build:native';
}
