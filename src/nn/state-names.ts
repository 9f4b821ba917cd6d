import { UsageError } from '../errors';
import type { Tensor } from '../tensor/tensor';
import { isParameter } from './parameter';

/** A module, as far as its tree goes. */
interface Tree {
  namedChildren(): [string, Tree][];
}

/** Checks that no module is below itself: names of its tensors would have no end. @throws UsageError */
export function refuseCycle(root: Tree): void {
  const above: Tree[] = [];
  const seen = new Set<Tree>();
  const visit = (module: Tree, path: string): void => {
    if (above.includes(module))
      throw new UsageError(
        `${root.constructor.name} expects no module below itself, but its field ${path} is a module that holds it: keep that in a #private field, which is not seen`,
      );
    if (seen.has(module)) return;
    seen.add(module);
    above.push(module);
    for (const [field, child] of module.namedChildren())
      visit(child, path === '' ? field : `${path}.${field}`);
    above.pop();
  };
  visit(root, '');
}

/**
 * Checks that no two tensors have one name: a state would hold one of them, and the other would be lost.
 *
 * @param named the tensors by PyTorch's names
 * @param written the same by fields and buffers as they are written; asked for the error alone
 * @throws UsageError that tells both
 */
export function refuseSharedNames(
  owner: string,
  named: readonly (readonly [string, Tensor])[],
  written: () => readonly (readonly [string, Tensor])[],
): void {
  const places = new Map<string, number>();
  for (const [place, [name, tensor]] of named.entries()) {
    const before = places.get(name) ?? place;
    places.set(name, before);
    if (named[before][1] === tensor) continue;
    const both = [before, place].map((at) => sourceOf(written()[at]));
    throw new UsageError(
      `${owner} expects a name of its own for each tensor but ${both.join(' and ')} are both ${name} in a state: rename one of them`,
    );
  }
}

function sourceOf([path, tensor]: readonly [string, Tensor]): string {
  return `${isParameter(tensor) ? 'the parameter' : 'the buffer'} ${path}`;
}
