// CUDA graphs themselves: what needs a device is skipped without one (LIBTORCH_GAN_TEST_DEVICE=cuda:0).
import { native } from '../../src/native/addon';
import { fromBytes, randn, zeros } from '../../src/tensor/create';
import { isCpu } from '../../src/tensor/device';
import { dropout } from '../../src/tensor/functional';
import { cudaMemory } from '../../src/tensor/memory';
import { getRngState, manualSeed, setRngState } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { CudaRecorder } from '../../src/training/recorder';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';

const onCuda = isCpu(testDevice) ? describe.skip : describe;

test('every entry says what to install where LibTorch has no CUDA', () => {
  if (native().builtWithCuda()) return;
  const noCuda = expect.objectContaining({ code: 'ERR_NO_CUDA' });
  const body = jest.fn();
  expect(() => new CudaRecorder('cuda').warmUp(body)).toThrow(noCuda);
  expect(() => new CudaRecorder('cuda').record(body)).toThrow(noCuda);
  expect(body).not.toHaveBeenCalled();
  const { enterStudio, leaveStudio, endRecording, abandonRecording, replayRecording, releaseResource } =
    native();
  for (const entry of [
    enterStudio,
    leaveStudio,
    endRecording,
    abandonRecording,
    replayRecording,
    releaseResource,
  ])
    expect(() => entry(1)).toThrow(noCuda);
  expect(() => native().beginRecording(1, [])).toThrow(noCuda);
  expect(() => native().forbidCudaSync(true)).toThrow(noCuda);
  new CudaRecorder('cuda').dispose();
});

onCuda('a recording on CUDA', () => {
  /** A recorder, and a tensor on the device, both gone after the body. */
  function withRecorder(body: (recorder: CudaRecorder, sum: Tensor) => void): void {
    const recorder = new CudaRecorder(testDevice);
    try {
      scope(() => body(recorder, zeros([4], { device: testDevice })));
    } finally {
      recorder.dispose();
    }
  }

  test('is done at each replay, and not before', () =>
    withRecorder((recorder, sum) => {
      recorder.warmUp(() => scope(() => void sum.add_(sum.mul(0)).add_(1)));
      const recording = recorder.record(() => scope(() => void sum.add_(sum.mul(0)).add_(1)));
      expect(sum.toArray()).toEqual([1, 1, 1, 1]);
      recording.replay();
      recording.replay();
      expect(sum.toArray()).toEqual([3, 3, 3, 3]);
      recording.dispose();
    }));

  test('draws on from where the generator is, as without it', () =>
    withRecorder((recorder, sum) => {
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
      recorder.warmUp(draw);
      found.push(sum.toArray());
      const recording = recorder.record(draw);
      recording.replay();
      found.push(sum.toArray());
      const state = getRngState(testDevice);
      recording.replay();
      found.push(sum.toArray());
      draw();
      found.push(sum.toArray());
      expect(found).toEqual(expected);
      setRngState(state, testDevice);
      recording.replay();
      expect(sum.toArray()).toEqual(expected[2]);
      recording.dispose();
    }));

  test.each<[string, (sum: Tensor) => void, unknown]>([
    ['an error of its own', () => expect(1).toBe(2), expect.anything()],
    [
      'data of the host',
      () => void fromBytes(new Uint8Array(4), { dtype: 'uint8', shape: [4], device: testDevice }),
      expect.objectContaining({ code: 'ERR_RECORDING' }),
    ],
    [
      'a tensor of the host',
      (sum) => void sum.copy_(zeros([4])),
      expect.objectContaining({ code: 'ERR_TORCH' }),
    ],
    ['a value read', (sum) => void sum.sum().item(), failure('ERR_RECORDING', 'brings a value to the host')],
  ])('that fails for %s leaves device, generators and recorder of use', (_, spoil, error) =>
    withRecorder((recorder, sum) => {
      const draw = () => scope(() => void sum.copy_(randn([4], { device: testDevice })));
      manualSeed(4);
      draw();
      const first = sum.toArray();
      manualSeed(4);
      expect(() =>
        recorder.record(() =>
          scope(() => {
            draw();
            spoil(sum);
          }),
        ),
      ).toThrow(error as Error);
      recorder.reset();
      draw();
      expect(sum.toArray()).toEqual(first);
      const again = recorder.record(() => scope(() => void sum.fill_(7)));
      again.replay();
      expect(sum.toArray()).toEqual([7, 7, 7, 7]);
      again.dispose();
    }),
  );

  test('gives its memory back', () =>
    withRecorder((recorder, sum) => {
      const work = () => scope(() => void sum.add_(randn([1 << 22], { device: testDevice }).sum()));
      const once = () => {
        recorder.warmUp(work);
        const recording = recorder.record(work);
        recording.replay();
        recording.dispose();
        recorder.reset();
        native().cudaEmptyCache();
        return cudaMemory(testDevice).reserved;
      };
      const first = once();
      expect([once(), once()]).toEqual([first, first]);
    }));
});
