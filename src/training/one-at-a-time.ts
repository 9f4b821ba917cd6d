import { UsageError } from '../errors';

/** Trainers whose `fit` has begun and not ended. */
const running = new WeakSet<object>();

/** What a trainer's `fit` yields, unless another of its own is still at work: both would do steps of one count. @throws UsageError */
export async function* oneAtATime<T>(
  trainer: object,
  begin: () => AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  if (running.has(trainer))
    throw new UsageError(
      'fit expected a trainer that is not training but another fit of it has not ended: read that one to its end, or leave its loop with break',
    );
  running.add(trainer);
  try {
    yield* begin();
  } finally {
    running.delete(trainer);
  }
}
