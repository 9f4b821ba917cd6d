import { UsageError } from '../errors';
import { boolean, type ConfigOf, choice, integer, optional, text } from '../recipes/config';
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
