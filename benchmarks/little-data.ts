// What a family draws of a part of a data set's images, and where it begins to copy them: FID against all of the set, and authenticity against
// the images it learned from, beside that of images it never saw, after as many images seen; without and with augmentation. The set is a folder
// of classes. What is trained or judged already is not done again.
//   npx ts-node benchmarks/little-data.ts dcgan --from ../shared/data/sign-language-digits/Dataset --resolution 64 --steps 3000 --precision bf16
//   npx ts-node benchmarks/little-data.ts stylegan2 --from photos --sizes 200,1000 --augment none,ada --resolution 64 --steps 4000
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { main as evaluate } from '../src/cli/evaluate';
import { main as train } from '../src/cli/train';
import { Prng } from '../src/data/prng';
import { makeFolder } from '../src/io/make-folder';
import { type EvaluationRow, readEvaluations } from '../src/report/evaluations';
import { runCommand } from './command';

/** Images judged, and points of each curve. */
const COUNT = 2_000;
const POINTS = 4;

interface Arguments {
  readonly recipe: string;
  /** The folder of all images, a sub-folder for each class. */
  readonly from: string;
  readonly sizes: readonly number[];
  readonly augments: readonly string[];
  readonly steps: number;
  readonly runs: string;
  /** All other flags, which `train` gets. */
  readonly flags: readonly string[];
}

/** One training, and what judges it. */
interface Run {
  readonly out: string;
  /** The images it learned from, in `train`, and all others, in `test`. */
  readonly part: string;
  readonly from: string;
}

type Metric = 'fid' | 'authenticity';

function readArguments([recipe, ...args]: readonly string[]): Arguments {
  if (recipe === undefined || recipe.startsWith('-')) throw new Error('expected a recipe: try dcgan');
  const own: Record<string, string> = {
    from: '',
    sizes: '100,500,2000',
    augment: 'none,diffaugment,ada',
    steps: '2000',
    runs: 'runs/little-data',
  };
  const flags: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = args[i].replace(/^--/, '');
    if (Object.hasOwn(own, name)) own[name] = args[++i] ?? '';
    else flags.push(args[i]);
  }
  const { from, augment, runs } = own;
  if (from === '') throw new Error('expected --from FOLDER, with a sub-folder for each class');
  const steps = Number(own.steps);
  if (!(steps % POINTS === 0 && steps > 0))
    throw new Error(
      `--steps expects a multiple of ${POINTS}, a checkpoint for each point, but got ${own.steps}`,
    );
  const sizes = own.sizes.split(',').map(Number);
  return { recipe, from, sizes, augments: augment.split(','), steps, runs, flags };
}

/** Copies as many images of each class as make `size` to `train`, all others to `test`. Smaller parts are within larger ones. */
function takePart(from: string, size: number, runs: string): string {
  const part = join(runs, basename(dirname(join(from, 'x'))), String(size));
  if (existsSync(part)) return part;
  const classes = readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const each = size / classes.length;
  if (!(Number.isInteger(each) && each > 0))
    throw new Error(`--sizes expects multiples of the ${classes.length} classes, but got ${size}`);
  for (const { name } of classes) {
    const files = readdirSync(join(from, name)).sort();
    if (files.length < each) throw new Error(`class ${name} has ${files.length} images, less than ${each}`);
    for (const split of ['train', 'test']) makeFolder(join(part, split, name));
    for (const [place, index] of new Prng(1).permutation(files.length).entries())
      copyFileSync(
        join(from, name, files[index]),
        join(part, place < each ? 'train' : 'test', name, files[index]),
      );
  }
  return part;
}

/** The rows of a run by that metric, in the order of their steps. */
function rowsOf({ out }: Run, metric: Metric): EvaluationRow[] {
  const rows = readEvaluations(join(out, 'evaluations.jsonl'));
  return rows.filter(({ metrics }) => metrics[metric] !== undefined).sort((a, b) => a.step - b.step);
}

function protocol({ from }: Run, count = COUNT): string[] {
  return ['--count', String(count), '--features', `classifier:folder:${from}`];
}

async function ask(what: string, main: typeof train, argv: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(main, [...argv, '--quiet']);
  if (code !== 0) throw new Error(`${what} failed`);
  return output;
}

async function judge(run: Run, metric: Metric): Promise<EvaluationRow[]> {
  const checkpoints = join(run.out, 'checkpoints');
  const real = metric === 'fid' ? run.from : run.part;
  for (const name of readdirSync(checkpoints).sort()) {
    const step = Number(name.replace('step-', ''));
    if (rowsOf(run, metric).some((row) => row.step === step)) continue;
    const what = [
      '--checkpoint',
      join(checkpoints, name),
      '--metrics',
      metric,
      '--dataset',
      `folder:${real}`,
    ];
    await ask(`the evaluation of ${name}`, evaluate, [...what, ...protocol(run)]);
  }
  return rowsOf(run, metric);
}

/** The authenticity of images that nobody learned from: less is a sign of copies. */
async function usualAuthenticity(run: Run, flags: readonly string[]): Promise<number> {
  const resolution = flags.indexOf('--resolution');
  const what = ['--images', 'test', '--metrics', 'authenticity', '--dataset', `folder:${run.part}`];
  const size = resolution < 0 ? [] : flags.slice(resolution, resolution + 2);
  const held = readdirSync(join(run.part, 'test'), { recursive: true, withFileTypes: true });
  const count = Math.min(COUNT, held.filter((entry) => entry.isFile()).length);
  const argv = [...what, ...size, ...protocol(run, count), '--json'];
  return JSON.parse(await ask('the evaluation of held-out images', evaluate, argv)).metrics.authenticity;
}

async function main(): Promise<void> {
  const { recipe, from, sizes, augments, steps, runs, flags } = readArguments(process.argv.slice(2));
  console.log(
    `| images | augment | FID after ${Array.from({ length: POINTS }, (_, i) => (steps * (i + 1)) / POINTS).join(', ')} steps | last / best | authenticity | of unseen images |\n| ---: | --- | --- | ---: | --- | ---: |`,
  );
  for (const size of sizes)
    for (const augment of augments) {
      const run = {
        out: join(runs, `${recipe}-${size}-${augment}`),
        part: takePart(from, size, runs),
        from,
      };
      const every = String(steps / POINTS);
      if (!existsSync(join(run.out, 'config.json'))) {
        const settings = ['--set', `augment=${augment}`, '--checkpoint-every', every, '--keep', '0'];
        const data = ['--dataset', `folder:${run.part}`, '--steps', String(steps), '--out', run.out];
        await ask(`${recipe} of ${size} images`, train, [recipe, ...flags, ...settings, ...data]);
      }
      const fids = (await judge(run, 'fid')).map(({ metrics }) => metrics.fid);
      const authentic = (await judge(run, 'authenticity')).map(({ metrics }) => metrics.authenticity);
      const usual = await usualAuthenticity(run, flags);
      const list = (values: readonly number[], digits: number) =>
        values.map((value) => value.toFixed(digits)).join(', ');
      const ratio = (fids[fids.length - 1] / Math.min(...fids)).toFixed(2);
      console.log(
        `| ${size} | ${augment} | ${list(fids, 1)} | ${ratio} | ${list(authentic, 2)} | ${usual.toFixed(2)} |`,
      );
    }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
