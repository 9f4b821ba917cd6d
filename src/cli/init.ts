import { existsSync } from 'node:fs';
import { hasCode, messageOf, UsageError } from '../errors';
import { fittedText, type Initialisation, renamedTexts, unfittedTexts } from '../training/initialisation';
import { initialise } from '../training/initialise';
import type { Model } from '../training/model';
import { readWeights, type Weights } from '../training/weights';
import type { Terminal } from './terminal';

/** What `--init` names: weights, and the one network that they are for. */
export interface InitialWeights {
  readonly weights: Weights;
  /** Undefined for all that fit. */
  readonly network: string | undefined;
  /** As `--init` names them. */
  readonly named: string;
}

/**
 * Reads what `--init` names: a run, a checkpoint or a file, and perhaps `:NETWORK`.
 *
 * @param source.key the entry of a file that holds the tensors
 * @throws GanError and UsageError as `readWeights`
 */
export async function readInitial(
  { init, key }: { readonly init: string; readonly key: string | undefined },
  terminal: Terminal,
): Promise<InitialWeights> {
  const { path, network } = splitNetwork(init);
  const weights = await readWeights(path, { key });
  for (const note of weights.notes) terminal.warn(note);
  return { weights, network, named: init };
}

/** `PATH:NETWORK` in its parts; a path that is there may have a colon of its own. */
export function splitNetwork(named: string): {
  readonly path: string;
  readonly network: string | undefined;
} {
  const [, path, network] = /^(.+):([A-Za-z][\w-]*)$/.exec(named) ?? [];
  return existsSync(named) || path === undefined ? { path: named, network: undefined } : { path, network };
}

/** Loads initial weights into a model. @throws GanError as `initialise`; the networks are then released */
export async function startFrom(
  { weights, network, named }: InitialWeights,
  model: Model,
): Promise<Initialisation> {
  try {
    return await initialise(model, weights, { network });
  } catch (error) {
    for (const module of Object.values(model.networks)) module.dispose();
    throw hasCode(error, 'ERR_USAGE')
      ? new UsageError(`--init ${named}: ${messageOf(error)}`, { cause: error })
      : error;
  }
}

/** Says what fitted, and warns of what did not. */
export function tellInitialisation(report: Initialisation, terminal: Terminal): void {
  terminal.log(`${'init'.padEnd(11)}${fittedText(report)}`);
  for (const text of renamedTexts(report)) terminal.log(`${'renamed'.padEnd(11)}${text}`);
  for (const text of unfittedTexts(report)) terminal.warn(`--init: ${text}`);
}
