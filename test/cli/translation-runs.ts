import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as train } from '../../src/cli/train';
import { loadImages } from '../../src/data/sources';
import { type EvaluationRow, readEvaluations } from '../../src/report/evaluations';
import { keepClassifier } from '../support/kept-classifier';
import { FakeHost } from './fakes';
import { writeClasses, writePairs } from './tiny-domains';

/** Flags of a training of two steps. */
const SHORT = ['--batch', '2', '--steps', '2', '--precision', 'fp32', '--device', 'cpu'];
const JUDGED = ['--eval-every', '2', '--eval-count', '5'];

/** A folder of runs for the tests of a file, with a cache of its own. */
export class TranslationRuns {
  #folder = '';
  #cache: string | undefined;

  /** A path in the folder. */
  at(name: string): string {
    return join(this.#folder, name);
  }

  begin(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'translation-runs-'));
    this.#cache = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = this.at('cache');
  }

  end(): void {
    if (this.#cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = this.#cache;
    rmSync(this.#folder, { recursive: true });
  }

  /** Trains with short flags; fails with what the command says. */
  async train(...argv: string[]): Promise<void> {
    const host = new FakeHost();
    if ((await train([...argv, ...SHORT], host)) !== 0) throw new Error(host.stderr.text);
  }

  /** `paired`: a pix2pix of the data set `pairs`, 8 pairs of 16×16 and 6 held out; B is half as bright as A. */
  async trainPairs(): Promise<void> {
    await writePairs(this.at('pairs'), { train: 8, test: 6 });
    // An untrained classifier: what is tested is not how good it is.
    await keepClassifier(await loadImages('digits', { resolution: 32 }));
    const model = ['--resolution', '16', '--set', 'width=2', '--set', 'patch=1'];
    const data = ['--dataset', `pairs:${this.at('pairs')}`];
    await this.train('pix2pix', ...model, ...data, '--out', this.at('paired'), ...JUDGED);
  }

  /** `unpaired`: a cyclegan of the data sets `here`, 24 images and 10 held out, and `there`, 22 and 8, of the same two classes. */
  async trainDomains(): Promise<void> {
    const classes = ['bird', 'cat'];
    await writeClasses(this.at('here'), { train: 24, test: 10, classes });
    await writeClasses(this.at('there'), { train: 22, test: 8, classes });
    for (const name of ['here', 'there'])
      await keepClassifier(await loadImages(`folder:${this.at(name)}`, { resolution: 24 }));
    const model = ['--resolution', '24', '--set', 'width=2', '--set', 'blocks=1', '--set', 'patch=1'];
    const data = ['--dataset', `unpaired:folder:${this.at('here')}+folder:${this.at('there')}`];
    const judged = [...JUDGED, '--eval-metrics', 'accuracy'];
    await this.train('cyclegan', ...model, ...data, '--out', this.at('unpaired'), ...judged);
  }

  /** Calls `evaluate`. */
  async evaluate(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const host = new FakeHost();
    const code = await evaluate(['--device', 'cpu', ...argv], host);
    return { code, stdout: host.stdout.text, stderr: host.stderr.text };
  }

  /** The evaluations of a run. */
  rows(run: string): EvaluationRow[] {
    return readEvaluations(join(this.at(run), 'evaluations.jsonl'));
  }
}

/** The fields in which the protocols of two rows differ. */
export function differences({ protocol: a }: EvaluationRow, { protocol: b }: EvaluationRow): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]).sort();
}
