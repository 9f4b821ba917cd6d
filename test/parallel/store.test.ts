import { Meetings, type Store } from '../../src/parallel/store';
import { failure } from '../support/failure';

/** A store in memory. */
class Memory implements Store {
  readonly texts = new Map<string, string>();

  get(key: string): string {
    return this.texts.get(key) ?? '';
  }

  set(key: string, value: string): void {
    this.texts.set(key, value);
  }

  delete(key: string): void {
    this.texts.delete(key);
  }
}

let store: Memory;

beforeEach(() => {
  store = new Memory();
});

/** One of two members, who waits for nobody. */
function member(rank: number, patience = 0): Meetings {
  return new Meetings(store, { rank, size: 2, patience });
}

/** Rank 1 has come to a call. */
function came(call: number, name: string, text = ''): void {
  store.set(`call/${call}/1`, JSON.stringify([name, text]));
}

test('a store that does not answer is rank 0’s, which is named', () => {
  const first = member(1);
  store.get = () => {
    throw new Error('Connection reset by peer\nframes');
  };
  expect(() => first.meet('barrier')).toThrow(
    failure('ERR_PARALLEL', 'rank 0, where the processes meet, does not answer: Connection reset by peer'),
  );
});

test('one that does not come is named, with what it did last', () => {
  const first = member(0);
  member(1).enter('phase D');
  expect(() => first.meet('barrier')).toThrow(
    failure(
      'ERR_PARALLEL',
      'rank 1 did not come to barrier within 0 s: it was last seen in phase D, which it began 0 s ago',
    ),
  );
});

test('one that nobody has seen is named all the same', () => {
  expect(() => member(0).meet('barrier')).toThrow(failure('ERR_PARALLEL', 'it was last seen in nothing'));
});

test('one that left is named with its exit code', () => {
  const first = member(0, 60);
  const second = member(1);
  second.enter('phase G');
  second.leave(3);
  expect(() => first.meet('barrier')).toThrow(
    failure('ERR_PARALLEL', 'expected rank 1 at barrier but it ended with exit code 3: it was in phase G'),
  );
});

test('one that comes to another call is named, with both calls', () => {
  came(1, 'gather');
  expect(() => member(0, 60).meet('barrier')).toThrow(
    failure(
      'ERR_PARALLEL',
      'expected all to come to the same call, but rank 1 came to gather and rank 0 to barrier: every process must call the same in the same order',
    ),
  );
});

test('one that said it needs longer is waited for', () => {
  const first = member(0);
  member(1).enter('checkpoint', 60);
  let asked = 0;
  const { get } = store;
  store.get = (key) => {
    if (key === 'call/1/1' && ++asked === 3) came(1, 'barrier');
    return get.call(store, key);
  };
  first.meet('barrier');
  expect(asked).toBe(3);
});

test('texts come in the order of ranks', () => {
  came(1, 'gather', 'second');
  expect(member(0).meet('gather', 'first')).toEqual(['first', 'second']);
});

test('what all have read is taken out of the store', () => {
  const first = member(0);
  for (const call of [1, 2, 3]) {
    came(call, 'barrier');
    first.meet('barrier');
  }
  const own = [...store.texts.keys()].filter((key) => /^call\/.*\/0$/.test(key));
  expect(own).toEqual(['call/2/0', 'call/3/0']);
});

test('time in meetings is counted, and counted anew', () => {
  came(1, 'barrier');
  const first = member(0);
  first.meet('barrier');
  expect(first.takeWaited()).toBeGreaterThan(0);
  expect(first.takeWaited()).toBe(0);
});
