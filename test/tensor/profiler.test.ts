import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ones } from '../../src/tensor/create';
import { conv2d } from '../../src/tensor/functional';
import { type ProfileEvent, span, startProfiling, stopProfiling } from '../../src/tensor/profiler';
import { scope } from '../../src/tensor/scope';
import { caught } from '../support/failure';

/** What runs while `body` does. */
async function profiled(body: () => unknown): Promise<ProfileEvent[]> {
  startProfiling();
  try {
    await body();
  } finally {
    ran = stopProfiling();
  }
  return ran;
}
let ran: ProfileEvent[] = [];

const named = (events: readonly ProfileEvent[], name: string) => {
  const found = events.filter((event) => event.name === name);
  expect(found).toHaveLength(1);
  return found[0];
};
const end = ({ start, duration }: ProfileEvent) => start + duration;
const surrounds = (outer: ProfileEvent, inner: ProfileEvent) =>
  outer.start <= inner.start && end(inner) <= end(outer) && outer.thread === inner.thread;

describe('a profile', () => {
  test('tells every operator with its thread, time and input shapes', async () => {
    const events = await profiled(() =>
      scope(() => conv2d(ones([2, 3, 8, 8]), ones([4, 3, 3, 3]))).dispose(),
    );
    const convolution = named(events, 'aten::conv2d');
    expect(convolution).toMatchObject({ kind: 'op', inputs: 'float 2×3×8×8, float 4×3×3×3', cause: 0 });
    expect(convolution.duration).toBeGreaterThan(0);
    expect(surrounds(convolution, named(events, 'aten::convolution'))).toBe(true);
  });

  test('tells the nodes of a backward pass from the operators in them', async () => {
    const events = await profiled(() =>
      scope(() => {
        const x = ones([3]);
        x.requiresGrad = true;
        x.exp().sum().backward();
      }),
    );
    const node = named(events, 'ExpBackward0');
    expect(node.kind).toBe('node');
    expect(surrounds(node, named(events, 'aten::mul'))).toBe(true);
  });

  test('holds nothing from before and after it', async () => {
    scope(() => ones([3]).exp()).dispose();
    expect(await profiled(() => {})).toEqual([]);
    scope(() => ones([3]).exp()).dispose();
    const events = await profiled(() => scope(() => ones([3]).log()).dispose());
    expect(events.map(({ name }) => name)).not.toContain('aten::exp');
    expect(events.map(({ name }) => name)).toContain('aten::log');
  });

  test('there is one at a time, and none is ended twice', () => {
    startProfiling();
    expect(caught('ERR_PROFILING', () => startProfiling()).message).toContain('no other profile');
    stopProfiling();
    expect(caught('ERR_PROFILING', () => stopProfiling()).message).toContain('none was started');
  });

  test('is written as a Chrome trace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'trace-'));
    const trace = join(folder, 'trace.json');
    startProfiling();
    span('work', () => scope(() => ones([3]).exp()).dispose());
    stopProfiling({ trace });
    const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8')) as { traceEvents: { name: string }[] };
    expect(traceEvents.map(({ name }) => name)).toEqual(expect.arrayContaining(['work', 'aten::exp']));
    rmSync(folder, { recursive: true });
  });
});

describe('a span', () => {
  test('gives what its body gives, profiled or not', async () => {
    expect(span('a', () => 5)).toBe(5);
    await profiled(() => expect(span('a', () => 6)).toBe(6));
    await profiled(() => expect(span('a', () => Promise.resolve(7))).resolves.toBe(7));
  });

  test('lies around what runs in its body, other spans included', async () => {
    const events = await profiled(() =>
      span('outer', () => span('inner', () => scope(() => ones([3]).exp()).dispose())),
    );
    const inner = named(events, 'inner');
    expect(inner.kind).toBe('span');
    expect(surrounds(named(events, 'outer'), inner)).toBe(true);
    expect(surrounds(inner, named(events, 'aten::exp'))).toBe(true);
  });

  test('of an asynchronous body lasts until that is done', async () => {
    const events = await profiled(async () => {
      await span('waiting', async () => {
        await Promise.resolve();
        scope(() => ones([3]).exp()).dispose();
      });
    });
    expect(surrounds(named(events, 'waiting'), named(events, 'aten::exp'))).toBe(true);
  });

  test('ends with the error of its body', async () => {
    const failing = () => {
      throw new RangeError('no');
    };
    const events = await profiled(() => {
      expect(() => span('failing', failing)).toThrow(RangeError);
      scope(() => ones([3]).exp()).dispose();
    });
    expect(surrounds(named(events, 'failing'), named(events, 'aten::exp'))).toBe(false);
    const later = await profiled(() =>
      expect(span('late', async () => failing())).rejects.toThrow(RangeError),
    );
    expect(named(later, 'late').kind).toBe('span');
  });

  test('open at the end of a profile ends with it, and does not reach into the next', async () => {
    let finish = () => {};
    const events = await profiled(() => {
      void span(
        'open',
        () =>
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
      );
    });
    expect(named(events, 'open').duration).toBeGreaterThanOrEqual(0);
    const next = await profiled(async () => {
      await span('new', async () => {
        finish();
        await new Promise(setImmediate);
        scope(() => ones([3]).exp()).dispose();
      });
    });
    expect(surrounds(named(next, 'new'), named(next, 'aten::exp'))).toBe(true);
  });
});
