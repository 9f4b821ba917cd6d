import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ModelThread } from '../../src/cli/model-thread';
import { ServedModels } from '../../src/cli/served-models';
import { testFolder } from '../serve/serving';
import { failure, usage } from '../support/failure';
import { trainOne } from './applying';

const folder = testFolder('thread');
const run = join(folder, 'run');
const thread = new ModelThread({ device: 'cpu' });
beforeAll(() => trainOne(run, 'mlp'));
afterAll(async () => {
  await thread.close();
  rmSync(folder, { recursive: true });
});

const limits = { count: 8, answerBytes: 1 << 20 };

test('a thread tells errors by code and message, and makes the bytes that this one makes', async () => {
  const wrong = { query: { count: 'x' }, format: 'png', limits } as const;
  await expect(thread.images(run, wrong)).rejects.toThrow(usage('count expects a whole number'));
  await expect(thread.describe(join(folder, 'none'))).rejects.toThrow(failure('ERR_NO_RUN', 'none'));
  const asked = { query: { count: '3', seed: '5' }, format: 'safetensors', limits } as const;
  const own = new ServedModels({ device: 'cpu' });
  const expected = await own.images(run, asked).finally(() => own.close());
  const made = await Promise.all([thread.images(run, asked), thread.images(run, asked)]);
  for (const { bytes, count, step } of made)
    expect([count, step, Buffer.from(bytes).equals(expected.bytes)]).toEqual([3, expected.step, true]);
  expect(await thread.describe(run)).toMatchObject({ takes: 'latents', step: 1 });
  // One that ends is lost to those who wait, and another one is there for the next.
  await thread.close();
  const lost = thread.images(run, asked);
  await Promise.all([
    expect(lost).rejects.toThrow(failure('ERR_MODEL_THREAD', 'the thread that makes images ended')),
    thread.close(),
  ]);
  expect((await thread.images(run, asked)).count).toBe(3);
}, 180_000);
