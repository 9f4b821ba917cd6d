// The thread of ModelThread: one request after the other, as they come.
import { parentPort, type TransferListItem, workerData } from 'node:worker_threads';
import { codeOf, messageOf } from '../errors';
import { tuneProcess } from '../native/addon';
import type { ThreadAnswer, ThreadRequest } from './model-thread';
import { ServedModels } from './served-models';

interface Asked {
  readonly id: number;
  readonly request: ThreadRequest;
}

tuneProcess();
const models = new ServedModels(workerData);

function answer(request: ThreadRequest) {
  if (request.kind === 'describe') return models.describe(request.run);
  if (request.kind === 'images') return models.images(request.run, request.query);
  return models.apply(request.run, request.query);
}

async function reply({ id, request }: Asked): Promise<void> {
  const moved: TransferListItem[] = [];
  let made: ThreadAnswer;
  try {
    const result = await answer(request);
    // A part of a larger buffer is copied.
    if (
      'bytes' in result &&
      result.bytes.byteLength === result.bytes.buffer.byteLength &&
      result.bytes.buffer instanceof ArrayBuffer
    )
      moved.push(result.bytes.buffer);
    made = { id, result };
  } catch (error) {
    made = { id, error: { code: codeOf(error) ?? 'ERR_UNKNOWN', message: messageOf(error) } };
  }
  parentPort?.postMessage(made, moved);
}

// Whose answer waits for a file lets no other begin: both would draw from one random generator.
let last = Promise.resolve();
parentPort?.on('message', (asked: Asked) => {
  last = last.then(() => reply(asked));
});
