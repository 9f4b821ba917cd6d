import type { Handle } from '../native/types';
import type { Module } from '../nn/module';

/** Names of parameters and buffers by their handles: the network’s, then PyTorch’s. */
export function weightNames(networks: Readonly<Record<string, Module>>): ReadonlyMap<Handle, string> {
  const named = Object.entries(networks).flatMap(([root, network]) =>
    [...network.namedParameters(), ...network.namedBuffers()].map(
      ([name, { handle }]) => [handle, `${root}.${name}`] as const,
    ),
  );
  return new Map(named);
}
