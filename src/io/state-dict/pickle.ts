import type { Failure } from '../safetensors-header';
import { SAVE_AGAIN } from './failure';
import { operationName } from './operation-names';
import { PickleMachine, type PickleMeaning } from './pickle-machine';
import { PickleBytes, PickleDict, PickleList, PickleTuple, type PickleValue } from './values';

/** The most bytes of a pickle that are read: it holds names and shapes; the numbers of tensors lie beside it. */
export const MAX_PICKLE_BYTES = 64 << 20;
/** The most operations of a pickle, which bound its memory: a tensor takes about forty. */
const MAX_OPERATIONS = 4_000_000;

/**
 * Reads pickles without Python. It is a stack machine that knows the operations that dicts of tensors need, and makes plain values: names of
 * classes and functions stay names, and what a call of one gives is said by a {@link PickleMeaning}, so that nothing in a file can run.
 * Operations, objects and bytes are bounded.
 */
export class PickleReader {
  readonly #machine: PickleMachine;
  readonly #fail: Failure;
  #operations = 0;

  constructor(bytes: Uint8Array, meaning: PickleMeaning, fail: Failure) {
    this.#machine = new PickleMachine(bytes, meaning, fail);
    this.#fail = fail;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#machine.bytes.position;
  }

  /**
   * The next pickle.
   *
   * @throws PickleCutOff where the bytes end before it does, and what `fail` makes for all else that it should not be
   */
  read(): PickleValue {
    const machine = this.#machine;
    machine.restart();
    for (;;) {
      if (++this.#operations > MAX_OPERATIONS)
        throw this.#fail(`its pickle takes more than ${MAX_OPERATIONS} operations`);
      const code = machine.bytes.byte();
      if (code === STOP) return machine.result();
      const operation = OPERATIONS.get(code);
      if (operation === undefined)
        throw this.#fail(
          `its pickle has the operation ${operationName(code)} at byte ${this.position - 1}, which no dict of tensors needs: it is damaged, or holds other objects; ${SAVE_AGAIN}`,
        );
      operation(machine);
    }
  }
}

type Operation = (machine: PickleMachine) => void;

const STOP = 0x2e;

/** The operations by their byte; those of protocol 2, which PyTorch writes, and what stands for them in later ones, but for lengths above 4 GB. */
const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x80, (machine) => machine.protocol(machine.bytes.byte())],
  // FRAME: only says how many bytes come.
  [0x95, ({ bytes }) => bytes.skip(8)],
  [byteOf('('), (machine) => machine.mark()],
  [byteOf('N'), (machine) => machine.push(null)],
  [0x88, (machine) => machine.push(true)],
  [0x89, (machine) => machine.push(false)],
  [byteOf('K'), (machine) => machine.push(machine.bytes.byte())],
  [byteOf('M'), (machine) => machine.push(machine.bytes.uint16())],
  [byteOf('J'), (machine) => machine.push(machine.bytes.int32())],
  [0x8a, (machine) => machine.push(machine.bytes.long(machine.bytes.byte()))],
  [byteOf('G'), (machine) => machine.push(machine.bytes.float64())],
  [byteOf('U'), (machine) => machine.push(machine.bytes.text(machine.bytes.byte()))],
  [byteOf('T'), (machine) => machine.push(machine.bytes.text(machine.bytes.uint32()))],
  [byteOf('X'), (machine) => machine.push(machine.bytes.text(machine.bytes.uint32()))],
  [0x8c, (machine) => machine.push(machine.bytes.text(machine.bytes.byte()))],
  [byteOf('C'), (machine) => skipBytes(machine, machine.bytes.byte())],
  [byteOf('B'), (machine) => skipBytes(machine, machine.bytes.uint32())],
  [byteOf('}'), (machine) => machine.make(new PickleDict())],
  [byteOf(']'), (machine) => machine.make(new PickleList())],
  [byteOf(')'), (machine) => machine.make(new PickleTuple([]))],
  [byteOf('t'), (machine) => machine.make(new PickleTuple(machine.popMarked()))],
  [0x85, (machine) => machine.make(new PickleTuple(machine.popMany(1)))],
  [0x86, (machine) => machine.make(new PickleTuple(machine.popMany(2)))],
  [0x87, (machine) => machine.make(new PickleTuple(machine.popMany(3)))],
  [byteOf('a'), (machine) => machine.append(machine.popMany(1))],
  [byteOf('e'), (machine) => machine.append(machine.popMarked())],
  [byteOf('s'), (machine) => machine.setItems(machine.popMany(2))],
  [byteOf('u'), (machine) => machine.setItems(machine.popMarked())],
  [byteOf('q'), (machine) => machine.memoize(machine.bytes.byte())],
  [byteOf('r'), (machine) => machine.memoize(machine.bytes.uint32())],
  [0x94, (machine) => machine.memoize()],
  [byteOf('h'), (machine) => machine.recall(machine.bytes.byte())],
  [byteOf('j'), (machine) => machine.recall(machine.bytes.uint32())],
  [byteOf('c'), (machine) => machine.global(machine.bytes.line(), machine.bytes.line())],
  [
    0x93,
    (machine) => {
      const [module, name] = machine.popMany(2);
      machine.global(module, name);
    },
  ],
  [byteOf('R'), (machine) => machine.call()],
  [byteOf('b'), (machine) => machine.build()],
  [byteOf('Q'), (machine) => machine.persistent()],
]);

function byteOf(character: string): number {
  return character.charCodeAt(0);
}

function skipBytes(machine: PickleMachine, length: number): void {
  machine.bytes.skip(length);
  machine.make(new PickleBytes(length));
}
