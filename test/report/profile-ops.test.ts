import { opTimes } from '../../src/report/profile-ops';
import { SpanTree } from '../../src/report/profile-spans';
import type { ProfileEvent } from '../../src/tensor/profiler';
import { event, spanEvent } from './events';

function times(events: readonly ProfileEvent[], { steps = 1, ms = 100 } = {}) {
  const spans = new SpanTree(events.filter(({ kind }) => kind === 'span'));
  return opTimes(events, { spans, steps, stepMs: ms / steps });
}

test('an operator’s own time is what the operators it calls leave of it', () => {
  const rows = times([
    event('aten::linear', [0, 10]),
    event('aten::t', [1, 3]),
    event('aten::transpose', [1, 2]),
    event('aten::addmm', [4, 9]),
  ]);
  expect(rows).toMatchObject([
    { name: 'addmm', selfMs: 5, totalMs: 5, share: 0.05 },
    { name: 'linear', selfMs: 3, totalMs: 10, share: 0.03 },
    { name: 't', selfMs: 1, totalMs: 2 },
    { name: 'transpose', selfMs: 1, totalMs: 1 },
  ]);
});

test('own times add up to the time in which operators ran, however deep they lie', () => {
  const rows = times([
    event('a', [0, 50]),
    event('b', [0, 50]),
    event('a', [10, 30]),
    event('c', [15, 16]),
    event('a', [60, 70]),
  ]);
  expect(rows.reduce((sum, { selfMs }) => sum + selfMs, 0)).toBeCloseTo(60);
});

test('an operator that calls its own kind is not counted twice in its total', () => {
  expect(times([event('sum', [0, 10]), event('sum', [2, 9])])).toMatchObject([
    { name: 'sum', calls: 2, selfMs: 10, totalMs: 10 },
  ]);
});

test('threads do not take each other’s time', () => {
  const rows = times([event('a', [0, 10]), event('b', [2, 6], { thread: 2 })]);
  expect(rows).toMatchObject([
    { name: 'a', selfMs: 10 },
    { name: 'b', selfMs: 4 },
  ]);
});

test('times and calls are those of one step', () => {
  const rows = times([event('a', [0, 3]), event('a', [10, 15])], { steps: 2, ms: 40 });
  expect(rows).toMatchObject([{ calls: 1, selfMs: 4, totalMs: 4, share: 0.2 }]);
});

test('what runs for autograd is backward, on whatever thread; all else is of its innermost span', () => {
  const engine = 'autograd::engine::evaluate_function: MulBackward0';
  const rows = times([
    spanEvent('D', [0, 50]),
    spanEvent('forward', [0, 10]),
    event('aten::mul', [1, 2]),
    spanEvent('backward', [10, 40]),
    event(engine, [12, 20], { thread: 7 }),
    event('MulBackward0', [13, 19], { thread: 7, kind: 'node' }),
    event('aten::mul', [14, 18], { thread: 7 }),
    event('aten::ones_like', [11, 12]),
    event('aten::mul', [60, 61]),
  ]);
  const places = rows.map(({ name, phase, pass, selfMs }) => [name, phase, pass, selfMs]);
  expect(places).toEqual([
    ['mul', 'D', 'backward', 4],
    ['autograd engine', 'D', 'backward', 2],
    ['MulBackward0', 'D', 'backward', 2],
    ['mul', 'D', 'forward', 1],
    ['ones_like', 'D', 'backward', 1],
    ['mul', undefined, undefined, 1],
  ]);
});

test('a node of an own operator is called as those of LibTorch are', () => {
  const name = 'torch::autograd::CppNode<gan::kernels::(anonymous namespace)::Down>';
  expect(times([event(name, [0, 1], { kind: 'node' })])).toMatchObject([{ name: 'DownBackward' }]);
});

describe('input shapes', () => {
  const inputs = (text: string) => ({ inputs: text });

  test('part convolutions and matrix products, however light', () => {
    const rows = times([
      event('aten::mm', [0, 1], inputs('float 2×3, float 3×4')),
      event('aten::mm', [2, 3], inputs('float 8×3, float 3×4')),
      event('aten::mm', [4, 5], inputs('float 8×3, float 3×4')),
    ]);
    expect(rows).toMatchObject([
      { name: 'mm', calls: 2, inputs: 'f32 8×3, 3×4' },
      { name: 'mm', calls: 1, inputs: 'f32 2×3, 3×4' },
    ]);
  });

  test('part other operators only where these are heavy', () => {
    const light = [
      event('aten::add', [0, 1], inputs('float 2')),
      event('aten::add', [2, 3], inputs('float 3')),
    ];
    expect(times(light)).toMatchObject([{ name: 'add', calls: 2 }]);
    expect(times(light)[0].inputs).toBeUndefined();
    expect(times(light, { ms: 10 })).toHaveLength(2);
  });

  test('are told with their dtype where it changes, by the short names of dtypes', () => {
    const [row] = times([
      event('aten::x', [0, 1], inputs('c10::BFloat16 2×3, c10::BFloat16 3, float 1×3, unsigned char 4')),
    ]);
    expect(row.inputs).toBe('bf16 2×3, 3, f32 1×3, u8 4');
  });
});

describe('work on a device', () => {
  test('counts for the operator that started it, which orders the rows', () => {
    const slow = event('aten::add', [0, 5]);
    const quick = event('aten::conv', [5, 6]);
    const rows = times([
      slow,
      quick,
      event('conv kernel', [7, 47], { kind: 'device', cause: quick.id, thread: 99 }),
      event('reorder kernel', [47, 57], { kind: 'device', cause: quick.id, thread: 99 }),
      event('add kernel', [57, 58], { kind: 'device', cause: slow.id, thread: 99 }),
    ]);
    expect(rows).toMatchObject([
      { name: 'conv', selfMs: 1, deviceMs: 50, share: 0.5, calls: 1 },
      { name: 'add', selfMs: 5, deviceMs: 1, share: 0.01 },
    ]);
  });

  test('that no operator started has a row of its own: the kernels of a replayed graph', () => {
    const replay = spanEvent('D', [0, 5]);
    const rows = times([
      replay,
      event('some_kernel', [2, 4], { kind: 'device', cause: replay.id }),
      event('some_kernel', [4, 6], { kind: 'device' }),
    ]);
    expect(rows).toMatchObject([{ name: 'some_kernel', calls: 2, selfMs: 0, deviceMs: 4 }]);
  });
});
