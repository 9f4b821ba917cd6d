import { readFileSync } from 'node:fs';

/** Two pages, of the largest that Linux has. */
const LEAST_ROOM = 2 * 65_536;

/** Whether another mapping begins right behind the heap, by the text of `/proc/PID/maps`: V8 puts its code there now and then. */
export function heapIsFull(maps: string): boolean {
  const lines = maps.split('\n');
  const heap = lines.findIndex((line) => line.endsWith('[heap]'));
  if (heap < 0) return false;
  const [, end] = edgesOf(lines[heap]);
  const [next] = edgesOf(lines[heap + 1] ?? '');
  return next - end < LEAST_ROOM;
}

/** `start-end …` in hexadecimal; NaN for something else. */
function edgesOf(line: string): [start: number, end: number] {
  const [start, end] = line.split(' ', 1)[0].split('-');
  return [Number.parseInt(start, 16), Number.parseInt(end, 16)];
}

/**
 * Makes UCX leave the heap alone where it is full. UCX, by which Open MPI reaches some networks and windows, tries whether it sees memory come and
 * go by moving the end of the heap up by a page and down again, and moves it down too where up was not possible: the page that goes then is in use.
 * It reads the variable when it is loaded, which may be with MPI. A user's own value stays.
 */
export function keepFullHeap(env: NodeJS.ProcessEnv = process.env): void {
  if (process.platform !== 'linux' || env.UCX_MEM_EVENTS !== undefined) return;
  if (heapIsFull(readFileSync('/proc/self/maps', 'latin1'))) env.UCX_MEM_EVENTS = 'n';
}
