import { refuseDuringCapture, whileCapturing } from '../../src/tensor/capture';
import { ones, tensor } from '../../src/tensor/create';
import { synchronize } from '../../src/tensor/device';
import { hostReads } from '../../src/tensor/host-reads';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { failure } from '../support/failure';

const READS: readonly [name: string, read: (value: Tensor) => unknown][] = [
  ['item', (value) => value.item()],
  ['toTypedArray', (value) => value.toTypedArray()],
  ['toArray', (value) => value.toArray()],
  ['toArray of float16', (value) => value.to({ dtype: 'float16' }).toArray()],
  ['toBytes', (value) => value.toBytes()],
  ['equal', (value) => value.equal(value)],
  ['allclose', (value) => value.allclose(value)],
  ['synchronize', () => synchronize('cpu')],
];

function counted(body: () => void): number {
  const before = hostReads();
  scope(body);
  return hostReads() - before;
}

describe('hostReads', () => {
  test.each(READS)('counts %s once', (_, read) => {
    expect(counted(() => void read(ones([1])))).toBe(1);
  });

  test('does not count what stays on the device', () => {
    expect(
      counted(() => {
        const x = tensor([1, 2, 3]);
        x.requiresGrad = true;
        x.mul(2).sum().backward();
        expect([x.shape, x.dtype, x.numel]).toEqual([[3], 'float32', 3]);
      }),
    ).toBe(0);
  });
});

describe('a capture refuses', () => {
  test.each(READS)('%s', (_, read) => {
    const value = ones([1]);
    expect(() => scope(() => whileCapturing(() => read(value)))).toThrow(
      failure('ERR_CAPTURE', 'it brings a value to the host, which a replay would not do again'),
    );
    value.dispose();
  });

  test('to keep a tensor for later', () => {
    expect(() => scope(() => whileCapturing(() => keep(ones([1]))))).toThrow(
      failure('ERR_CAPTURE', 'it keeps a tensor for later'),
    );
  });

  test('nothing once it is over, also after an error', () => {
    expect(() => whileCapturing(() => refuseDuringCapture('asks'))).toThrow(
      failure('ERR_CAPTURE', 'it asks'),
    );
    expect(() => refuseDuringCapture('asks')).not.toThrow();
  });
});
