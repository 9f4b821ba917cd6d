import { releasingIntermediates } from '../nn/intermediates';
import { rememberModes } from '../nn/modes';
import type { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { getRngState, manualSeed, setRngState } from '../tensor/random';

/**
 * How the layers of a trained model behave in use. `running`: batch norms take their running statistics, dropout passes everything on.
 * `image`: batch norms take the statistics of the image itself and dropout stays on, as in training (Isola et al. 2017); the
 * statistics do not move.
 */
export type Norms = 'running' | 'image';

/** Where and how {@link evaluating} runs networks. */
export interface EvaluatingOptions {
  readonly device: string;
  /** (`running`) */
  readonly norms?: Norms;
  /** Of the numbers that dropout draws (those of the default generator). */
  readonly seed?: number;
}

/**
 * Runs `body` with networks as they are used, without a trace: the modes of all their modules, batch statistics and random states are
 * afterwards as they were.
 */
export function evaluating<T>(
  networks: readonly Module[],
  { device, norms = 'running', seed }: EvaluatingOptions,
  body: () => T,
): T {
  const restoreModes = rememberModes(networks);
  const random = [...new Set(['cpu', device])].map((name) => [getRngState(name), name] as const);
  const thawed = norms === 'image' ? networks.filter((network) => !network.frozen) : [];
  for (const network of networks) network.train(norms === 'image');
  for (const network of thawed) network.freeze();
  try {
    if (seed !== undefined) manualSeed(seed);
    return noGrad(() => releasingIntermediates(body));
  } finally {
    for (const network of thawed) network.unfreeze();
    restoreModes();
    for (const [state, name] of random) setRngState(state, name);
  }
}
