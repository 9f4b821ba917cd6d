// CUDA graphs themselves: what needs a device is skipped without one (LIBTORCH_GAN_TEST_DEVICE=cuda:0).
import { native } from '../../src/native/addon';
import { fromBytes, randn, zeros } from '../../src/tensor/create';
import { isCpu } from '../../src/tensor/device';
import { dropout } from '../../src/tensor/functional';
import { cudaMemory } from '../../src/tensor/memory';
import { getRngState, manualSeed, setRngState } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { CudaGraphCapture } from '../../src/training/graph-capture';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';

const onCuda = isCpu(testDevice) ? describe.skip : describe;

test('every entry says what to install where LibTorch has no CUDA', () => {
  if (native().builtWithCuda()) return;
  const noCuda = expect.objectContaining({ code: 'ERR_NO_CUDA' });
  const body = jest.fn();
  expect(() => new CudaGraphCapture('cuda').warmUp(body)).toThrow(noCuda);
  expect(() => new CudaGraphCapture('cuda').capture(body)).toThrow(noCuda);
  expect(body).not.toHaveBeenCalled();
  const { enterCaptureStream, leaveCaptureStream, endCapture, abandonCapture, replayGraph, releaseResource } =
    native();
  for (const entry of [
    enterCaptureStream,
    leaveCaptureStream,
    endCapture,
    abandonCapture,
    replayGraph,
    releaseResource,
  ])
    expect(() => entry(1)).toThrow(noCuda);
  expect(() => native().beginCapture(1, [])).toThrow(noCuda);
  expect(() => native().forbidCudaSync(true)).toThrow(noCuda);
  new CudaGraphCapture('cuda').dispose();
});

onCuda('a CUDA graph', () => {
  /** A capture, and a tensor on the device, both gone after the body. */
  function withCapture(body: (capture: CudaGraphCapture, sum: Tensor) => void): void {
    const capture = new CudaGraphCapture(testDevice);
    try {
      scope(() => body(capture, zeros([4], { device: testDevice })));
    } finally {
      capture.dispose();
    }
  }

  test('is done at each replay, and not before', () =>
    withCapture((capture, sum) => {
      capture.warmUp(() => scope(() => void sum.add_(sum.mul(0)).add_(1)));
      const graph = capture.capture(() => scope(() => void sum.add_(sum.mul(0)).add_(1)));
      expect(sum.toArray()).toEqual([1, 1, 1, 1]);
      graph.replay();
      graph.replay();
      expect(sum.toArray()).toEqual([3, 3, 3, 3]);
      graph.dispose();
    }));

  test('draws on from where the generator is, as without it', () =>
    withCapture((capture, sum) => {
      const draw = () =>
        scope(() => {
          const noise = dropout(randn([4], { device: testDevice }), { p: 0.5, training: true });
          sum.copy_(noise);
        });
      manualSeed(3);
      const expected = Array.from({ length: 4 }, () => {
        draw();
        return sum.toArray();
      });
      manualSeed(3);
      const found: unknown[] = [];
      capture.warmUp(draw);
      found.push(sum.toArray());
      const graph = capture.capture(draw);
      graph.replay();
      found.push(sum.toArray());
      const state = getRngState(testDevice);
      graph.replay();
      found.push(sum.toArray());
      draw();
      found.push(sum.toArray());
      expect(found).toEqual(expected);
      setRngState(state, testDevice);
      graph.replay();
      expect(sum.toArray()).toEqual(expected[2]);
      graph.dispose();
    }));

  test.each<[string, (sum: Tensor) => void, unknown]>([
    ['an error of its own', () => expect(1).toBe(2), expect.anything()],
    [
      'data of the host',
      () => void fromBytes(new Uint8Array(4), { dtype: 'uint8', shape: [4], device: testDevice }),
      expect.objectContaining({ code: 'ERR_CAPTURE' }),
    ],
    [
      'a tensor of the host',
      (sum) => void sum.copy_(zeros([4])),
      expect.objectContaining({ code: 'ERR_TORCH' }),
    ],
    ['a value read', (sum) => void sum.sum().item(), failure('ERR_CAPTURE', 'brings a value to the host')],
  ])('that fails for %s leaves device, generators and capture of use', (_, spoil, error) =>
    withCapture((capture, sum) => {
      const draw = () => scope(() => void sum.copy_(randn([4], { device: testDevice })));
      manualSeed(4);
      draw();
      const first = sum.toArray();
      manualSeed(4);
      expect(() =>
        capture.capture(() =>
          scope(() => {
            draw();
            spoil(sum);
          }),
        ),
      ).toThrow(error as Error);
      capture.reset();
      draw();
      expect(sum.toArray()).toEqual(first);
      const again = capture.capture(() => scope(() => void sum.fill_(7)));
      again.replay();
      expect(sum.toArray()).toEqual([7, 7, 7, 7]);
      again.dispose();
    }),
  );

  test('gives its memory back', () =>
    withCapture((capture, sum) => {
      const work = () => scope(() => void sum.add_(randn([1 << 22], { device: testDevice }).sum()));
      const once = () => {
        capture.warmUp(work);
        const graph = capture.capture(work);
        graph.replay();
        graph.dispose();
        capture.reset();
        native().cudaEmptyCache();
        return cudaMemory(testDevice).reserved;
      };
      const first = once();
      expect([once(), once()]).toEqual([first, first]);
    }));
});
