import { join } from 'node:path';
import { onnxOf } from '../../src/export/onnx-file';
import { findRuntime, openSession } from '../../src/export/runtime';
import { full } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { taskOfImages } from '../support/export-tasks';
import { failure } from '../support/failure';

const runtime = findRuntime() ?? '';

/** A model that adds a number to images [N, 4, H, W]. */
async function adding(number: number): Promise<Uint8Array> {
  const task = taskOfImages((x) => ({ made: x.add(number) }));
  return (await onnxOf(task, { runtime: null, text: { name: 'test', metadata: {} } })).bytes;
}

/** What a model makes of images of zeros. */
async function madeBy(session: Awaited<ReturnType<typeof openSession>>): Promise<number> {
  const images = full([1, 4, 4, 4], 0, { device: 'cpu' });
  const { made } = await session.run({ images });
  const first = scope(() => made.max().item());
  for (const tensor of [images, made]) tensor.dispose();
  return first;
}

test('a runtime that is not there is refused', async () => {
  await expect(openSession(join(__dirname, 'no-runtime'), new Uint8Array())).rejects.toThrow(
    failure('ERR_RUNTIME', 'Cannot find module'),
  );
});

test('models one after the other, and two at a time, each give what is theirs', async () => {
  for (const number of [1, 2, 3]) {
    const session = await openSession(runtime, await adding(number));
    expect(await madeBy(session)).toBe(number);
    await session.close();
  }
  const both = [await openSession(runtime, await adding(4)), await openSession(runtime, await adding(5))];
  expect(await Promise.all(both.map(madeBy))).toEqual([4, 5]);
  for (const session of both) await session.close();
});

test('a model that failed is told in one line, and the next one runs', async () => {
  const broken = await openSession(runtime, await adding(1));
  await expect(broken.run({})).rejects.toThrow(failure('ERR_RUNTIME', 'failed on the model'));
  await broken.close();
  const session = await openSession(runtime, await adding(3));
  expect(await madeBy(session)).toBe(3);
  await session.close();
});

test('what is no model is refused in one line', async () => {
  await expect(openSession(runtime, Uint8Array.of(1, 2, 3))).rejects.toThrow(
    failure('ERR_RUNTIME', 'does not take the model'),
  );
});
