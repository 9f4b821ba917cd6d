import { heapIsFull, keepFullHeap } from '../../src/native/full-heap';

/** Lines of /proc/PID/maps: a program, its heap, and what is mapped behind it. */
function maps(next: string): string {
  return [
    '00400000-00b6f000 r--p 00000000 fe:00 4311 /usr/bin/node',
    '0b46a000-0b680000 rw-p 00000000 00:00 0 [heap]',
    `${next} rw-p 00000000 00:00 0`,
    '7f8eac5c3000-7f8eac5c4000 r-xp 00000000 fe:00 99 /lib/libc.so.6',
  ].join('\n');
}

test('a heap is full where something begins right behind it, or a page later', () => {
  expect(heapIsFull(maps('0b680000-0b682000'))).toBe(true);
  expect(heapIsFull(maps('0b681000-0b682000'))).toBe(true);
  expect(heapIsFull(maps('0b69f000-0b700000'))).toBe(true);
  expect(heapIsFull(maps('0b6a0000-0b700000'))).toBe(false);
  expect(heapIsFull(maps('7f8e00000000-7f8e00001000'))).toBe(false);
});

test('a process without a heap, or with nothing behind it, has room', () => {
  expect(heapIsFull('')).toBe(false);
  expect(heapIsFull('00400000-00b6f000 r--p 00000000 fe:00 4311 /usr/bin/node\n')).toBe(false);
  expect(heapIsFull('0b46a000-0b680000 rw-p 00000000 00:00 0 [heap]\n')).toBe(false);
});

test('what a user says of UCX stays', () => {
  const env = { UCX_MEM_EVENTS: 'y' };
  keepFullHeap(env);
  expect(env).toEqual({ UCX_MEM_EVENTS: 'y' });
});
