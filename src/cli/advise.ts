import { availableParallelism, loadavg, totalmem } from 'node:os';
import { sizeText } from '../data/image-size';
import { type DataSurvey, surveyDataset } from '../data/survey';
import { UsageError } from '../errors';
import { dataNotes, LEAST_IMAGES, type Proposal, propose, type Reason } from '../recipes/advice';
import type { MachineFacts } from '../recipes/advice-rules';
import { type ConfigOf, integer, number, optional, readConfig, text } from '../recipes/config';
import { formatDuration, formatRate } from '../report/progress';
import { deviceFacts, isCpu, resolveDevice } from '../tensor/device';
import { commandLine } from './command-line';
import { type MeasuredSpeed, measureSpeed } from './measured-speed';
import { progressOf } from './progress';
import { deviceField, environmentSource, flagOf, flagSource, type Given, type Recipes } from './settings';
import type { Terminal } from './terminal';

/** Minutes that a training is to take where nobody says. */
export const ADVISED_MINUTES = 10;

const FIELDS = {
  advise: number(ADVISED_MINUTES, { min: 0.1, max: 100_000, help: 'minutes' }),
  dataset: text('digits'),
  dataDir: optional(text('data')),
  device: deviceField,
  channels: optional(integer(3, { min: 1, max: 4 })),
};

/** What `--advise` was asked with. */
export interface AdviseSettings extends ConfigOf<typeof FIELDS> {
  /** The flags that the command to type repeats. */
  readonly repeated: readonly string[];
}

/**
 * The settings of `train --advise`.
 *
 * @throws UsageError beside a recipe, or flags that say what only the advice can
 */
export function readAdviseSettings(given: Given, others: Readonly<Record<string, unknown>>): AdviseSettings {
  const flags = { ...given.flags, ...others };
  const known = Object.keys(FIELDS);
  const said = [
    ...(given.recipe === undefined ? [] : [given.recipe]),
    ...Object.keys(given.set).map((key) => `--set ${key}`),
    ...(given.file === undefined ? [] : ['--config']),
    ...Object.keys(flags)
      .filter((key) => flags[key] !== undefined && !known.includes(key))
      .map(flagOf),
  ];
  if (said.length > 0)
    throw new UsageError(
      `--advise says itself what to train, from --dataset, --data-dir, --channels and --device: leave ${said[0]} out`,
    );
  const minutes = flags.advise === true ? undefined : flags.advise;
  const repeated = (['dataset', 'dataDir', 'device', 'channels'] as const).flatMap((key) =>
    flags[key] === undefined ? [] : [flagOf(key), String(flags[key])],
  );
  const settings = readConfig(FIELDS, [
    flagSource({ ...flags, advise: minutes }),
    environmentSource(given.env),
  ]);
  return { ...settings, repeated };
}

/** A proposal with what was measured of it. */
interface Advice {
  readonly proposal: Proposal;
  readonly speed: MeasuredSpeed;
  readonly steps: number;
  readonly seconds: number;
  readonly command: string;
}

/** How speeds are measured: for tests. */
export type Measure = typeof measureSpeed;

/**
 * Looks at the data set and the machine, and tells what to train, why, how long that takes and what to type; and the runner-up. Trains
 * and writes nothing but what fetching the data set does.
 *
 * @returns the exit code, 0
 * @throws UsageError for too few images; as {@link surveyDataset} for a set that is not there or is empty
 */
export async function advise(
  settings: AdviseSettings,
  {
    recipes,
    terminal,
    measure = measureSpeed,
  }: {
    readonly recipes: Recipes;
    readonly terminal: Terminal;
    readonly measure?: Measure;
  },
): Promise<number> {
  const device = resolveDevice(settings.device);
  const data = await lookAt(settings, terminal);
  const machine = machineFacts(device);
  // Domains that differ in them are refused without.
  const { channels = data.channels } = settings;
  const repeated = [
    ...settings.repeated,
    ...(channels !== settings.channels ? [flagOf('channels'), String(channels)] : []),
    // Without, the command would end at the first of them.
    ...(data.unreadable ? [flagOf('onBadImage'), 'skip'] : []),
  ];
  const of = async (proposal: Proposal): Promise<Advice> => {
    terminal.log(`measuring  a few steps of ${proposal.recipe.name} on noise`);
    return adviceOf(proposal, await measure(proposal, { data, device }), { ...settings, repeated });
  };
  let [best, second] = propose({ data, machine }, { recipes });
  let first = await of(best);
  for (let side = sideOf(first) / 2; side >= LEAST_SIDE && isHurried(first); side /= 2) {
    const why = `at ${2 * side} pixels ${timeFor(settings.advise, first.steps)}`;
    [best, second] = propose({ data, machine }, { recipes, bound: { side, why } });
    first = await of(best);
  }
  const runnerUp = second && (await of(second));
  const notes = [...dataNotes(data), ...timeNotes(first, settings)];
  tell({ data, machine, first, runnerUp, notes }, terminal);
  return 0;
}

/** Images are not made smaller than so many pixels a side to save time. */
const LEAST_SIDE = 32;

const sideOf = ({ proposal: { size } }: Advice): number => Math.min(size.height, size.width);

/** Whether there is time for less than half of the steps that the recipe has by default. */
function isHurried({ proposal, steps }: Advice): boolean {
  return steps < usualSteps(proposal) / 2;
}

/** The survey, where the channels that were asked for decide on colour. */
async function lookAt(
  { dataset, dataDir, channels }: AdviseSettings,
  terminal: Terminal,
): Promise<DataSurvey> {
  const found = await surveyDataset(dataset, { dataDir, channels, progress: progressOf(terminal) });
  if (found.count < LEAST_IMAGES)
    throw new UsageError(
      `${dataset} has ${found.count} ${found.count === 1 ? 'image' : 'images'}, of which nothing can be learned: expected ${LEAST_IMAGES} at least, and some hundreds for variety`,
    );
  return channels === undefined ? found : { ...found, channels, grey: channels < 3 };
}

function machineFacts(device: string): MachineFacts {
  const { cpuCapability, cudaDevices } = deviceFacts();
  // A container may have less than the machine.
  const bound = process.constrainedMemory();
  const total = totalmem();
  return {
    cores: availableParallelism(),
    memoryBytes: bound > 0 ? Math.min(bound, total) : total,
    instructions: cpuCapability,
    gpu: isCpu(device) ? null : (cudaDevices[Number(device.split(':')[1])] ?? device),
  };
}

function adviceOf(proposal: Proposal, speed: MeasuredSpeed, settings: AdviseSettings): Advice {
  const { batch, images } = proposal;
  const affordable = Math.floor((60 * settings.advise) / speed.secondsPerStep);
  const steps = twoDigits(Math.max(1, Math.min(affordable, Math.ceil(images / batch))));
  return {
    proposal,
    speed,
    steps,
    seconds: steps * speed.secondsPerStep,
    command: commandLine('train', argumentsOf(proposal, steps, settings)),
  };
}

/** Rounded down to two significant digits. */
function twoDigits(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return Math.floor(count / unit) * unit;
}

function argumentsOf(
  { recipe, size, batch, set }: Proposal,
  steps: number,
  { repeated }: AdviseSettings,
): string[] {
  const resolution = size.height === size.width ? String(size.height) : `${size.height}x${size.width}`;
  return [
    recipe.name,
    ...repeated,
    ...['--resolution', resolution, '--batch', String(batch), '--steps', String(steps)],
    ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ];
}

/** Steps that the recipe has by default, in batches of this size. */
function usualSteps({ recipe, batch }: Proposal): number {
  return Math.ceil((recipe.training.steps * recipe.training.batch) / batch);
}

function timeNotes(
  { proposal, speed, steps }: Advice,
  { advise: minutes }: AdviseSettings,
): readonly string[] {
  const { recipe } = proposal;
  const usual = usualSteps(proposal);
  const needed = Math.ceil((usual * speed.secondsPerStep) / 60);
  const [load] = loadavg();
  return [
    ...(steps < usual
      ? [
          `${timeFor(minutes, steps)}, and ${recipe.name} wants ${usual} to show what it can: --advise ${needed}`,
        ]
      : []),
    ...(load > availableParallelism()
      ? [
          `the machine is busy (load ${load.toFixed(1)} on ${availableParallelism()} cores): when it is idle, steps are faster`,
        ]
      : []),
  ];
}

interface Told {
  readonly data: DataSurvey;
  readonly machine: MachineFacts;
  readonly first: Advice;
  readonly runnerUp: Advice | null;
  readonly notes: readonly string[];
}

function tell({ data, machine, first, runnerUp, notes }: Told, terminal: Terminal): void {
  const { recipe, size, batch, images, reasons } = first.proposal;
  const because = (of: string) => reasons.filter((reason) => reason.of === of).map(reasonText);
  const rows: [string, string][] = [
    ['data', dataText(data)],
    ['machine', machineText(machine)],
    ['recipe', [recipe.name, ...because('recipe')].join(': ')],
    ['size', [sizeText(size), ...because('resolution')].join(': ')],
    ...reasons
      .filter(({ of }) => of === 'width' || of === 'augment')
      .map((reason): [string, string] => [
        reason.of,
        `${first.proposal.set[reason.of]}: ${reasonText(reason)}`,
      ]),
    ['batch', [`${batch} images a step`, ...because('batch')].join(': ')],
    ['budget', budgetText(first, images, because('images'))],
    ['time', timeText(first)],
    ...notes.map((note): [string, string] => ['note', note]),
    ...(runnerUp ? [['runner-up', runnerUpText(runnerUp)] as [string, string]] : []),
    ['next', first.command],
  ];
  for (const [name, line] of rows) terminal.result(`${name.padEnd(10)} ${line}`);
  terminal.record({
    event: 'advice',
    data,
    machine,
    best: recordOf(first),
    runnerUp: runnerUp && recordOf(runnerUp),
    notes,
  });
}

const reasonText = ({ why, source }: Reason) => `${why} (${source})`;

function dataText({ name, kind, count, size, grey, classes, duplicates }: DataSurvey): string {
  const things = { images: 'images', pairs: 'pairs', unpaired: 'images in the smaller domain' }[kind];
  const counts = classes.map((each) => each.count);
  return [
    `${name}: ${count} ${things}`,
    `${sizeText(size)} ${grey ? 'grey' : 'in colour'}`,
    classes.length > 0
      ? `${classes.length === 1 ? '1 class' : `${classes.length} classes`} of ${spanText(counts)}`
      : 'no labels',
    duplicates === null ? 'not looked for duplicates' : `${duplicates} duplicates`,
  ].join(', ');
}

function timeFor(minutes: number, steps: number): string {
  return minutes === 1
    ? `1 minute has time for ${steps} steps`
    : `${minutes} minutes have time for ${steps} steps`;
}

/** `40`, `12 to 40` */
function spanText(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${most}` : `${least} to ${most}`;
}

function machineText({ cores, memoryBytes, instructions, gpu }: MachineFacts): string {
  return `${cores} ${cores === 1 ? 'core' : 'cores'}, ${instructions}, ${(memoryBytes / 1e9).toFixed(1)} GB of memory, ${gpu ?? 'no GPU'}`;
}

function budgetText({ steps, proposal: { batch } }: Advice, wanted: number, why: readonly string[]): string {
  const seen = steps * batch;
  const share = seen >= 0.9 * wanted ? 'all that is wanted' : `of ${wanted} that are worth while`;
  return [`${steps} steps, ${seen} images, ${share}`, ...why].join(': ');
}

function timeText({ seconds, speed, proposal: { batch } }: Advice): string {
  const rate = formatRate(batch / speed.secondsPerStep);
  return `${formatDuration(seconds)}: ${rate} images/s, measured here in ${speed.steps} steps on noise in ${speed.precision}; evaluations come on top`;
}

function runnerUpText({ proposal, seconds, command }: Advice): string {
  const why = proposal.reasons.filter(({ of }) => of === 'recipe').map(reasonText);
  return `${proposal.recipe.name}, ${formatDuration(seconds)}: ${why.join('')}: ${command}`;
}

function recordOf({ proposal, speed, steps, seconds, command }: Advice): object {
  const { recipe, size, batch, set, images, reasons } = proposal;
  return {
    recipe: recipe.name,
    ...size,
    batch,
    steps,
    set,
    imagesWanted: images,
    seconds,
    measured: { ...speed, on: 'noise' },
    reasons,
    command,
  };
}
