import { randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { hasCode, messageOf } from '../../src/errors';
import { countFaults } from './count';
import { type FaultPlace, type FaultyProcess, type FileCall, runWithFault } from './faulty-process';
import { trainTiny } from './tiny-run';
import {
  checkpointOf,
  type End,
  endOf,
  expectSameEnd,
  expectWhole,
  NOTHING,
  type Whole,
  wholeAfter,
} from './what-is-left';

const SCRIPT = join(__dirname, 'train-tiny.ts');

/** The step that every run reaches in the end, so that they can be compared. */
const LAST = 6;

/** A training in which something goes wrong. */
interface Scenario {
  /** Makes what it finds in its folder (nothing). */
  readonly prepare?: (run: string) => Promise<unknown>;
  /** What is whole there. */
  readonly before: Whole;
  /** Those of `train-tiny.ts`, after the folder. */
  readonly args: readonly string[];
  /** Which of its calls no other scenario makes (all). */
  readonly own?: (call: FileCall) => boolean;
}

/** Linux gives out ids up to 4194304. */
const DEAD = 4194999;

/** The scenarios, by what is trained. Together they make every kind of write that a training makes. */
export const SCENARIOS = {
  'a first training': {
    before: NOTHING,
    args: ['2'],
    own: ({ path }) => !/^(samples|evaluation|report)/.test(path),
  },
  'a resumed training': {
    prepare: (run) => trainTiny(run, { steps: 2 }),
    before: { step: 2, best: true, config: true },
    args: ['4', 'resume'],
  },
  'a training that goes back to the checkpoint before a damaged one': {
    prepare: async (run) => {
      await trainTiny(run, { steps: 4, keep: 0 });
      truncateSync(join(checkpointOf(run, 4), 'state.safetensors'), 20);
    },
    before: { step: 2, best: true, config: true },
    args: ['4', 'resume'],
    own: ({ path, to = '' }) =>
      /^(evaluations|metrics)\.jsonl|\.old\b/.test(path) || /^(checkpoints|best|\.best)|\.old$/.test(to),
  },
  'a start after a death between two renames': {
    prepare: async (run) => {
      await trainTiny(run, { steps: 4, keep: 0 });
      renameSync(join(run, 'best'), join(run, `.best.${DEAD}.tmp`));
      cpSync(checkpointOf(run, 2), join(run, `.best.${DEAD}.old`), { recursive: true });
      renameSync(checkpointOf(run, 4), join(run, 'checkpoints', `.step-000004.${DEAD}.tmp`));
      writeFileSync(join(run, `config.json.${DEAD}.${randomUUID()}.tmp`), '{');
    },
    before: { step: 2, best: true, config: true },
    args: ['6', 'resume'],
    own: ({ path }) => path.includes(String(DEAD)),
  },
} satisfies Record<string, Scenario>;

/** A call of a scenario, by its number. */
export interface PlannedCall extends FileCall {
  readonly at: number;
  readonly own: boolean;
}

/** How a process with a fault ended, and its run. */
export interface Outcome extends FaultyProcess {
  readonly run: string;
}

/** A place for the runs of one scenario, and the run that nothing befell. */
export class ScenarioHome {
  readonly #home = realpathSync(mkdtempSync(join(tmpdir(), 'faults-runs-')));
  readonly #cache = process.env.XDG_CACHE_HOME;
  readonly #scenario: Scenario;
  #reference: End | undefined;

  private constructor(scenario: Scenario) {
    this.#scenario = scenario;
    process.env.XDG_CACHE_HOME = join(this.#home, 'cache');
  }

  static async begin(scenario: Scenario): Promise<ScenarioHome> {
    const home = new ScenarioHome(scenario);
    await trainTiny(home.#path('reference'), { steps: LAST });
    home.#reference = endOf(home.#path('reference'));
    await scenario.prepare?.(home.#path('before'));
    return home;
  }

  end(): void {
    rmSync(this.#home, { recursive: true });
    if (this.#cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = this.#cache;
  }

  /** The calls that the scenario makes where nothing goes wrong; of those that are not its own, none is `own`. */
  calls(): readonly PlannedCall[] {
    const { status, calls } = this.#run();
    expect(status).toBe(0);
    const { own = () => true } = this.#scenario;
    return calls.map((call, i) => ({ ...call, at: i + 1, own: own(call) }));
  }

  /**
   * Runs the scenario with each of the faults, looks at what is left, and goes on to the end of the training, which must be that of one
   * that nothing befell. Problems of all of them are told together.
   *
   * @param kind what the faults are counted as
   * @param check looks at how the process ended
   */
  async expectAllWhole(
    faults: readonly FaultPlace[],
    kind: string,
    check: (outcome: Outcome, fault: FaultPlace) => void,
  ): Promise<void> {
    const problems: string[] = [];
    for (const fault of faults) {
      const outcome = this.#run(fault);
      try {
        check(outcome, fault);
        const whole = wholeAfter(this.#scenario.before, outcome.calls, fault);
        // What was learned is saved all the same.
        const mayLack =
          outcome.signal === null && /^(metrics|events|samples)/.test(outcome.calls[fault.at - 1].path);
        await expectWhole(outcome.run, whole, mayLack);
        await goOn(outcome.run, whole);
        expectSameEnd(outcome.run, this.#reference!, mayLack);
      } catch (error) {
        const { call, path } = outcome.calls[fault.at - 1] ?? {};
        problems.push(`${JSON.stringify(fault)} ${call} ${path}: ${differences(messageOf(error))}`);
      }
    }
    expect(problems).toEqual([]);
    countFaults(kind, faults.length);
  }

  #run(fault?: FaultPlace): Outcome {
    const [run, before] = [this.#path('run'), this.#path('before')];
    rmSync(run, { recursive: true, force: true });
    if (existsSync(before)) cpSync(before, run, { recursive: true });
    return {
      run,
      ...runWithFault([SCRIPT, run, ...this.#scenario.args], { folder: run, fault, home: this.#home }),
    };
  }

  #path(name: string): string {
    return join(this.#home, name);
  }
}

/** Resumes the run, or begins it anew where it had no checkpoint: one that was whole but had not its name yet counts too. */
async function goOn(run: string, { step }: Whole): Promise<void> {
  const resume = { steps: LAST, resume: true };
  if (step > 0) await trainTiny(run, resume);
  else
    await trainTiny(run, { steps: LAST }).catch((error) =>
      hasCode(error, 'ERR_RUN_EXISTS') ? trainTiny(run, resume) : Promise.reject(error),
    );
}

/** Of the comparison of two runs, what differs. */
function differences(message: string): string {
  const lines = stripVTControlCharacters(message).split('\n');
  const differing = lines.filter((line) => /^[+-] {2}/.test(line));
  return (differing.length > 0 ? differing : lines).join('\n');
}
