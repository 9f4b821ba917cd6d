import { ThreadChoice } from '../../src/cli/thread-choice';
import { tensor } from '../../src/tensor/create';
import { setThreads, threads } from '../../src/tensor/device';
import type { Tensor } from '../../src/tensor/tensor';

const MODEL = { device: 'cpu' };

/** Makes images in a time that its number of threads says, and remembers with how many. */
function maker(milliseconds: (threads: number) => number, value: (threads: number) => number = () => 1) {
  let time = 0;
  const used: number[] = [];
  const choice = new ThreadChoice(() => time);
  const make = (): Tensor => {
    used.push(threads());
    time += milliseconds(threads());
    return tensor([value(threads())]);
  };
  const ask = (times: number, kind = '16', model = MODEL) =>
    Array.from({ length: times }, () => {
      const images = choice.make(model, kind, make);
      const [first] = images.toArray() as number[];
      images.dispose();
      return first;
    });
  return { ask, used };
}

describe('the choice of threads', () => {
  const before = threads();
  beforeEach(() => setThreads(2));
  afterAll(() => setThreads(before));

  test('an error of the model passes, and nothing is remembered', () => {
    const choice = new ThreadChoice();
    const fails = () => {
      throw new Error('no image');
    };
    for (let time = 0; time < 2; time++) expect(() => choice.make(MODEL, '1', fails)).toThrow('no image');
    expect(threads()).toBe(2);
  });

  test('images are there also where one thread fails, and the threads are as they were', () => {
    const { ask, used } = maker(
      () => 1,
      (count) => {
        if (count === 1) throw new Error('on one');
        return count;
      },
    );
    expect(ask(20)).toEqual(Array(20).fill(2));
    expect(used.filter((count) => count === 1)).toHaveLength(1);
    expect(threads()).toBe(2);
  });

  test('images whose bits one thread would change are always made by all', () => {
    const { ask, used } = maker(
      (count) => count,
      (count) => count,
    );
    expect(ask(50)).toEqual(Array(50).fill(2));
    expect(used.filter((count) => count === 1)).toHaveLength(1);
  });

  test.each([
    ['one thread', 1, (count: number) => count],
    ['all threads', 2, (count: number) => 3 - count],
  ])('%s are taken where they are quicker, and the others are tried again at times', (_, quicker, time) => {
    const { ask, used } = maker(time);
    ask(200);
    const later = used.slice(20);
    expect(later.filter((count) => count === quicker).length / later.length).toBeGreaterThan(0.95);
    expect(later).toContain(3 - quicker);
    expect(threads()).toBe(2);
  });

  test('what becomes quicker later is found', () => {
    let isBusy = false;
    const { ask, used } = maker((count) => (isBusy ? count : 3 - count));
    ask(100);
    isBusy = true;
    ask(100);
    used.splice(0);
    ask(64);
    expect(used.filter((count) => count === 1).length).toBeGreaterThan(60);
  });

  test('each kind is compared for itself', () => {
    const { ask, used } = maker(() => 1);
    ask(2, '3');
    ask(2, '16');
    expect(used).toEqual([2, 2, 1, 2, 2, 1]);
  });

  test('what takes long is made by all threads, and compared when it takes a moment', () => {
    let isBusy = true;
    const { ask, used } = maker((count) => (isBusy ? 100 : count));
    ask(20);
    expect(used).toEqual(Array(20).fill(2));
    isBusy = false;
    ask(1);
    expect(used.slice(20)).toEqual([2, 1]);
  });

  test('the slower way is tried the more rarely the slower it is', () => {
    const { ask, used } = maker((count) => (count === 1 ? 40 : 2));
    ask(20);
    used.splice(0);
    ask(600);
    expect(used.filter((count) => count === 1)).toHaveLength(0);
    ask(100);
    expect(used.filter((count) => count === 1)).toHaveLength(1);
  });

  test('beside a GPU, and with one thread, nothing is tried', () => {
    const { ask, used } = maker(() => 1);
    ask(3, '16', { device: 'cuda:0' });
    setThreads(1);
    ask(3);
    expect(used).toEqual([2, 2, 2, 1, 1, 1]);
  });
});
