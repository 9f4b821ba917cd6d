import { createHash } from 'node:crypto';
import type { Module } from '../../nn/module';
import { scope } from '../../tensor/scope';

/**
 * The sha256 of a module's state dict, in lower-case hexadecimal: of every tensor's name, dtype, shape and bytes in the order of the
 * names; of several modules, one after the other. The same weights have the same hash on every device and in every file format.
 */
export function stateSha256(...modules: readonly Module[]): string {
  return scope(() => {
    const hash = createHash('sha256');
    const sorted = (module: Module) =>
      Object.entries(module.stateDict()).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, tensor] of modules.flatMap(sorted)) {
      hash.update(`${JSON.stringify([name, tensor.dtype, tensor.shape])}\n`);
      hash.update(tensor.toBytes());
    }
    return hash.digest('hex');
  });
}
