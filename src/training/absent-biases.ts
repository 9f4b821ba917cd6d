import type { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Initialisation, InitialisedNetwork } from './initialisation';
import type { Networks } from './phase';

/** What a weight is called beside its bias. */
const WEIGHTS = ['weight', 'parametrizations.weight.original'];

/**
 * Sets biases to 0 that a source lacks beside a weight that it has: its layers compute the same without one.
 *
 * @returns the report with these among `zeroed`, and no longer among what is missing
 */
export function zeroAbsentBiases(networks: Networks, init: Initialisation): Initialisation {
  const reports = Object.entries(init.networks).map(([name, report]) => {
    const zeroed = absentBiases(networks[name], report);
    if (zeroed.length === 0) return [name, report] as const;
    zero(networks[name], zeroed);
    const missing = report.missing.filter((tensor) => !zeroed.includes(tensor));
    return [name, { ...report, missing, zeroed }] as const;
  });
  return { ...init, networks: Object.fromEntries(reports) };
}

function absentBiases(network: Module, { missing, otherShape, parted }: InitialisedNetwork): string[] {
  const kept = new Set([...missing, ...parted, ...Object.keys(otherShape)]);
  const names = new Set(network.namedParameters().map(([name]) => name));
  return missing.filter((name) => {
    const layer = /^(.*\.)?bias$/.exec(name);
    if (!layer || !names.has(name)) return false;
    return WEIGHTS.map((weight) => `${layer[1] ?? ''}${weight}`).some(
      (weight) => names.has(weight) && !kept.has(weight),
    );
  });
}

function zero(network: Module, names: readonly string[]): void {
  scope(() =>
    noGrad(() => {
      for (const [name, parameter] of network.namedParameters()) if (names.includes(name)) parameter.zero_();
    }),
  );
}
