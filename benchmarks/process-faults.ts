// Kills and stops a rank of a small training in two processes at random, again and again: is it named, in time, does all end, is what was saved whole?
//   npx ts-node benchmarks/process-faults.ts [kills] [stops] [seed] 2>faults.err      prints a line of JSON a round, and what came of all
// The ranks write to its stderr, which must be a file: it reads there who is named.
// Where there is a dist/ (`npm run build:ts`), the training is started from it, which is quicker.
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from '../src/data/prng';
import { hasCode, messageOf } from '../src/errors';
import { isWholeCheckpoint, listCheckpoints, stepOf } from '../src/training/checkpoint';

const RANKS = 2;
const ROOT = join(__dirname, '..');
const [kills, stops, seed] = [2, 3, 4].map((at, i) => Number(process.argv[at] ?? [50, 10, 1][i]));
const BUILT = join(ROOT, 'dist', 'src', 'cli', 'processes.js');
const { trainInProcesses }: typeof import('../src/cli/processes') = require(
  existsSync(BUILT) ? BUILT : '../src/cli/processes',
);
const MOST_SECONDS = 180;
const SAID = realpathSync('/proc/self/fd/2');

/** What became of a round. */
interface Round {
  readonly signal: NodeJS.Signals;
  readonly rank: number;
  /** Seconds from the signal to the line that names the rank; null where no line did. */
  readonly named: number | null;
  /** Seconds from the signal to the end of all. */
  readonly ended: number;
  readonly code: number | null;
  /** Processes of the run that were there two seconds later. */
  readonly left: number;
  /** Steps of the newest checkpoint before the start and after the end, and whether its files have the hashes of its manifest. */
  readonly before: number;
  readonly after: number;
  readonly whole: boolean;
  readonly said: string;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Processes of a run: their ids, with the rank that mpirun gave each, or −1. */
function processesOf(run: string): { pid: number; rank: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        if (!readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(run)) return [];
        const rank = /OMPI_COMM_WORLD_RANK=(\d+)/.exec(readFileSync(`/proc/${name}/environ`, 'utf8'));
        return [{ pid: Number(name), rank: rank ? Number(rank[1]) : -1 }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** `train --processes 2` of a run, or of one that goes on. */
function begin(run: string): Promise<number> {
  const small = ['--device', 'cpu', '--precision', 'fp32', '--resolution', '16', '--batch', '8'];
  const often = ['--checkpoint-every', '2', '--sample-every', '50', '--log-every', '1'];
  const fresh = ['dcgan', ...small, '--set', 'width=4', '--set', 'latentSize=8', '--out', run];
  const what = existsSync(join(run, 'config.json')) ? ['--resume', run] : fresh;
  const argv = [...what, ...often, '--steps', '10000000'];
  const training = trainInProcesses({ processes: RANKS, device: 'cpu', batch: 8, argv }, { host: process });
  // As `train` tells it.
  return training.catch((error) => {
    process.stderr.write(`error: ${messageOf(error)}\n`);
    return hasCode(error, 'ERR_USAGE') ? 2 : 1;
  });
}

async function newest(run: string): Promise<string | undefined> {
  return (await listCheckpoints(join(run, 'checkpoints')))[0];
}

async function round(run: string, signal: NodeJS.Signals, random: () => number): Promise<Round> {
  const last = await newest(run);
  const log = join(run, 'metrics.jsonl');
  const size = () => (existsSync(log) ? statSync(log).size : 0);
  const start = size();
  const said = statSync(SAID).size;
  const told = () => readFileSync(SAID).subarray(said).toString();
  const rank = Math.floor(random() * RANKS);
  const line = new RegExp(`^rank \\d+: error: .*\\brank ${rank}\\b`, 'm');
  let code: number | null = null;
  const ended = begin(run).then((each) => {
    code = each;
    return performance.now();
  });
  while (size() === start && code === null) await sleep(50);
  await sleep(3_000 * random());
  const target = processesOf(run).find((each) => each.rank === rank);
  const at = performance.now();
  if (target) process.kill(target.pid, signal);
  let named: number | null = null;
  for (;;) {
    const seconds = (performance.now() - at) / 1000;
    if (named === null && line.test(told())) named = seconds;
    if (code !== null && (named !== null || seconds > 2)) break;
    if (seconds > MOST_SECONDS) for (const { pid } of processesOf(run)) process.kill(pid, 'SIGKILL');
    await sleep(50);
  }
  const end = ((await ended) - at) / 1000;
  await sleep(2_000);
  const left = processesOf(run);
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  const found = await newest(run);
  return {
    ...{ signal, rank, named, ended: end, code, left: left.length },
    before: last ? stepOf(last) : 0,
    after: found ? stepOf(found) : 0,
    whole: found !== undefined && (await isWholeCheckpoint(found)),
    said: /^rank \d+: error: .*$/m.exec(told())?.[0] ?? told().slice(-300),
  };
}

/** Named within 30 s, exit code 1, nobody left over, and a whole checkpoint that is not before the last one. */
function isGood({ named, code, left, before, after, whole }: Round): boolean {
  return named !== null && named <= 30 && code === 1 && left === 0 && whole && after >= before;
}

async function main(): Promise<void> {
  process.env.OMP_NUM_THREADS = '1';
  const run = join(mkdtempSync(join(tmpdir(), 'process-faults-')), 'run');
  const draw = new Prng(seed);
  const random = () => draw.uniform();
  const rounds: Round[] = [];
  const signals = [
    ...Array<NodeJS.Signals>(kills).fill('SIGKILL'),
    ...Array<NodeJS.Signals>(stops).fill('SIGSTOP'),
  ];
  for (const signal of signals) {
    const each = await round(run, signal, random);
    console.log(JSON.stringify({ good: isGood(each), ...each }));
    rounds.push(each);
  }
  for (const signal of new Set(signals)) {
    const of = rounds.filter((each) => each.signal === signal);
    const times = of.map(({ named }) => named ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
    const longest = Math.max(...of.map(({ ended }) => ended));
    console.log(
      JSON.stringify({
        ...{ signal, rounds: of.length, good: of.filter(isGood).length },
        named: { least: times[0], median: times[times.length >> 1], most: times.at(-1) },
        ended: { most: longest },
      }),
    );
  }
  rmSync(join(run, '..'), { recursive: true });
}

void main();
