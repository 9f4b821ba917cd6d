// The same faults, through the command itself.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyMnist } from '../cli/tiny-data';
import { filesOf } from '../support/training';
import { countFaults } from './count';
import { changesDisk, type FaultPlace, runWithFault, testWithFaults } from './faulty-process';
import { checkpointOf } from './what-is-left';

const SCRIPT = join(__dirname, '..', '..', 'scripts', 'train.ts');
const PLACES = 8;

let home: string;
beforeAll(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'faults-train-')));
  writeTinyMnist(home);
});
afterAll(() => rmSync(home, { recursive: true }));

const MODEL = ['dcgan', '--set', 'width=4', '--set', 'latentSize=8', '--resolution', '16', '--batch', '8'];
const PACE = ['--steps', '4', '--checkpoint-every', '2', '--log-every', '1', '--device', 'cpu', '--quiet'];

function train(run: string, args: readonly string[], fault?: FaultPlace) {
  return runWithFault([SCRIPT, ...args], { folder: join(home, run), fault, home });
}

const begin = (run: string, fault?: FaultPlace) =>
  train(run, [...MODEL, ...PACE, '--dataset', 'mnist', '--data-dir', home, '--out', join(home, run)], fault);

/** Goes on with a run, or begins it again where it has nothing to go on with. */
function goOn(run: string): void {
  const { status } = train(run, ['--resume', join(home, run), '--quiet']);
  expect({ run, status: status === 0 ? 0 : begin(run).status }).toEqual({ run, status: 0 });
}

/** The numbers of some calls that change the disk, from the first to the last. */
function somePlaces(): number[] {
  const { status, calls } = begin('whole');
  expect(status).toBe(0);
  const all = calls.flatMap((call, i) => (changesDisk(call) ? [i + 1] : []));
  return Array.from({ length: PLACES }, (_, i) => all[Math.floor((i * (all.length - 1)) / (PLACES - 1))]);
}

testWithFaults(
  'train goes on to the same bytes after a kill or a full disk, and tells of it in one line',
  () => {
    const places = somePlaces();
    const whole = filesOf(checkpointOf(join(home, 'whole'), 4));
    for (const at of places) {
      expect(begin(`killed-${at}`, { how: 'kill', at }).signal).toBe('SIGKILL');
      const { status, stderr } = begin(`full-${at}`, { how: 'ENOSPC', at, lasts: true });
      const tells = expect.stringMatching(/^error: cannot write .*the disk is full.*\n$/);
      // The last call removes the lock, which needs no room.
      expect({ at, status, stderr }).toEqual(
        at === places.at(-1) ? { at, status: 0, stderr: '' } : { at, status: 1, stderr: tells },
      );
      for (const run of [`killed-${at}`, `full-${at}`]) {
        goOn(run);
        expect(filesOf(checkpointOf(join(home, run), 4))).toEqual(whole);
      }
    }
    countFaults('kills', PLACES);
    countFaults('failed calls', PLACES);
  },
);
