import { extname, join } from 'node:path';
import { UsageError } from '../errors';
import { quote } from '../io/shell-quote';
import { boolean, type ConfigOf, choice, integer, optional, text } from '../recipes/config';
import { refuseDash } from './out-path';
import { flagOf } from './settings';

/** What a trained model is written as. */
export const FORMATS = ['onnx', 'web', 'torchscript', 'safetensors'] as const;

/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number];

/** A field for each flag of `export`. */
export const exportFields = {
  checkpoint: optional(text('runs/mine')),
  recipe: optional(text('mine.ts')),
  format: choice('onnx', FORMATS),
  out: optional(text('model.onnx')),
  weights: optional(choice('ema', ['ema', 'live'])),
  standingStatistics: optional(integer(100, { min: 0, max: 100_000 })),
  direction: optional(text('ab')),
  truncationLayers: optional(integer(4, { min: 1, max: 1_000 })),
  precision: optional(choice('float32', ['float32', 'float16'])),
  opset: optional(integer(17, { min: 1, max: 1_000 })),
  pixels: optional(choice('float', ['float', 'uint8'])),
  layout: optional(choice('nchw', ['nchw', 'nhwc'])),
  webgpu: optional(boolean(true)),
  device: choice('cpu', ['cpu']),
};

/** What `export` was asked to do. */
export type ExportSettings = ConfigOf<typeof exportFields> & {
  readonly checkpoint: string;
  readonly out: string;
};

/** Settings that some formats have no place for. */
const ONLY_OF = {
  precision: ['onnx', 'web'],
  opset: ['onnx', 'web'],
  pixels: ['onnx', 'torchscript'],
  layout: ['onnx', 'torchscript'],
  direction: ['onnx', 'web', 'torchscript'],
  truncationLayers: ['onnx', 'web', 'torchscript'],
  webgpu: ['web'],
} as const satisfies Partial<Record<keyof ConfigOf<typeof exportFields>, readonly Format[]>>;

/** A path for each format. */
export const exampleOf: Readonly<Record<Format, string>> = {
  onnx: 'model.onnx',
  web: 'page',
  torchscript: 'model.pt',
  safetensors: 'weights',
};

/** What a name says of its format, by its ending. */
const ENDINGS: Readonly<Record<string, Format>> = {
  '.onnx': 'onnx',
  '.html': 'web',
  '.pt': 'torchscript',
  '.pth': 'torchscript',
  '.safetensors': 'safetensors',
};

/** @throws UsageError for a path that is a folder’s where a file is written, or has the ending of another format */
export function checkName(out: string, format: Format): void {
  const example = exampleOf[format];
  refuseDash(out, example);
  const isFile = extname(example) !== '';
  if (isFile && /[\\/]$/.test(out))
    throw new UsageError(
      `--out ${quote(out)} names a folder, but --format ${format} writes a file: try --out ${quote(join(out, example))}`,
    );
  const ending = extname(out);
  const said = ENDINGS[ending.toLowerCase()];
  if (said === undefined || said === format) return;
  throw new UsageError(
    `--out ${quote(out)} is a name of --format ${said}, but this is ${format}: try --out ${quote(`${out.slice(0, -ending.length)}${extname(example)}`)}`,
  );
}

/** @throws UsageError for a setting that a format has no place for */
export function checkFormat(settings: ConfigOf<typeof exportFields>): void {
  const { format } = settings;
  const given: Readonly<Record<string, unknown>> = settings;
  for (const [key, formats] of Object.entries<readonly Format[]>(ONLY_OF))
    if (given[key] !== undefined && !formats.includes(format))
      throw new UsageError(
        `${flagOf(key)} is of --format ${formats.join(' and ')}, but this is ${format}: leave it out`,
      );
}
