// How fast the page of `export --format web` is: `npx ts-node benchmarks/web-page.ts PAGE [--rounds 5] [--count 16] [--side 64]`, PAGE being
// its folder. Of a headless Chromium (`CHROME_PATH`, else the first on PATH): seconds from opening to the first image, and images a second of
// the model in the page’s WebAssembly; by turns with them, those of the same WebAssembly in Node.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import puppeteer, { type Page } from 'puppeteer-core';
import { findRuntime, openSession } from '../src/export/runtime';
import type { PortFacts } from '../src/export/web/browser/facts';
import { isJsonObject } from '../src/io/json';
import { rand, randint } from '../src/tensor/create';
import type { Tensor } from '../src/tensor/tensor';
import { findChromium } from '../test/support/chromium';
import { serveFolder } from '../test/support/static-server';
import { median } from './statistics';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    count: { type: 'string', default: '16' },
    side: { type: 'string', default: '64' },
  },
});

/** Milliseconds that a round runs a model for. */
const ROUND = 2_000;

/** Runs a model for some milliseconds, and gives how many times it ran a second. */
type Round = () => Promise<number>;

async function main(folder: string): Promise<void> {
  const inputs = inputsOf(folder);
  const rounds = Number(values.rounds);
  const server = await serveFolder(folder);
  const browser = await puppeteer.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
  const session = await openSession(findRuntime() ?? '', readFileSync(join(folder, 'model.onnx')));
  const page = await browser.newPage();
  const opened = performance.now();
  await page.goto(server.url);
  const latents = inputs.some(({ name }) => name === 'latents');
  await page.waitForFunction(
    latents
      ? `/images a second/.test(document.querySelector('#speed').textContent)`
      : `document.querySelector('section') !== null`,
  );
  const first = (performance.now() - opened) / 1_000;
  console.log(`${latents ? 'first images' : 'ready for a picture'} after ${first.toFixed(2)} s`);
  const [inPage, inNode] = [await roundOfPage(page, inputs), roundOfNode(session, inputs)];
  const rates: [number, number][] = [];
  for (let round = 0; round < rounds; round++) rates.push([await inPage(), await inNode()]);
  const count = Number(values.count);
  for (const [at, name] of ['page', 'node'].entries())
    console.log(`${name}: ${(median(rates.map((each) => each[at])) * count).toFixed(1)} images a second`);
  await session.close();
  await browser.close();
  server.close();
}

function inputsOf(folder: string): PortFacts[] {
  const facts: unknown = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  if (!isJsonObject(facts) || !Array.isArray(facts.inputs))
    throw new Error(`expected a folder of export --format web, but ${folder} is none`);
  return facts.inputs;
}

function dimsOf({ shape }: PortFacts): number[] {
  const { count, side } = values;
  return shape.map((size) => (typeof size === 'number' ? size : Number(size === 'N' ? count : side)));
}

/** In the page, by the runtime that it loaded. */
async function roundOfPage(page: Page, inputs: readonly PortFacts[]): Promise<Round> {
  const feeds = inputs.map((input) => [input.name, dimsOf(input)]);
  await page.evaluate(`(async () => {
    const model = new Uint8Array(await (await fetch('model.onnx')).arrayBuffer());
    const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
    const tensor = ([name, dims]) => {
      const length = dims.reduce((product, size) => product * size, 1);
      if (name === 'label') return [name, new ort.Tensor('int64', new BigInt64Array(length), dims)];
      return [name, new ort.Tensor('float32', Float32Array.from({ length }, Math.random), dims)];
    };
    const feeds = Object.fromEntries(${JSON.stringify(feeds)}.map(tensor));
    window.round = async () => {
      let runs = 0;
      const start = performance.now();
      while (performance.now() - start < ${ROUND}) { await session.run(feeds); runs++; }
      return (1000 * runs) / (performance.now() - start);
    };
    await window.round();
  })()`);
  return () => page.evaluate('window.round()') as Promise<number>;
}

function roundOfNode(session: Awaited<ReturnType<typeof openSession>>, inputs: readonly PortFacts[]): Round {
  const tensor = (input: PortFacts): Tensor => {
    const shape = dimsOf(input);
    return input.name === 'label' ? randint({ high: 1, shape }) : rand(shape);
  };
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, tensor(input)]));
  return async () => {
    let runs = 0;
    const start = performance.now();
    while (performance.now() - start < ROUND) {
      for (const made of Object.values(await session.run(feeds))) made.dispose();
      runs++;
    }
    return (1_000 * runs) / (performance.now() - start);
  };
}

const [folder] = positionals;
if (folder === undefined)
  throw new Error('expected the folder of export --format web: npx ts-node benchmarks/web-page.ts page');
void main(folder);
