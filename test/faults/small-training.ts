import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { classifierFile, writeClassifier } from '../../src/metrics/features/classifier-cache';
import { untouchedRandom } from '../../src/metrics/features/random';
import { stateSha256 } from '../../src/metrics/features/state-hash';
import { classifier } from '../../src/models/classifier';
import { put } from '../data/files';
import { filesOf } from '../support/training';

/** Trainings of six steps on twelve images in a folder, by the command line: each has its own run and its own cache, by its name. */
export class SmallTraining {
  readonly folder: string;
  /** The file of a feature network. */
  features = '';

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'small-training-'));
  }

  /** Makes the images and the feature network. */
  async prepare(): Promise<void> {
    for (let i = 0; i < 12; i++) {
      const pixels = Uint8Array.from({ length: 20 * 20 * 3 }, (_, at) => (at * 7 + i * 31) % 256);
      const image = sharp(pixels, { raw: { width: 20, height: 20, channels: 3 } });
      put(join(this.folder, 'images', i % 2 ? 'a' : 'b', `${i}.png`), await image.png().toBuffer());
    }
    process.env.XDG_CACHE_HOME = join(this.folder, 'cache');
    const id = { key: 'k'.repeat(64), name: 'classifier-tiny' };
    const sizes = { channels: 3, classes: 2, width: 2, dimensions: 4 };
    const network = untouchedRandom(() => classifier(sizes).eval());
    await writeClassifier(id, { network, accuracy: 0.5, heldOut: 'none', sha256: stateSha256(network) });
    network.dispose();
    this.features = classifierFile(id);
  }

  runOf(name: string): string {
    return join(this.folder, name, 'run');
  }

  cacheOf(name: string): string {
    return join(this.folder, name, 'cache');
  }

  /** Its images, as `--dataset` takes them. */
  get dataset(): string {
    return `folder:${join(this.folder, 'images')}`;
  }

  /** What `train` is called with. */
  argv(name: string): string[] {
    const model = [
      'dcgan',
      '--set',
      'width=4',
      '--set',
      'latentSize=8',
      '--resolution',
      '16',
      '--batch',
      '4',
    ];
    const data = ['--dataset', this.dataset, '--device', 'cpu', '--precision', 'fp32', '--steps', '6'];
    const every = ['--log-every', '1', '--checkpoint-every', '2', '--sample-every', '3', '--eval-every', '3'];
    const judged = ['--eval-count', '8', '--features', this.features];
    return [...model, ...data, ...every, ...judged, '--out', this.runOf(name)];
  }

  /** What must be the same in the end, whatever happened on the way. */
  resultOf(name: string): Record<string, string> {
    return {
      ...filesOf(join(this.runOf(name), 'checkpoints', 'step-000006')),
      log: JSON.stringify(this.rowsOf(name, 'metrics.jsonl').map(({ step, D, G }) => ({ step, D, G }))),
      // It tells which folder the run is in.
      'manifest.json': '',
    };
  }

  rowsOf(name: string, file: string): Record<string, unknown>[] {
    const lines = readFileSync(join(this.runOf(name), file), 'utf8')
      .trimEnd()
      .split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
