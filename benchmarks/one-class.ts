// Trains a recipe on each class of a data set alone and judges it on all of the test split: the published protocol of one class against the
// rest, as a table of AUROC × 100 beside the published rows of MNIST. A class whose runs are judged already is not trained again.
//   npx ts-node benchmarks/one-class.ts vae --dataset mnist --set network=conv --steps 2000
//   npx ts-node benchmarks/one-class.ts f-anogan --dataset mnist --classes 3,8 --seeds 1,2 --runs runs/one-class
import { join } from 'node:path';
import { main as train } from '../src/cli/train';
import { readEvaluations } from '../src/report/evaluations';
import { runCommand } from './command';

/** By digit, as OCGAN’s paper (Perera et al. 2019) collects them. */
const PUBLISHED: Readonly<Record<string, readonly number[]>> = {
  AnoGAN: [96.6, 99.2, 85.0, 88.7, 89.4, 88.3, 94.7, 93.5, 84.9, 92.4],
  'Deep SVDD': [98.0, 99.7, 91.7, 91.9, 94.9, 88.5, 98.3, 94.6, 93.9, 96.5],
  VAE: [99.7, 99.9, 93.6, 95.9, 97.3, 96.4, 99.3, 97.6, 92.3, 97.6],
  OCGAN: [99.8, 99.9, 94.2, 96.3, 97.5, 98.0, 99.1, 98.1, 93.9, 98.1],
};

interface Arguments {
  readonly recipe: string;
  readonly classes: readonly string[];
  readonly seeds: string;
  readonly runs: string;
  /** All other flags, which `train` gets. */
  readonly flags: readonly string[];
}

function readArguments([recipe, ...args]: readonly string[]): Arguments {
  if (recipe === undefined || recipe.startsWith('-')) throw new Error('expected a recipe: try f-anogan');
  const own: Record<string, string> = { classes: '0,1,2,3,4,5,6,7,8,9', seeds: '1', runs: 'runs/one-class' };
  const flags: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = args[i].replace(/^--/, '');
    if (Object.hasOwn(own, name)) own[name] = args[++i] ?? '';
    else flags.push(args[i]);
  }
  return { recipe, classes: own.classes.split(','), seeds: own.seeds, runs: own.runs, flags };
}

/** AUROC of each seed's run, and of the distance to the mean image beside it; null where one is not judged. */
function judged(
  out: string,
  seeds: string,
): { readonly own: readonly number[]; readonly mean: number } | null {
  const rows = seeds.split(',').map((seed) => {
    const all = readEvaluations(join(out, `seed-${seed}`, 'evaluations.jsonl'));
    return all.filter(({ metrics }) => metrics.auroc !== undefined).at(-1)?.metrics;
  });
  const known = rows.filter((row) => row !== undefined);
  if (known.length < rows.length) return null;
  return { own: known.map(({ auroc }) => auroc), mean: known[0].aurocOfMean };
}

async function main(): Promise<void> {
  const { recipe, classes, seeds, runs, flags } = readArguments(process.argv.slice(2));
  const ours: number[] = [];
  const means: number[] = [];
  for (const name of classes) {
    const out = join(runs, recipe, name);
    if (!judged(out, seeds)) {
      const settings = [...flags, '--set', `normal=${name}`, '--seeds', seeds, '--out', out];
      const { code } = await runCommand(train, [recipe, ...settings, '--quiet']);
      if (code !== 0) throw new Error(`${recipe} of class ${name} could not be trained`);
    }
    const figures = judged(out, seeds);
    if (!figures) throw new Error(`${out} has no figures`);
    ours.push(figures.own.reduce((sum, value) => sum + 100 * value, 0) / figures.own.length);
    means.push(100 * figures.mean);
    console.error(`class ${name}: ${figures.own.map((value) => (100 * value).toFixed(2)).join(', ')}`);
  }
  const line = (label: string, values: readonly number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    console.log(`| ${label} | ${[...values, mean].map((value) => value.toFixed(1)).join(' | ')} |`);
  };
  console.log(
    `| AUROC × 100 | ${classes.join(' | ')} | mean |\n| --- |${' ---: |'.repeat(classes.length + 1)}`,
  );
  line(`\`${recipe}\`, seeds ${seeds}`, ours);
  line('distance to the mean image', means);
  if (classes.every((name) => /^\d$/.test(name)) && flags.join(' ').includes('--dataset mnist'))
    for (const [label, values] of Object.entries(PUBLISHED))
      line(
        `${label}, published`,
        classes.map((name) => values[Number(name)]),
      );
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
