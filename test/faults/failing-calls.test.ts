// The disk is full or broken at one call of a training, or from it on.
import { changesDisk, type FaultPlace, type FileCall, testWithFaults } from './faulty-process';
import { type Outcome, type PlannedCall, SCENARIOS, ScenarioHome } from './scenario';

/**
 * Of calls that the same code makes for another file of a checkpoint or another line of a log, the last. That a file which was only read
 * cannot be closed does not happen, and ends Node.
 */
function distinct(calls: readonly PlannedCall[]): readonly PlannedCall[] {
  const last = new Map<string, PlannedCall>();
  for (const call of calls)
    if (call.own && call.call !== 'close-read') last.set(`${call.call} ${kindOf(call.path)}`, call);
  return [...last.values()];
}

/** A path without process, time, network and step. */
function kindOf(path: string): string {
  return path
    .replace(/\w+\.safetensors/, '')
    .replace(/(networks|ema|optimizers)\b/, '')
    .replace(/[\d-]+[\w.-]*/g, '');
}

const needsRoom = ({ call }: FileCall) => /^(open|write|mkdir|rename|sync)$/.test(call);

/** One line of error and no stack, and the exit code that goes with it; or the training went on. */
function expectOneLine({ status, signal, stderr }: Outcome): void {
  expect(signal).toBeNull();
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('warning: '));
  expect({ status, lines }).toEqual(
    status === 0 ? { status: 0, lines: [] } : { status: 1, lines: [expect.stringMatching(/^error: /)] },
  );
}

/** Where the kinds before have been at every call. */
const everySecond = (calls: readonly PlannedCall[]) => calls.filter((_, i) => i % 2 === 1);

const KINDS: Readonly<Record<string, (calls: readonly PlannedCall[]) => FaultPlace[]>> = {
  'a call fails with EIO': (calls) => distinct(calls).map(({ at }) => ({ how: 'EIO', at })),
  'the disk is broken from a call on': (calls) =>
    everySecond(distinct(calls).filter(changesDisk)).map(({ at }) => ({ how: 'EIO', at, lasts: true })),
  'the disk is full from a call on': (calls) =>
    distinct(calls)
      .filter(needsRoom)
      .map(({ at }) => ({ how: 'ENOSPC', at, lasts: true })),
  'the disk is full at a call': (calls) =>
    everySecond(distinct(calls).filter(needsRoom)).map(({ at }) => ({ how: 'ENOSPC', at })),
};

describe.each(Object.entries(SCENARIOS))('%s', (_, scenario) => {
  testWithFaults.each(Object.entries(KINDS))(
    'ends in one line and loses nothing where %s',
    async (__, faultsIn) => {
      const home = await ScenarioHome.begin(scenario);
      await home.expectAllWhole(faultsIn(home.calls()), 'failed calls', expectOneLine);
      home.end();
    },
  );

  testWithFaults('goes on as if nothing had been where a call writes less than it was given', async () => {
    const home = await ScenarioHome.begin(scenario);
    const writes = distinct(home.calls()).filter(({ call }) => call === 'write');
    const faults = writes.map(({ at }) => ({ how: 'short', at }) as const);
    await home.expectAllWhole(faults, 'short writes', ({ status }) => expect(status).toBe(0));
    home.end();
  });
});
