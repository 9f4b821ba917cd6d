// GFLOP/s of single convolutions, this library's kernels and LibTorch's in turn: forward, by the input and by the weight.
//   npx ts-node benchmarks/convolutions.ts [--rounds N] [--precision fp32|bf16] [--threads N] [layer …]
// The smallest time of all rounds counts, so that a busy machine tells the same as a quiet one. FLOPs are those of the plain
// convolution on both sides. A layer reads 4x4:64-128@32 (kernel, channels, image), up4x4:… transposed, with x16 after it for a
// batch that is not 64 and /8 for groups: 3x3:128-128@16x32/8. 4×4 kernels have stride 2, others where s2 follows: 3x3s2:64-128@16;
// all others keep the image's size.
import { parseArgs } from 'node:util';
import {
  autocast,
  functional,
  grad,
  manualSeed,
  noGrad,
  randn,
  scope,
  setKernels,
  setThreads,
  type Tensor,
  tuneProcess,
} from '../src';

const LAYERS = [
  '4x4:3-64@64',
  '4x4:64-128@32',
  '4x4:128-256@16',
  '4x4:256-512@8',
  '4x4:1-32@32',
  '4x4:32-64@16',
  '4x4:64-128@8',
  '3x3:16-16@32',
  '3x3:32-32@16',
  '3x3:64-64@24x16',
  '3x3:128-128@16',
  '3x3:128-128@8',
  '3x3:256-256@8',
  '3x3:512-512@4',
  '3x3:64-64@64x16',
  '3x3:128-3@32',
  '3x3:128-128@16/8',
  '1x1:64-128@16',
  '4x4:256-256@4x1',
  '4x4:128-256@8x1',
  'up4x4:512-128@4x1',
  '3x3s2:32-64@64x16',
  '3x3s2:64-128@32x16',
  '3x3s2:64-128@32x1',
];

interface Layer {
  readonly up: boolean;
  readonly kernel: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: number;
  readonly batch: number;
  readonly groups: number;
  readonly stride: number;
}

function parse(text: string): Layer {
  const match = /^(up)?(\d)x\2(s2)?:(\d+)-(\d+)@(\d+)(?:x(\d+))?(?:\/(\d+))?$/.exec(text);
  if (!match)
    throw new Error(
      `expected a layer like 4x4:64-128@32, 3x3s2:64-128@16 or 3x3:128-128@16x32/8, got ${text}`,
    );
  const [inputs, outputs, size, batch, groups] = match.slice(4).map((part) => Number(part ?? 0));
  const kernel = Number(match[2]);
  return {
    up: match[1] !== undefined,
    kernel,
    inputs: inputs as number,
    outputs: outputs as number,
    size: size as number,
    batch: batch || 64,
    groups: groups || 1,
    stride: kernel === 4 || match[3] !== undefined ? 2 : 1,
  };
}

/** Multiply-adds of two FLOPs each: every pixel of the smaller map meets the kernel once. */
function flops({ up, kernel, inputs, outputs, size, batch, groups, stride }: Layer): number {
  const side = up ? size : Math.ceil(size / stride);
  return (2 * batch * side * side * kernel * kernel * inputs * outputs) / groups;
}

function convolve({ up, kernel, groups, stride }: Layer, x: Tensor, weight: Tensor): Tensor {
  const options = { stride, padding: kernel === 4 ? 1 : (kernel - 1) / 2, groups };
  return (up ? functional.convTranspose2d : functional.conv2d)(x, weight, null, options);
}

interface Parts {
  readonly run: Readonly<Record<'forward' | 'byInput' | 'byWeight', () => void>>;
}

/** The three passes of a layer, on tensors that stay. */
function parts(layer: Layer, bf16: boolean): Parts {
  const { up, kernel, inputs, outputs, size, batch, groups } = layer;
  const placement = { memoryFormat: 'channels_last' } as const;
  const within = <T>(body: () => T): T => (bf16 ? autocast({ device: 'cpu' }, body) : body());
  const dtype = bf16 ? 'bfloat16' : 'float32';
  const x = randn([batch, inputs, size, size]).to({ ...placement, dtype });
  const shape = up ? [inputs, outputs / groups] : [outputs, inputs / groups];
  const weight = randn([...shape, kernel, kernel]).to(placement);
  x.requiresGrad = weight.requiresGrad = true;
  const y = within(() => convolve(layer, x, weight));
  const g = randn(y.shape).to({ ...placement, dtype });
  const by = (input: Tensor) => (): void => {
    scope(() => {
      grad([y], [input], { gradOutputs: [g], retainGraph: true });
    });
  };
  const forward = (): void => {
    scope(() => {
      noGrad(() => within(() => convolve(layer, x, weight)));
    });
  };
  return { run: { forward, byInput: by(x), byWeight: by(weight) } };
}

function seconds(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

function measure(layer: Layer, bf16: boolean, rounds: number): string[] {
  return scope(() => {
    manualSeed(1);
    const sides = [true, false].map((own) => {
      setKernels(own);
      return { own, parts: parts(layer, bf16) };
    });
    const cells = (['forward', 'byInput', 'byWeight'] as const).map((pass) => {
      const best = sides.map(() => Number.POSITIVE_INFINITY);
      for (let round = 0; round < rounds; round++)
        for (const [side, { own, parts }] of sides.entries()) {
          setKernels(own);
          best[side] = Math.min(best[side] as number, seconds(parts.run[pass]));
        }
      return best.map((time) => (flops(layer) / time / 1e9).toFixed(0)).join(' / ');
    });
    setKernels(true);
    return cells;
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '40' },
    precision: { type: 'string', default: 'fp32' },
    threads: { type: 'string' },
  },
});
tuneProcess();
if (values.threads !== undefined) setThreads(Number(values.threads));
console.log('| layer | forward | by the input | by the weight |\n|---|---|---|---|');
for (const text of positionals.length > 0 ? positionals : LAYERS)
  console.log(
    `| ${text} | ${measure(parse(text), values.precision === 'bf16', Number(values.rounds)).join(' | ')} |`,
  );
