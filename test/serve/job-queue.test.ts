import { JobQueue } from '../../src/serve/job-queue';
import { failure } from '../support/failure';

/** A job that ends when it is told to. */
function held() {
  let release = () => {};
  const job = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { job: () => job, release };
}

test('a full queue, one that is closed and one that takes too long refuse', async () => {
  const queue = new JobQueue({ most: 1, waitMs: 10 });
  const { job, release } = held();
  const first = queue.add(job);
  const second = queue.add(async () => 2);
  await expect(queue.add(async () => 3)).rejects.toThrow(failure('ERR_REFUSED', '1 requests wait already'));
  await expect(second).rejects.toThrow(failure('ERR_REFUSED', 'waited for 0.01 s: come again later'));
  const third = queue.add(async () => 3);
  queue.close('the end');
  await expect(third).rejects.toThrow(failure('ERR_REFUSED', 'the end'));
  await expect(queue.add(async () => 4)).rejects.toThrow(failure('ERR_REFUSED', 'the end'));
  release();
  await first;
});

test('jobs are done one at a time, in their order, whatever became of those before', async () => {
  const queue = new JobQueue({ most: 10, waitMs: 60_000 });
  const done: string[] = [];
  let atOnce = 0;
  const job = (name: string) => async () => {
    atOnce++;
    expect(atOnce).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    done.push(name);
    atOnce--;
    if (name === 'b') throw new Error('b fails');
  };
  const all = ['a', 'b', 'c', 'd'].map((name) => queue.add(job(name)));
  await Promise.allSettled(all);
  await queue.add(job('e'));
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('who leaves the queue is not waited for, and not worked for', async () => {
  const queue = new JobQueue({ most: 10, waitMs: 60_000 });
  const { job, release } = held();
  const first = queue.add(job);
  const leaving = new AbortController();
  const work = jest.fn();
  const second = queue.add(work, leaving.signal);
  const third = queue.add(async () => 'third');
  leaving.abort();
  await expect(second).rejects.toThrow(failure('ERR_REFUSED', 'the client has gone'));
  expect(queue.length).toBe(1);
  release();
  await first;
  expect(await third).toBe('third');
  expect(work).not.toHaveBeenCalled();
});

test('who has left before the queue was asked does not enter it', async () => {
  const queue = new JobQueue({ most: 10, waitMs: 60_000 });
  const work = jest.fn();
  await expect(queue.add(work, AbortSignal.abort())).rejects.toThrow(
    failure('ERR_REFUSED', 'the client has gone'),
  );
  expect(work).not.toHaveBeenCalled();
});

test('with two at once a second begins while the first is in work, and a third when one has ended', async () => {
  const queue = new JobQueue({ most: 10, waitMs: 60_000, atOnce: 2 });
  const [first, second] = [held(), held()];
  const begun: string[] = [];
  const all = [first, second].map(({ job }, at) =>
    queue.add(() => {
      begun.push(`${at}`);
      return job();
    }),
  );
  const third = queue.add(async () => begun.push('2'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(['0', '1']);
  expect(queue.length).toBe(1);
  second.release();
  await third;
  expect(begun).toEqual(['0', '1', '2']);
  first.release();
  await Promise.all(all);
  await queue.add(async () => begun.push('3'));
  expect(begun.at(-1)).toBe('3');
});
