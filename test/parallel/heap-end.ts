// Where the heap ends before a rank joins and after it, and what UCX is told of it: `heap-end.ts REPORT`.
import { readFileSync } from 'node:fs';
import { joinGroup } from '../../src/parallel/join';
import { reportCase } from '../support/ranks';

function heapEnd(): string | null {
  return /-([0-9a-f]+) .*\[heap\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1] ?? null;
}

const before = heapEnd();
const group = joinGroup({ device: 'cpu' });
reportCase(process.argv[2], group.rank, 'heap', {
  before,
  after: heapEnd(),
  events: process.env.UCX_MEM_EVENTS ?? null,
});
group.close();
