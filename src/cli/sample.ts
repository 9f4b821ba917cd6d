import { Command } from 'commander';
import { GanError, UsageError } from '../errors';
import { writePng } from '../io/png';
import { readSafetensors, writeSafetensors } from '../io/safetensors';
import { type ConfigOf, choice, integer, optional, readConfig, text } from '../recipes/config';
import { sampleGrid } from '../report/grid';
import type { Tensor } from '../tensor/tensor';
import type { LoadedGenerator } from '../training/generate';
import type { Host } from './host';
import { createProgram, type Invocation, runProgram } from './program';
import { deviceField, environmentSource, flagSource } from './settings';
import type { Terminal } from './terminal';

const fields = {
  checkpoint: optional(text('runs/mine')),
  count: optional(integer(64, { min: 1, max: 100_000 })),
  seed: integer(0, { min: 0 }),
  label: optional(integer(0, { min: 0 })),
  weights: optional(choice('ema', ['ema', 'live'])),
  latents: optional(text('latents.safetensors')),
  out: optional(text('grid.png')),
  raw: optional(text('images.safetensors')),
  columns: optional(integer(8, { min: 1 })),
  device: deviceField,
};

type SampleSettings = ConfigOf<typeof fields>;

/** Images made when no number is given. */
const DEFAULT_COUNT = 64;

/**
 * `sample --checkpoint RUN`: draws images from a trained generator, into a picture, a file of tensors, or both.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(sampleProgram(), { argv, host }, (invocation) => sample(invocation, host));
}

function sampleProgram(): Command {
  return createProgram(
    'sample',
    'Draws images from a trained generator. A checkpoint describes itself: nothing else is needed.',
  )
    .option('--checkpoint <folder>', 'a run directory (its newest checkpoint), or one checkpoint in it')
    .option('--count <n>', `how many images (${DEFAULT_COUNT}, or as many as --latents has)`)
    .option('--seed <n>', 'equal seeds give equal images (0)')
    .option('--label <k>', 'images of class k only, from a conditional model')
    .option('--weights <which>', 'ema, the averaged weights, or live (ema)')
    .option('--latents <file>', 'safetensors with one tensor "latents" [N, z], in place of random ones')
    .option('--out <file>', 'the picture (grid.png, unless --raw is given)')
    .option('--raw <file>', 'safetensors with one tensor "images" [N, C, H, W], float32 in [-1, 1]')
    .option('--columns <n>', 'images in a row of the picture (as many as rows)')
    .option('--device <device>', 'auto, cpu, cuda or cuda:N; also LIBTORCH_GAN_DEVICE (auto)');
}

async function sample({ options, terminal }: Invocation, host: Host): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const { LIBTORCH_GAN_DEVICE } = host.env;
  const settings = readConfig(fields, [flagSource(flags), environmentSource({ LIBTORCH_GAN_DEVICE })]);
  const { checkpoint, weights, device } = settings;
  if (checkpoint === undefined)
    throw new UsageError('--checkpoint expects a run directory, but got nothing: try --checkpoint runs/NAME');
  // Only now: --help and wrong calls need no LibTorch.
  const { loadGenerator } = require('../training/generate') as typeof import('../training/generate');
  const { recipes } = require('../recipes/index') as typeof import('../recipes/index');
  const generator = await loadGenerator(checkpoint, { weights, device, recipes });
  try {
    for (const note of generator.notes) terminal.warn(note);
    if (weights === 'ema' && generator.weights === 'live')
      terminal.warn('this model keeps no averaged weights: those in training are used');
    checkLabel(settings.label, generator);
    const { count, files } = await draw(generator, settings);
    report({ generator, settings, count, files }, terminal);
    return 0;
  } finally {
    generator.dispose();
  }
}

function report(
  done: Written & { readonly generator: LoadedGenerator; readonly settings: SampleSettings },
  terminal: Terminal,
): void {
  const { generator, settings, count, files } = done;
  const { checkpoint, weights, step, spec } = generator;
  const size = `${spec.channels}×${spec.resolution}×${spec.resolution}`;
  terminal.log(`${count} images of ${size} by the ${weights} weights of ${checkpoint}`);
  for (const [kind, path] of Object.entries(files)) terminal.result(`${kind.padEnd(8)}${path}`);
  terminal.record({ event: 'end', checkpoint, step, weights, count, seed: settings.seed, ...files });
}

interface Written {
  readonly count: number;
  readonly files: { readonly picture?: string; readonly raw?: string };
}

async function draw(generator: LoadedGenerator, settings: SampleSettings): Promise<Written> {
  const { raw, out = raw === undefined ? 'grid.png' : undefined, seed, label, columns } = settings;
  const latents = settings.latents === undefined ? undefined : await readLatents(settings.latents, generator);
  const count = latents === undefined ? (settings.count ?? DEFAULT_COUNT) : latents.shape[0];
  let images: Tensor | undefined;
  try {
    if (settings.count !== undefined && settings.count !== count)
      throw new UsageError(`--count ${settings.count} but --latents has ${count}: leave --count out`);
    images = generator.generate({ count, seed, label, latents });
    const { shape } = images;
    const bytes = images.toBytes();
    if (raw !== undefined) await writeSafetensors(raw, { images: { dtype: 'F32', shape, bytes } });
    if (out !== undefined)
      await writePng(out, sampleGrid({ values: new Float32Array(bytes.buffer), shape }, { columns }));
    return { count, files: { ...(out && { picture: out }), ...(raw && { raw }) } };
  } finally {
    images?.dispose();
    latents?.dispose();
  }
}

async function readLatents(file: string, { latentSize }: LoadedGenerator): Promise<Tensor> {
  const { recordsToTensors } = require('../io/tensors') as typeof import('../io/tensors');
  const { records } = await readSafetensors(file);
  const { latents } = records;
  const names = Object.keys(records).join(', ') || 'nothing';
  if (latents === undefined || names !== 'latents')
    throw new GanError('ERR_BAD_LATENTS', `${file}: expected one tensor "latents", but it holds ${names}`);
  if (
    latents.dtype !== 'F32' ||
    latents.shape.length !== 2 ||
    latents.shape[0] < 1 ||
    latents.shape[1] !== latentSize
  )
    throw new GanError(
      'ERR_BAD_LATENTS',
      `${file}: expected latents F32 [N, ${latentSize}], but got ${latents.dtype} [${latents.shape.join(', ')}]`,
    );
  return recordsToTensors({ latents }).latents;
}

function checkLabel(label: number | undefined, { spec, conditional }: LoadedGenerator): void {
  if (label === undefined) return;
  if (!conditional)
    throw new UsageError(
      '--label: this model was trained without labels: leave it out, or sample a conditional model',
    );
  if (label >= spec.classes)
    throw new UsageError(`--label expects a class from 0 to ${spec.classes - 1}, but got ${label}`);
}
