import type { Networks, Phase } from './phase';
import { trains } from './plan';
import type { RunningPhase } from './step';

/** Phases with their networks. Those that hold the same optimizer and train the same networks share its state: lazy R1 and D. */
export function runningPhases(phases: readonly Phase[], networks: Networks): RunningPhase[] {
  const names = Object.keys(networks);
  const running: RunningPhase[] = [];
  for (const phase of phases) {
    const trained = names.filter((name) => trains(phase, name)).map((name) => networks[name]);
    const frozen = names.filter((name) => !trains(phase, name)).map((name) => networks[name]);
    const shared = running.find(
      (other) =>
        other.phase.optimizer === phase.optimizer &&
        other.trained.length === trained.length &&
        other.trained.every((network) => trained.includes(network)),
    );
    const parameters = trained.flatMap((network) => network.parameters());
    const optimizer = shared?.optimizer ?? phase.optimizer(parameters);
    const { name, every, repeat } = phase;
    running.push({
      name,
      phase,
      trains: phase.trains,
      every,
      repeat,
      trained,
      frozen,
      parameters,
      optimizer,
    });
  }
  return running;
}
