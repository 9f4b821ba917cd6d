import type { Module } from '../nn/module';
import type { DeviceRates } from '../optim/device-rates';
import type { Optimizer } from '../optim/optimizer';
import type { Tensor } from '../tensor/tensor';
import { handlesOf } from '../tensor/wrap';
import { GradientGuard } from './gradient-guard';
import type { Networks, Phase } from './phase';
import { trains } from './plan';

/** A phase with what it works on. */
export interface PhaseRun extends Phase {
  /** The networks it trains, and those it leaves alone; networks that the user has frozen are among neither. */
  readonly trained: readonly Module[];
  readonly frozen: readonly Module[];
  /** Those of the networks it trains. */
  readonly parameters: readonly Tensor[];
  readonly running: Optimizer;
  /** Its learning rates on the device, where steps are counted apart from the work: on CUDA. */
  readonly rates?: DeviceRates;
  /** Looks at its gradients before each update. */
  readonly guard: GradientGuard;
  /** What a run of it may change beside the optimizer's: buffers of all networks, and all parameters where it has a `before`. */
  readonly touched: Int32Array;
}

/** Phases with their networks. Those that hold the same optimizer and train the same networks share its state: lazy R1 and D. */
export function runningPhases(
  phases: readonly Phase[],
  networks: Networks,
  { device, ratesOnDevice }: { readonly device: string; readonly ratesOnDevice: boolean },
): PhaseRun[] {
  const names = Object.keys(networks).filter((name) => !networks[name].frozen);
  const runs: PhaseRun[] = [];
  for (const phase of phases) {
    const trained = names.filter((name) => trains(phase, name)).map((name) => networks[name]);
    const frozen = names.filter((name) => !trains(phase, name)).map((name) => networks[name]);
    const shared = runs.find(
      (other) =>
        other.optimizer === phase.optimizer &&
        other.trained.length === trained.length &&
        other.trained.every((network) => trained.includes(network)),
    );
    const parameters = trained.flatMap((network) => network.parameters());
    const running = shared?.running ?? phase.optimizer(parameters);
    const rates = ratesOnDevice ? { rates: running.deviceRates() } : {};
    const guard = new GradientGuard(device);
    const touched = touchedBy(phase, networks);
    runs.push({ ...phase, trained, frozen, parameters, running, guard, touched, ...rates });
  }
  return runs;
}

function touchedBy({ before }: Phase, networks: Networks): Int32Array {
  const all = Object.values(networks);
  const tensors: Tensor[] = all.flatMap((network) => network.buffers());
  if (before) tensors.push(...all.flatMap((network) => network.parameters()));
  return Int32Array.from(handlesOf([...new Set(tensors)]));
}
