// How `serve` bears many clients: `npx ts-node benchmarks/serve-load.ts RUN [--clients 64] [--seconds 60] [--count 16]`. First what `sample`
// does alone, in this process, then the same images from a server in a process of its own, asked for by all clients at once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { loadingCode } from '../src/cli/loading-code';
import { ServedModels } from '../src/cli/served-models';
import { tuneProcess } from '../src/native/addon';
import { LIMITS } from '../src/serve/limits';
import { loadOf } from './serve-clients';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    clients: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '60' },
    count: { type: 'string', default: '16' },
  },
});

/** Images a second of one who asks for one picture after the other, without a server. */
async function alone(run: string, { count, seconds }: { count: number; seconds: number }): Promise<number> {
  const models = new ServedModels({ device: 'auto' });
  const ask = (seed: number) =>
    models.images(run, { query: { count: `${count}`, seed: `${seed}` }, format: 'png', limits: LIMITS });
  await ask(0);
  const start = performance.now();
  let asked = 0;
  while (performance.now() - start < seconds * 1_000) await ask(++asked);
  const rate = (asked * count * 1_000) / (performance.now() - start);
  await models.close();
  return rate;
}

async function serving(run: string) {
  const child = spawn(process.execPath, ['-e', SERVE, '--', run, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, address: String(JSON.parse(String(line)).page) };
}

const SERVE = `${loadingCode('serve').replace(/;$/, '')}.main(process.argv.slice(1)).then((code) => { process.exitCode = code; });`;

async function main(run: string): Promise<void> {
  const [clients, seconds, count] = [values.clients, values.seconds, values.count].map(Number);
  tuneProcess();
  const before = await alone(run, { count, seconds: seconds / 4 });
  const { child, address } = await serving(run);
  const { runs } = (await (await fetch(new URL('runs', address))).json()) as { runs: { id: string }[] };
  const path = `/runs/${runs[0].id}/images?count=${count}`;
  await (await fetch(new URL(path, address))).arrayBuffer();
  const load = await loadOf({ address, path, clients, seconds });
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  const after = await alone(run, { count, seconds: seconds / 4 });
  const rate = (load.requests * count) / load.seconds;
  const reference = (before + after) / 2;
  const facts = {
    ...load,
    imagesPerSecond: rate,
    alone: [before, after],
    share: rate / reference,
    exitCode: code,
  };
  process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
}

const [run] = positionals;
if (run === undefined)
  throw new Error('expected a run directory: npx ts-node benchmarks/serve-load.ts runs/mine');
void main(resolve(run));
