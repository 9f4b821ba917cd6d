// What the loop around the steps leaves alone: the host does not wait for the device, and the garbage collector has nothing to do.
import { native } from '../../src/native/addon';
import { dcgan } from '../../src/recipes/dcgan';
import { unreachable } from '../../src/tensor/core';
import { isCpu } from '../../src/tensor/device';
import { hostReads } from '../../src/tensor/host-reads';
import { WARM_UP_RUNS } from '../../src/training/captured-groups';
import type { FitOptions } from '../../src/training/fit-options';
import { Scoreboard } from '../../src/training/scoreboard';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { StandInCapture } from '../support/stand-in-capture';
import { buildModel, tinyDataset } from '../support/training';

const KINDS = [
  ['from memory', true],
  ['read ahead', false],
] as const;

interface Training extends FitOptions {
  /** The first step that is looked at. */
  readonly after: number;
  readonly resident: boolean;
  readonly graphs?: boolean;
}

/** How many values the host had read from step `after` on, at each report. On CUDA an operator that waits throws meanwhile. */
async function readsOf({ after, resident, graphs = false, ...options }: Training): Promise<number[]> {
  const trainer = new Trainer({
    ...buildModel(dcgan, { set: { width: '4', emaImages: '500' } }),
    device: testDevice,
    graphs: graphs && isCpu(testDevice) ? () => new StandInCapture() : graphs,
  });
  const loader = tinyDataset().loader({ batch: 8, seed: 3, device: testDevice, resident });
  const reads: number[] = [];
  try {
    for await (const _ of trainer.fit(loader, { ...options, steps: after }));
    const before = hostReads();
    const read = jest.spyOn(trainer.board, 'read');
    // The one place that may wait.
    read.mockImplementation(() => {
      forbidSync(false);
      try {
        return Scoreboard.prototype.read.call(trainer.board);
      } finally {
        forbidSync(true);
      }
    });
    forbidSync(true);
    for await (const _ of trainer.fit(loader, options)) reads.push(hostReads() - before);
  } finally {
    forbidSync(false);
    loader.dispose();
    trainer.dispose();
  }
  return reads;
}

function forbidSync(forbidden: boolean): void {
  if (!isCpu(testDevice)) native().forbidCudaSync(forbidden);
}

describe.each(KINDS)('with batches %s', (_, resident) => {
  test.each([
    [false, 'stop'],
    [true, 'stop'],
    [false, 'skip'],
    [true, 'skip'],
  ] as const)(
    'losses are read where they are logged, and nothing else is (graphs: %s, on divergence: %s)',
    async (graphs, onDivergence) => {
      const read = { logEvery: 10, checkLosses: 'log', onDivergence } as const;
      const options = { after: 8, resident, graphs, steps: 38, ...read };
      // Reports of steps 10, 20, 30 and 38.
      expect(await readsOf(options)).toEqual([1, 2, 3, 4]);
    },
  );

  test('losses are read after each step where they are checked then', async () => {
    const options = { after: 8, resident, steps: 18, logEvery: 10, checkLosses: 'step' } as const;
    expect(await readsOf(options)).toEqual([2, 10]);
  });

  test('no tensor of a step is registered with the garbage collector', async () => {
    const trainer = new Trainer({ ...buildModel(dcgan, { set: { width: '4' } }), device: testDevice });
    const loader = tinyDataset().loader({ batch: 8, seed: 3, device: testDevice, resident });
    // Where graphs are captured, their inputs are kept from then on.
    for await (const _ of trainer.fit(loader, { steps: WARM_UP_RUNS + 2 }));
    const register = jest.spyOn(unreachable, 'register');
    try {
      // Of an epoch of 12 steps: the next one's order is sent once.
      for await (const _ of trainer.fit(loader, { steps: 11, logEvery: 3 }));
      expect(register).not.toHaveBeenCalled();
    } finally {
      register.mockRestore();
      loader.dispose();
      trainer.dispose();
    }
  });
});
