import type { ProcessGroup } from '../parallel/group';

/** How many seconds others wait for what one of them does alone: a disk may be slow, and an evaluation takes its time. */
const LONG = 3_600;

/**
 * Does what takes the first of several processes longer than the others: all wait for it at its end. In a reduction of the next step GPUs would
 * wait for each other, and NCCL would end them at its own deadline, whatever was announced.
 */
export async function waitedFor<T>(
  group: ProcessGroup,
  activity: string,
  body: () => Promise<T>,
): Promise<T> {
  group.enter(activity, LONG);
  const result = await body();
  group.barrier();
  return result;
}
