import type { ProfileEvent } from '../../src/tensor/profiler';

let numbered = 0;

/** An event of a made-up profile: an operator on thread 1 from `start` to `end` ms, unless said otherwise. */
export function event(
  name: string,
  [start, end]: readonly [start: number, end: number],
  more: Partial<ProfileEvent> = {},
): ProfileEvent {
  return {
    kind: 'op',
    name,
    inputs: '',
    thread: 1,
    start,
    duration: end - start,
    id: ++numbered,
    cause: 0,
    ...more,
  };
}

/** A span of a made-up profile. */
export function spanEvent(name: string, times: readonly [start: number, end: number]): ProfileEvent {
  return event(name, times, { kind: 'span' });
}
