import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodePng } from '../../../src/io/png';
import type { EvaluationRow } from '../../../src/report/evaluations';

/** Text that does harm wherever a page takes it for markup. */
export const HOSTILE = `</script><script>window.harmed=1</script><img src=x onerror="window.harmed=2">'"--><!--&amp;`;

/** What {@link writeRun} puts into a run directory; nothing of what is absent. */
export interface RunParts {
  readonly config?: object;
  /** Lines of `metrics.jsonl`: objects, or text as it is. */
  readonly metrics?: readonly (object | string)[];
  readonly evaluations?: readonly (EvaluationRow | string)[];
  /** Steps of the sample grids. */
  readonly samples?: readonly number[];
  readonly pictures?: readonly string[];
  readonly neighbours?: object;
  readonly best?: object;
}

/** Writes a run directory. */
export function writeRun(folder: string, parts: RunParts): string {
  const { config, metrics, evaluations, samples = [], pictures = [], neighbours, best } = parts;
  if (config) write(join(folder, 'config.json'), JSON.stringify(config));
  if (metrics) write(join(folder, 'metrics.jsonl'), linesOf(metrics));
  if (evaluations) write(join(folder, 'evaluations.jsonl'), linesOf(evaluations));
  for (const step of samples)
    write(join(folder, 'samples', `step-${String(step).padStart(6, '0')}.png`), noisePng(step));
  for (const name of pictures) write(join(folder, 'evaluation', `${name}.png`), noisePng(name.length));
  if (neighbours) write(join(folder, 'evaluation', 'neighbours.json'), JSON.stringify(neighbours));
  if (best) write(join(folder, 'best', 'manifest.json'), JSON.stringify(best));
  return folder;
}

function linesOf(lines: readonly (object | string)[]): string {
  return lines.map((line) => (typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)).join('');
}

function write(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** A grey PNG of noise, which does not compress; another one for every seed. */
export function noisePng(seed: number, side = 40): Uint8Array {
  let state = seed * 2_654_435_761 + 1;
  const pixels = Uint8Array.from({ length: side * side }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  return encodePng({ width: side, height: side, channels: 1, pixels });
}

/** Lines of a training like those of a DCGAN. */
export function trainingLines(count: number): object[] {
  return Array.from({ length: count }, (_, at) => ({
    step: (at + 1) * 10,
    // Five batches of 16 a step, as a critic has them.
    imagesSeen: (at + 1) * 800,
    imagesPerSecond: 1_000 + 50 * Math.sin(at),
    D: 0.5 + 0.2 * Math.sin(at / 3),
    G: 2 + Math.cos(at / 5),
    'D(real)': 0.8,
    'D(fake)': 0.2,
  }));
}

/** A `config.json` in the form that a training writes. */
export const CONFIG = {
  settings: { recipe: 'dcgan', dataset: 'digits', steps: 600, deterministic: false, set: { latentSize: 64 } },
  device: 'cpu',
  precision: 'fp32',
  seed: 3,
  batch: 16,
  dataset: { name: 'digits', channels: 1, resolution: 32, classes: 10 },
  latentShape: [64, 1, 1],
  topology: { generator: 'Sequential(\n  (0): ReLU()\n)' },
  versions: { node: '20.20.2' },
};
