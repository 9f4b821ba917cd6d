// libtorch-gan's own participant: reads a task from its command line, answers with one line of JSON.
import { tuneProcess, version } from '../../src';
import { setThreads } from '../../src/tensor/device';
import type { Measured, Task } from '../task';
import { data } from './data';
import { extras } from './extras';
import { ops } from './ops';
import { rate } from './rate';
import { sample } from './sample';
import { train } from './train';

async function measure(task: Task): Promise<Measured> {
  if (task.kind === 'import')
    throw new Error('the import is measured by import.js, which loads nothing else');
  tuneProcess();
  if (task.device === 'cpu') setThreads(task.threads);
  switch (task.kind) {
    case 'train':
      return train(task);
    case 'sample':
      return sample(task);
    case 'ops':
      return ops(task);
    case 'data':
      return data(task);
    case 'extras':
      return extras(task);
    case 'rate':
      return rate(task);
  }
}

async function main(): Promise<void> {
  const measured = await measure(JSON.parse(process.argv[2]) as Task);
  console.log(JSON.stringify({ version, ...measured }));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
