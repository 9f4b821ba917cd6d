import { whyIncomparable } from './check';
import { type Answer, ask, type Command, type Stop } from './child';
import { findPeer, type PeerName, type Presence, peerCommand } from './peers';
import { format } from './report/format';
import type { Absence, GroupResult, ParticipantResult } from './results';
import type { Group, Participant } from './suites';
import type { Measured, Precision, RateTask, Task } from './task';

const PRECISIONS: readonly Precision[] = ['fp32', 'bf16'];

/** What a run needs from outside. */
export interface Bench extends Stop {
  readonly rounds: number;
  readonly device: string;
  readonly threads: number;
  readonly libtorch: string;
  readonly env: NodeJS.ProcessEnv;
  /** How this library is started on a task. */
  ourCommand(task: Task): Command;
  /** Told of each measurement. */
  log(line: string): void;
}

/** Measures the participants of a group in turn, round by round, each in a process of its own. */
export async function runGroup(group: Group, bench: Bench): Promise<GroupResult> {
  const running = group.participants.map((participant) => new Running(group, participant, bench));
  const rates: Record<Precision, number[]> = { fp32: [], bf16: [] };
  const precisions = PRECISIONS.filter((each) =>
    group.participants.some(({ precision }) => precision === each),
  );
  const wantsRates = group.participants.some(({ flops }) => flops !== null);
  for (let round = 0; round < bench.rounds && !bench.signal.aborted; round++) {
    if (wantsRates) await measureRates(rates, precisions, bench);
    // Whoever comes first finds the machine rested: so each round begins with another one.
    const start = round % running.length;
    for (const participant of [...running.slice(start), ...running.slice(0, start)])
      if (!bench.signal.aborted) await participant.measure(round);
  }
  const { suite, title, figures, networks } = group;
  const participants = running.map((participant) => participant.result());
  return { suite, title, figures, networks, participants, rates: wantsRates ? rates : null };
}

async function measureRates(
  rates: Record<Precision, number[]>,
  precisions: readonly Precision[],
  bench: Bench,
): Promise<void> {
  const task: RateTask = { kind: 'rate', device: bench.device, threads: bench.threads, precisions };
  const answer = await ask(bench.ourCommand(task), bench);
  if ('failure' in answer) {
    bench.log(`the rate of the matrix product could not be measured: ${answer.failure}`);
    return;
  }
  for (const each of precisions) rates[each].push(answer.measured.figures[each]);
}

/** A participant and what it has answered so far. */
class Running {
  readonly #group: Group;
  readonly #participant: Participant;
  readonly #bench: Bench;
  readonly #rounds: Record<string, (number | null)[]> = {};
  readonly #presence: Presence | null;
  #absence: Absence | null = null;
  #first: Measured | null = null;

  constructor(group: Group, participant: Participant, bench: Bench) {
    this.#group = group;
    this.#participant = participant;
    this.#bench = bench;
    const name = peerName(participant);
    this.#presence = name === null ? null : findPeer(name, bench);
    if (this.#presence && 'missing' in this.#presence) {
      const { missing, install } = this.#presence;
      this.#absence = { kind: 'missing', reason: missing, install };
      this.#log(install === null ? missing : `${missing}; install it with: ${install}`);
    }
    for (const { key } of group.figures) this.#rounds[key] = Array(bench.rounds).fill(null);
  }

  async measure(round: number): Promise<void> {
    const { once } = this.#participant;
    if (this.#absence !== null || (once && round > 0)) return;
    // The first one after a while reads its files from the disk.
    if (this.#participant.task.kind === 'import' && round === 0) await ask(this.#command(round), this.#bench);
    const answer = await ask(this.#command(round), this.#bench);
    if (this.#bench.signal.aborted) return;
    this.#take(answer, round);
  }

  result(): ParticipantResult {
    const { name, label, precision, flops, task } = this.#participant;
    const version = this.#presence && 'version' in this.#presence ? this.#presence.version : null;
    return {
      name,
      label,
      precision,
      version: this.#first?.version ?? version,
      parameters: this.#first?.parameters ?? null,
      passes: this.#first?.passes ?? null,
      batch: 'batch' in task ? task.batch : null,
      flops,
      countedFlops: this.#first?.flops ?? null,
      rounds: this.#rounds,
      absence: this.#absence,
      ...(this.#first?.note !== undefined && { note: this.#first.note }),
    };
  }

  #command(round: number): Command {
    const { task } = this.#participant;
    // Counting takes a step of its own: once is enough.
    const asked = task.kind === 'train' ? { ...task, countFlops: task.countFlops && round === 0 } : task;
    const name = peerName(this.#participant);
    return name === null ? this.#bench.ourCommand(asked) : peerCommand(name, asked, this.#bench.env);
  }

  #take(answer: Answer, round: number): void {
    if ('failure' in answer) {
      this.#leave('failed', answer.failure);
      return;
    }
    const { measured, wallMs } = answer;
    const reason = whyIncomparable(this.#group, this.#participant, measured);
    if (reason !== null) {
      this.#leave('refused', reason);
      return;
    }
    this.#first ??= measured;
    const figures: Record<string, number> = { process: wallMs, ...measured.figures };
    for (const { key } of this.#group.figures) this.#rounds[key][round] = figures[key] ?? null;
    const text = this.#group.figures.map(({ key, unit }) => `${format(figures[key], unit)} ${unit}`);
    this.#log(`${text.join(', ')} (round ${round + 1} of ${this.#bench.rounds})`);
  }

  #leave(kind: 'failed' | 'refused', reason: string): void {
    this.#absence = { kind, reason, install: null };
    this.#log(`${kind === 'failed' ? 'failed' : 'refused'}: ${reason}`);
  }

  #log(line: string): void {
    this.#bench.log(`${this.#group.title}: ${this.#participant.label} ${line}`);
  }
}

/** Null for this library's own participants. */
function peerName({ name }: Participant): PeerName | null {
  return name === 'libtorch-gan' || name === 'training' ? null : name;
}
