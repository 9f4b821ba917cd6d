import type { GanError } from '../../errors';
import type { Failure } from '../safetensors-header';
import { SAVE_AGAIN } from './failure';
import { PickleBytesReader } from './pickle-bytes';
import { kindOf, PickleDict, PickleGlobal, PickleList, PickleTuple, type PickleValue } from './values';

/** The most lists, tuples, dicts, names and results of calls that it makes. */
const MAX_OBJECTS = 500_000;

/** What names, calls and persistent ids in a pickle mean; each throws for what is not allowed. */
export interface PickleMeaning {
  global(name: string): PickleValue;
  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue;
  persistent(id: PickleValue): PickleValue;
}

/** The stack, marks and memo that operations of a pickle work on. */
export class PickleMachine {
  /** Numbers and texts of the operation at hand. */
  readonly bytes: PickleBytesReader;
  readonly #meaning: PickleMeaning;
  readonly #fail: Failure;
  #stack: PickleValue[] = [];
  #marks: number[] = [];
  #memo = new Map<number, PickleValue>();
  #objects = 0;

  constructor(bytes: Uint8Array, meaning: PickleMeaning, fail: Failure) {
    this.bytes = new PickleBytesReader(bytes, fail);
    this.#meaning = meaning;
    this.#fail = fail;
  }

  /** Forgets what lies on the stack and in the memo: the next pickle has its own. */
  restart(): void {
    this.#stack = [];
    this.#marks = [];
    this.#memo = new Map();
  }

  /** The value that a pickle ends with. */
  result(): PickleValue {
    return this.#pop();
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** Pushes what is new and takes memory. */
  make(value: PickleValue): void {
    if (++this.#objects > MAX_OBJECTS) throw this.#fail(`its pickle makes more than ${MAX_OBJECTS} objects`);
    this.push(value);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes what lies above the last mark. */
  popMarked(): PickleValue[] {
    const start = this.#marks.pop();
    if (start === undefined || start > this.#stack.length) throw this.#damaged();
    return this.#stack.splice(start);
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  memoize(index: number = this.#memo.size): void {
    this.#memo.set(index, this.#top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#damaged();
    this.push(value);
  }

  append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList)) throw this.#damaged();
    for (const item of items) list.items.push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict) || items.length % 2 !== 0) throw this.#damaged();
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i], items[i + 1]);
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.#damaged();
    this.make(this.#meaning.global(`${module}.${name}`));
  }

  call(): void {
    const [callee, args] = this.popMany(2);
    if (!(args instanceof PickleTuple)) throw this.#damaged();
    if (!(callee instanceof PickleGlobal))
      throw this.#fail(`its pickle calls ${kindOf(callee)}, which is no function: it is damaged`);
    this.make(this.#meaning.call(callee, args.items));
  }

  /** Attributes, which an OrderedDict has beside its entries and which are left out; those of anything else are an error. */
  build(): void {
    const [object, state] = this.popMany(2);
    if (!(object instanceof PickleDict) || !(state instanceof PickleDict))
      throw this.#fail(`its pickle sets attributes of ${kindOf(object)}: ${SAVE_AGAIN}`);
    this.push(object);
  }

  persistent(): void {
    this.make(this.#meaning.persistent(this.#pop()));
  }

  protocol(version: number): void {
    if (version > 5) throw this.#fail(`expected a pickle of protocol 5 at most, but it is of ${version}`);
  }

  #pop(): PickleValue {
    // What lies below a mark is not the operation's.
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.#damaged();
    return this.#stack.pop() as PickleValue;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.#damaged();
    return value;
  }

  #damaged(): GanError {
    return this.#fail(`its pickle is damaged before byte ${this.bytes.position}`);
  }
}
