import { native } from '../native/addon';
import type { Handles } from '../native/types';
import type { Tensor } from './tensor';

/**
 * Runs `body`, and takes back, bit for bit, what it did to some tensors where the condition that it returns (bool, one element) holds: never without one. The
 * host does not wait for the condition, and a captured graph goes by what it holds at each replay. Of each tensor there is a copy meanwhile.
 *
 * @param lists the tensors' handles; they keep their versions when they are taken back, so graphs that hold them stay usable
 */
export function undoWhere(lists: readonly Handles[], body: () => Tensor | undefined): void {
  const copies = lists.map((list) => native().copyAll(list));
  try {
    const condition = body();
    if (condition)
      for (const [i, list] of lists.entries()) native().restoreWhere(condition.handle, list, copies[i]);
  } finally {
    native().release(copies.flat());
  }
}
