// Trains every recipe on the built-in digits and fills docs/gallery.md with pictures, figures and commands.
//   npx ts-node benchmarks/gallery.ts commands [--only vae,modern]     what trains each, a command a line
//   npx ts-node benchmarks/gallery.ts train [--only vae,modern]        runs them in turn; goes on with what was interrupted
//   npx ts-node benchmarks/gallery.ts [--runs runs/gallery]            draws and writes the page from the runs that are there
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commandLine } from '../src/cli/command-line';
import { main as sample } from '../src/cli/sample';
import { findRecipe } from '../src/cli/settings';
import { main as train } from '../src/cli/train';
import { load, recipes } from '../src/recipes';
import { requireLatents } from '../src/training/load';
import { runCommand } from './command';
import { fillBlocks, type GalleryRun, recipeBlock, tableBlock } from './gallery/page';
import { lastPicture, readGalleryRun, runFolder, trainArguments } from './gallery/runs';

const PAGE = 'docs/gallery.md';
const PICTURES = 'docs/images/gallery';
/** No picture may be larger: a repository keeps them all for ever. */
const MOST_BYTES = 300_000;

/** Recipes that can learn from the built-in digits. */
const ofDigits = Object.keys(recipes).filter((name) => (recipes[name].data ?? 'images') === 'images');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' }, runs: { type: 'string' } },
  });
  const names = values.only?.split(',') ?? ofDigits;
  for (const name of names)
    if (!ofDigits.includes(findRecipe(recipes, name).name))
      throw new Error(`${name} does not learn from digits: its part of the page is written by hand`);
  const [task = 'draw'] = positionals;
  if (task === 'commands')
    for (const name of names) console.log(commandLine('train', trainArguments(recipes[name], values.runs)));
  else if (task === 'train') await trainAll(names, values.runs);
  else if (task === 'draw') await draw(names, values.runs);
  else throw new Error(`expected commands, train or nothing, but got ${task}`);
}

async function trainAll(names: readonly string[], runs?: string): Promise<void> {
  for (const name of names) {
    const folder = runFolder(name, runs);
    const started = existsSync(join(folder, 'config.json'));
    const argv = started ? ['--resume', folder] : trainArguments(recipes[name], runs);
    const { code } = await runCommand(train, argv);
    if (code !== 0) {
      process.exitCode = code;
      return;
    }
  }
}

async function draw(names: readonly string[], runs?: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const done: GalleryRun[] = [];
  for (const name of names) {
    const folder = runFolder(name, runs);
    const run = readGalleryRun(recipes[name], folder);
    if (run === null) console.error(`${name}: no judged run in ${folder}`);
    else done.push({ ...run, pictures: await drawPictures(name, folder) });
  }
  const blocks = {
    table: tableBlock(done),
    ...Object.fromEntries(done.map((run) => [run.name, recipeBlock(run)])),
  };
  writeFileSync(PAGE, fillBlocks(readFileSync(PAGE, 'utf8'), blocks));
}

/** Samples by the best weights, and beside them the last reconstructions where the training drew any. */
async function drawPictures(name: string, folder: string): Promise<GalleryRun['pictures']> {
  const best = join(folder, 'best');
  const how = [...(await layout(best)), '--seed', '7', '--out'];
  const grid = join(PICTURES, `${name}.png`);
  const { code } = await runCommand(sample, ['--checkpoint', best, ...how, grid, '--quiet']);
  if (code !== 0) throw new Error(`${best} could not be sampled`);
  const pictures = [
    {
      file: grid,
      says: 'samples',
      command: commandLine('sample', ['--checkpoint', join(runFolder(name), 'best'), ...how, 'grid.png']),
    },
  ];
  const reconstructions = lastPicture(folder, 'reconstructions');
  if (reconstructions !== undefined) {
    const file = join(PICTURES, `${name}-reconstructions.png`);
    copyFileSync(reconstructions, file);
    pictures.push({
      file,
      says: 'digits, and below each row what the decoder makes of their latents',
      command: '',
    });
  }
  for (const { file } of pictures)
    if (statSync(file).size > MOST_BYTES) throw new Error(`${file} is larger than ${MOST_BYTES} bytes`);
  return pictures;
}

/** How samples are laid out: what codes mean, a row for each class, or five rows of ten. */
async function layout(checkpoint: string): Promise<string[]> {
  const model = await load(checkpoint, { device: 'cpu' });
  try {
    const { latent } = requireLatents(model);
    if (latent.codes) return ['--grid-sweep'];
    return latent.conditional ? ['--columns', '10'] : ['--count', '50', '--columns', '10'];
  } finally {
    model.dispose();
  }
}

void main();
