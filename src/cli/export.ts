import { lstatSync } from 'node:fs';
import type { Command } from 'commander';
import { UsageError } from '../errors';
import { OPSETS } from '../export/opsets';
import { type ConfigOf, readConfig } from '../recipes/config';
import { checkFormat, checkName, exampleOf, exportFields } from './export-settings';
import type { Host } from './host';
import { refuseCheckpoints } from './out-path';
import { createProgram, type Invocation, RECIPE_HELP, runProgram } from './program';
import { flagSource } from './settings';

/**
 * `export --checkpoint RUN --format FORMAT --out PATH`: a trained model for others to run.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  return runProgram(exportProgram(), { argv, host }, exportModel);
}

function exportProgram(): Command {
  return createProgram(
    'export',
    'Writes a trained model for others to run: as ONNX, as a web page, as TorchScript, or its weights alone. Of ONNX the outputs are compared with LibTorch’s first, where onnxruntime-web is installed.',
  )
    .option(
      '--checkpoint <folder>',
      'a run directory (its newest checkpoint), its best/, or one checkpoint in it',
    )
    .option('--recipe <file>', RECIPE_HELP)
    .option(
      '--format <what>',
      'onnx; web, a folder that opens from any static server; torchscript, for torch.jit.load; safetensors, a folder of weights with config.json (onnx)',
    )
    .option('--out <path>', 'the file, or of web and safetensors the folder; nothing is there yet')
    .option('--weights <which>', 'ema, the averaged weights, or live (ema, where there are any)')
    .option(
      '--standing-statistics <n>',
      'takes the statistics of batch norms anew, over n batches of latents, 0 for those of the training (what the recipe says, mostly 0)',
    )
    .option('--direction <name>', 'of a model that translates in several (its first)')
    .option(
      '--truncation-layers <n>',
      'the input "truncation" of a model with a w acts in the first n layers only (all)',
    )
    .option('--precision <type>', 'of ONNX: float32, or float16 of half the size (float32)')
    .option('--opset <n>', `of ONNX: ${OPSETS.join(' or ')} (${OPSETS[0]})`)
    .option('--pixels <type>', 'images in and out as float, in [-1, 1], or as uint8 (float)')
    .option('--layout <order>', 'images in and out as nchw, or as nhwc (nchw)')
    .option(
      '--webgpu',
      'of web: lays onnxruntime’s runtime for WebGPU beside the page, which people can then switch to where it agrees with WebAssembly (no)',
    )
    .option('--device <device>', 'cpu, where it is recorded: what is written runs anywhere');
}

async function exportModel({ options, terminal }: Invocation): Promise<number> {
  const { json: _json, quiet: _quiet, color: _color, ...flags } = options;
  const settings = readConfig(exportFields, [flagSource(flags)]);
  const { checkpoint, out } = settings;
  if (checkpoint === undefined) throw noPath('--checkpoint', 'runs/NAME');
  if (out === undefined) throw noPath('--out', exampleOf[settings.format]);
  checkOpset(settings);
  checkFormat(settings);
  checkName(out, settings.format);
  refuseCheckpoints({ '--out': out });
  if (isThere(out)) throw new UsageError(`--out ${out} exists already: choose another path, or remove it`);
  // Only now: --help and wrong calls need no LibTorch.
  const { runExport } = require('./export-run') as typeof import('./export-run');
  await runExport({ ...settings, checkpoint, out }, terminal);
  return 0;
}

/** Whether a path has a file, a folder or a link, also one that leads nowhere, which would be replaced. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    // Also where a file is in the place of a folder: writing says so.
    return false;
  }
}

function checkOpset({ opset }: ConfigOf<typeof exportFields>): void {
  if (opset === undefined || OPSETS.includes(opset)) return;
  throw new UsageError(
    `--opset expects ${OPSETS.join(' or ')}, whose operators browsers have, but got ${opset}: try --opset ${OPSETS[0]}`,
  );
}

function noPath(flag: string, example: string): UsageError {
  return new UsageError(`${flag} expects a path, but got nothing: try ${flag} ${example}`);
}
