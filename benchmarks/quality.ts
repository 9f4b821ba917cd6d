// Judges several runs of a recipe by one protocol: mean and standard deviation over seeds, as a table.
//   npx ts-node benchmarks/quality.ts --dataset mnist --row 'dcgan, 5 epochs' runs/mnist-*/checkpoints/step-004685 --row floor test
// Of a row each path is a checkpoint, a file of images as `sample --raw` writes, or `test`, the data set's own test images.
import { statSync } from 'node:fs';
import { main as evaluate } from '../src/cli/evaluate';
import { metricFacts } from '../src/report/evaluations';
import { formatValue } from '../src/report/summary';
import { runCommand } from './command';
import { sharedProtocol } from './protocol';

interface Row {
  readonly label: string;
  readonly paths: readonly string[];
}

interface Judged {
  readonly metrics: Readonly<Record<string, number>>;
  readonly protocol: Readonly<Record<string, string | number>>;
}

const METRICS = 'fid,kid,prdc';

async function main(): Promise<void> {
  const { flags, rows } = readArguments(process.argv.slice(2));
  if (rows.length === 0) throw new Error('expected --row LABEL PATH … at least once');
  const judged = new Map<Row, Judged[]>();
  for (const row of rows) {
    const results: Judged[] = [];
    for (const path of row.paths) results.push(await judge(path, flags));
    judged.set(row, results);
    console.error(`${row.label}: ${results.map(({ metrics }) => formatValue(metrics.fid)).join(', ')}`);
  }
  const all = [...judged.values()].flat();
  const names = Object.keys(all[0].metrics);
  const line = (cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`);
  line(['', 'runs', ...names.map((name) => metricFacts(name).label)]);
  line(['---', '---:', ...names.map(() => '---:')]);
  for (const [{ label }, results] of judged)
    line([
      label,
      String(results.length),
      ...names.map((name) => spread(results.map(({ metrics }) => metrics[name]))),
    ]);
  console.log(`\nprotocol: ${sharedProtocol(all.map(({ protocol }) => protocol))}`);
}

function readArguments(args: readonly string[]): { flags: string[]; rows: Row[] } {
  const starts = args.flatMap((arg, i) => (arg === '--row' ? [i] : []));
  const flags = args.slice(0, starts[0] ?? args.length);
  const rows = starts.map((start, i) => {
    const [label, ...paths] = args.slice(start + 1, starts[i + 1] ?? args.length);
    if (label === undefined || paths.length === 0) throw new Error('--row expects a label and paths');
    return { label, paths };
  });
  return { flags: [...flags], rows };
}

async function judge(path: string, flags: readonly string[]): Promise<Judged> {
  const isFolder = path !== 'test' && statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const what = isFolder ? ['--checkpoint', path] : ['--images', path];
  const { code, output } = await runCommand(evaluate, [
    ...what,
    '--metrics',
    METRICS,
    ...flags,
    '--json',
    '--quiet',
  ]);
  if (code !== 0) throw new Error(`${path} could not be judged`);
  return JSON.parse(output);
}

/** Mean ± standard deviation over runs. */
function spread(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return formatValue(mean);
  const deviation = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1),
  );
  return `${formatValue(mean)} ± ${formatValue(deviation)}`;
}

void main();
