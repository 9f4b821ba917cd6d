// What a rank does in the tests: `member.ts CASE,… REPORT`.
import { messageOf } from '../../src/errors';
import type { DType } from '../../src/native/types';
import { type Json, type ProcessGroup } from '../../src/parallel/group';
import { joinGroup } from '../../src/parallel/join';
import { arange, full, ones, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { reportCase } from '../support/ranks';
import { batchNormsOf, shortBatchNormOf, sumsOf } from './sums';

const DTYPES: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'uint8'];

/** 0, 1, 2, …, plus 10 at rank 1. */
function counting(shape: readonly number[], rank: number, dtype: DType = 'float32'): Tensor {
  const size = shape.reduce((product, each) => product * each, 1);
  return arange({ end: size })
    .add(10 * rank)
    .reshape(shape)
    .to({ dtype });
}

function read(tensors: readonly Tensor[]): Json {
  return tensors.map((each) => JSON.parse(JSON.stringify(each.toArray())));
}

function hex(each: Tensor): string {
  return Buffer.from(each.toBytes()).toString('hex');
}

function layouts(rank: number): Tensor[] {
  return [
    counting([2, 3, 2, 2], rank).contiguous('channels_last'),
    counting([3, 4], rank).t(),
    counting([6], rank).slice(0, { start: 1, step: 2 }),
  ];
}

const CASES: Readonly<Record<string, (group: ProcessGroup) => Json>> = {
  shapes(group) {
    const tensors = [[], [1], [3, 5], [0, 4], [1, 1, 7]].map((shape) => counting(shape, group.rank));
    group.allReduce(tensors, 'sum');
    return read(tensors);
  },
  dtypes(group) {
    return DTYPES.map((dtype) => {
      const each = counting([3], group.rank, dtype);
      group.allReduce([each], 'sum');
      return [each.dtype, read([each])];
    });
  },
  together(group) {
    const tensors = DTYPES.map((dtype) => counting([2], group.rank, dtype));
    group.allReduce(tensors, 'max');
    return read(tensors);
  },
  layouts(group) {
    const tensors = layouts(group.rank);
    const before = tensors.map((each) => [...each.strides]);
    group.allReduce(tensors, 'mean');
    return [read(tensors), before, tensors.map((each) => [...each.strides])];
  },
  unlikeLayouts(group) {
    // As the ranks' batches may lead them to other kernels.
    const each = counting([2, 3, 2, 2], group.rank).contiguous(
      group.rank === 0 ? 'channels_last' : 'contiguous',
    );
    group.allReduce([each, counting([3], group.rank)], 'mean');
    return read([each]);
  },
  sharedMemory(group) {
    const each = counting([6], group.rank);
    const parts = [each, each.slice(0, { start: 2, end: 4 }), each];
    group.allReduce(parts, 'mean');
    return read([each]);
  },
  keptByAutograd(group) {
    const [weight, input] = [ones([2]), counting([2], group.rank)];
    weight.requiresGrad = true;
    const output = weight.mul(input).sum();
    group.allReduce([input], 'mean');
    return refused(() => output.backward());
  },
  operations(group) {
    return (['sum', 'mean', 'max', 'min'] as const).map((operation) => {
      const each = tensor([1 - group.rank, 4 * group.rank, -3]);
      group.allReduce([each], operation);
      return read([each]);
    });
  },
  notNumbers(group) {
    return (['max', 'min'] as const).map((operation) => {
      const each = tensor([group.rank === 0 ? Number.NaN : 1, group.rank === 1 ? Number.NaN : 1, 2]);
      group.allReduce([each], operation);
      // JSON has no word for NaN.
      return Array.from(each.toTypedArray(), String);
    });
  },
  rounding(group) {
    // 256 + 1 is no bfloat16: its sum with -256 is 1 where it is not rounded on the way.
    const each = tensor([[256, 1, -256][group.rank] ?? 0]).to({ dtype: 'bfloat16' });
    group.allReduce([each], 'sum');
    return read([each]);
  },
  big(group) {
    const tensors = [
      full([4_000_000], 1 + group.rank),
      full([1_000, 7_000], 2 + group.rank),
      full([4_000_001], 3 + group.rank),
    ];
    group.allReduce(tensors, 'mean');
    return tensors.map((each) => [
      each.shape.length,
      each.sub(each.flatten().select(0, 0)).abs().max().item(),
      each.flatten().select(0, 0).item(),
    ]);
  },
  parameters(group) {
    const weight = ones([2]).mul(group.rank);
    weight.requiresGrad = true;
    group.broadcast([weight]);
    weight
      .mul(3 + group.rank)
      .sum()
      .backward();
    const gradient = weight.grad;
    if (gradient) group.allReduce([gradient], 'mean');
    return [read([weight]), weight.grad ? read([weight.grad]) : null, weight.requiresGrad];
  },
  broadcast(group) {
    const all: DType[] = [...DTYPES, 'bool', 'int8', 'int16'];
    const tensors = [
      ...all.map((dtype) => counting([1, 3], group.rank, dtype)),
      ...layouts(group.rank),
      counting([0], group.rank),
    ];
    group.broadcast(tensors, 1);
    return [tensors.map((each) => each.dtype), read(tensors)];
  },
  gather(group) {
    return [
      group.gather({ rank: group.rank, text: `é${'x'.repeat(group.rank * 1000)}` }),
      group.gather(null),
      group.gather([]),
    ];
  },
  nothing(group) {
    group.allReduce([], 'sum');
    group.broadcast([]);
    group.barrier();
    return null;
  },
  sameBits(group) {
    const each = arange({ end: 1_000 })
      .add(0.1 + 0.7 * group.rank)
      .sin();
    group.allReduce([each], 'mean');
    return hex(each);
  },
  sums: sumsOf,
  batchNorm: batchNormsOf,
  shortBatchNorm: shortBatchNormOf,
  waiting(group) {
    const first = group.takeWaited();
    return [first > 0, group.takeWaited()];
  },
  afterwards(group) {
    group.close();
    group.close();
    return [refused(() => group.barrier()), refused(() => joinGroup({ device: 'cpu' }))];
  },
  wrongCalls(group) {
    const whole = ones([2]).to({ dtype: 'int64' });
    return [
      refused(() => group.allReduce([whole], 'mean')),
      refused(() => group.broadcast([whole], 2)),
      refused(() => group.broadcast([whole], 0.5)),
    ];
  },
  different(group) {
    const own = group.rank === 0 ? [ones([3])] : [ones([3]), ones([2]).to({ dtype: 'float64' })];
    return [refused(() => group.allReduce(own, 'sum')), refused(() => group.barrier())];
  },
  hanging(group) {
    group.enter('phase D');
    group.barrier();
    if (group.rank === 1) process.kill(process.pid, 'SIGSTOP');
    return refused(() => group.barrier());
  },
  stoppedInCheckpoint(group) {
    // It said that it would take long, and stands still.
    if (group.rank === 1) group.enter('checkpoint', 3_600);
    group.barrier();
    if (group.rank === 1) process.kill(process.pid, 'SIGSTOP');
    return refused(() => group.barrier());
  },
  patient(group) {
    // The deadline is three seconds, and rank 1 says that it needs more.
    if (group.rank === 1) group.enter('checkpoint', 60);
    group.barrier();
    if (group.rank === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500);
    group.barrier();
    return 'came';
  },
  killed(group) {
    process.on('SIGTERM', () => {});
    group.enter('phase G');
    group.barrier();
    if (group.rank === 1) process.kill(process.pid, 'SIGKILL');
    return refused(() => group.barrier());
  },
  thrown(group) {
    process.on('SIGTERM', () => {});
    group.enter('phase R1');
    group.barrier();
    if (group.rank === 1) throw new Error('out of luck');
    return refused(() => group.barrier());
  },
  stopping(group) {
    if (group.rank === 1) group.close();
    return refused(() => group.barrier());
  },
};

function refused(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    return messageOf(error);
  }
  return 'nothing was thrown';
}

const [names, report] = process.argv.slice(2);
const group = joinGroup({ device: 'cpu', timeoutSeconds: Number(process.env.MEMBER_TIMEOUT ?? 60) });
for (const name of names.split(','))
  reportCase(
    report,
    group.rank,
    name,
    scope(() => CASES[name](group)),
  );
