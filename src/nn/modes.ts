import type { Module } from './module';

/**
 * Remembers whether each module of some networks is training: parts of a network may be at rest while others train.
 *
 * @returns puts every module back into the mode it had
 */
export function rememberModes(networks: readonly Module[]): () => void {
  const modes = networks.flatMap((network) =>
    network.modules().map((module) => [module, module.training] as const),
  );
  return () => {
    // Parents first: each sets its children, which then set themselves.
    for (const [module, mode] of modes) module.train(mode);
  };
}
