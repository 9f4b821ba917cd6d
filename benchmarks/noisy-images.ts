// Writes the test images that a run of `denoise` is judged by, with their noise and without, so that others are judged by the very same ones:
// safetensors `input` and `target`, float32 [N, C, H, W] in [−1, 1], noise neither clipped nor rounded. `benchmarks/twins/smoothing.py` smooths them.
//   npx ts-node benchmarks/noisy-images.ts runs/clean folder:photos noisy.safetensors
import { load } from '../src';
import { loadDataset } from '../src/data/sources';
import { writeSafetensors } from '../src/io/safetensors';
import { scope } from '../src/tensor/scope';
import { cat } from '../src/tensor/shapes';
import type { Tensor } from '../src/tensor/tensor';

/** Images that are made at once. */
const PIECE = 64;

async function main([run, name, out]: readonly string[]): Promise<void> {
  if (out === undefined) throw new Error('expected a run of denoise, a data set, and the file to write');
  const model = await load(run, { device: 'cpu' });
  const { loadSize, resolution, channels } = model.settings;
  const size = Number(loadSize ?? resolution);
  const options = { resolution: size, channels: Number(channels ?? 3), split: 'test' } as const;
  const { parts, count } = model.prepare(await loadDataset(name, options), 'test');
  const records: Record<string, { dtype: 'F32'; shape: readonly number[]; bytes: Uint8Array }> = {};
  for (const part of ['input', 'target']) {
    const makers: (() => Tensor)[] = [];
    for (let from = 0; from < count; from += PIECE)
      makers.push(
        await parts[part].fetch(
          Int32Array.from({ length: Math.min(PIECE, count - from) }, (_, i) => from + i),
          'cpu',
        ),
      );
    scope(() => {
      const images = cat(makers.map((make) => make()));
      const { buffer, byteOffset, byteLength } = images.toTypedArray();
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      records[part] = { dtype: 'F32', shape: images.shape, bytes };
    });
  }
  model.dispose();
  await writeSafetensors(out, records);
  console.log(`${count} images of ${name} (test) in ${out}`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
