import { messageOf, UsageError } from '../errors';
import { readConfig } from '../recipes/config';
import { recipes } from '../recipes/index';
import { requireUnlocked } from '../training/run-lock';
import { withAbsolutePaths } from './absolute-paths';
import type { Host } from './host';
import { checkUsed } from './idle-flags';
import { memberHost, memberPlace, processesOf } from './member';
import { type Invocation, runProgram } from './program';
import { resumeSettings } from './resume';
import { checkRunFolder, newRunFolder } from './run-folder';
import { parseSeeds } from './seeds';
import { serveFields } from './serve-settings';
import { flagSource, type Given, resolveSettings } from './settings';
import type { Terminal } from './terminal';
import { readGiven, trainProgram } from './train-program';
import type { OnNote } from './train-run';

/**
 * `train [recipe]`: trains, with progress on stderr and the result on stdout.
 *
 * @returns the exit code: 0 done, 1 failed, 2 usage, 129, 130 or 143 after SIGHUP, SIGINT or SIGTERM
 */
export function main(argv: readonly string[], host: Host = process): Promise<number> {
  const own = memberHost(host);
  return runProgram(trainProgram(recipes), { argv, host: own }, (invocation) =>
    train(invocation, { argv, host: own }),
  );
}

/** How the command was called. */
interface Call {
  readonly argv: readonly string[];
  readonly host: Host;
}

async function train(invocation: Invocation, { argv, host }: Call): Promise<number> {
  const given = readGiven(invocation, host);
  const { resume } = invocation.options;
  if (invocation.options.advise !== undefined) return adviseOn(invocation, given);
  const seeds = seedsOf(invocation.options);
  const {
    recipe,
    settings,
    out,
    profile,
    resumeStep,
    precision,
    evaluation,
    changes,
    notes = [],
  } = resume === undefined
    ? withAbsolutePaths(resolveSettings(recipes, given))
    : resumeSettings(recipes, resume, given);
  checkUsed(given.flags, settings);
  const place = memberPlace(host.env, settings.device);
  const processes = processesOf(invocation.options.processes, place);
  // A resumed run may go on in one process, whose batch is the whole.
  if (settings.syncBatchNorm && processes === 1 && resume === undefined)
    throw new UsageError(
      '--sync-batch-norm is of several processes, but there is one, and so nothing to synchronise: add --processes, or leave it out',
    );
  const ownFolder = out ?? newRunFolder(settings, new Date());
  if (place === null || place.rank === 0) {
    if (resume === undefined && !seeds) checkRunFolder(ownFolder);
    requireUnlocked(ownFolder);
  }
  const ownPort = portOf(invocation.options);
  if (seeds && (place !== null || processes > 1))
    throw new UsageError('--seeds trains in one process, one seed after the other: leave --processes out');
  if (place === null && processes > 1) {
    const { trainInProcesses } = require('./processes') as typeof import('./processes');
    const { batch, device } = settings;
    return trainInProcesses({ processes, device, batch, argv }, { host });
  }
  // Only now: --help and wrong calls need neither LibTorch nor the data.
  const { runTraining } = require('./train-run') as typeof import('./train-run');
  const { terminal } = invocation;
  const member = place === null ? undefined : joinTraining(place, { settings, folder: ownFolder });
  const folder = member?.folder ?? ownFolder;
  const port = place === null || place.rank === 0 ? ownPort : undefined;
  for (const note of notes) terminal.warn(note);
  return shown({ folder, port, terminal }, (onNote) => {
    if (seeds) {
      const { runSeeds } = require('./train-seeds') as typeof import('./train-seeds');
      return runSeeds({ recipe, settings, folder, evaluation, seeds, onNote }, { host, terminal });
    }
    return runTraining(
      {
        recipe,
        settings,
        folder,
        resume: resume !== undefined,
        resumeStep,
        profile,
        precision,
        evaluation,
        changes,
        onNote,
        member,
      },
      { host, terminal },
    );
  });
}

/** Tells what to train. */
function adviseOn({ options, terminal }: Invocation, given: Given): Promise<number> {
  const { advise, readAdviseSettings } = require('./advise') as typeof import('./advise');
  const { advise: minutes, resume, serve, seeds, processes } = options;
  const settings = readAdviseSettings(given, { advise: minutes, resume, serve, seeds, processes });
  return advise(settings, { recipes, terminal });
}

/** Trains, with a page of the run in a browser meanwhile where `--serve` asks for one. */
async function shown(
  {
    folder,
    port,
    terminal,
  }: { readonly folder: string; readonly port: number | undefined; readonly terminal: Terminal },
  train: (onNote?: OnNote) => Promise<number>,
): Promise<number> {
  if (port === undefined) return train();
  const { TrainingPage } = require('./training-page') as typeof import('./training-page');
  const page = await TrainingPage.open({ folder, port, terminal });
  try {
    return await train((run, note) => page.tell(run, note));
  } catch (error) {
    page.tell(folder, messageOf(error));
    throw error;
  } finally {
    await page.close();
  }
}

/** Loads what joins a group: a training in one process needs none of it. */
function joinTraining(...asked: Parameters<typeof import('./join-training').joinTraining>) {
  return (require('./join-training') as typeof import('./join-training')).joinTraining(...asked);
}

/** The port of `--serve`; 0 where it names none, undefined without it. @throws UsageError for what is no port */
function portOf({ serve }: Invocation['options']): number | undefined {
  if (serve === undefined) return undefined;
  return serve === true ? 0 : readConfig({ serve: serveFields.port }, [flagSource({ serve })]).serve;
}

/** The seeds of several trainings; undefined for one. @throws UsageError beside flags of one training */
function seedsOf({ seeds, seed, resume, profile }: Invocation['options']): readonly number[] | undefined {
  if (typeof seeds !== 'string') return undefined;
  const other = Object.entries({ seed, resume, profile }).find(([, value]) => value !== undefined);
  if (other)
    throw new UsageError(
      `--seeds is of several trainings, but --${other[0]} is of one: leave one of the two out`,
    );
  return parseSeeds(seeds);
}
