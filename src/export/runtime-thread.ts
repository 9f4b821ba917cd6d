import { Worker } from 'node:worker_threads';
import { WORKER_SOURCE, type WorkerAnswer, type WorkerRequest } from './runtime-worker';

/** How long a thread waits for the next model, in milliseconds. Its start takes longer than most models. */
const PATIENCE = 1000;

/** A thread of onnxruntime, which has one model after the other: compiling its WebAssembly takes longer than most models. */
export class RuntimeThread {
  static #idle: RuntimeThread | null = null;

  readonly #runtime: string;
  readonly #worker: Worker;
  #ended = false;
  #patience: NodeJS.Timeout | undefined;

  private constructor(runtime: string) {
    this.#runtime = runtime;
    this.#worker = new Worker(WORKER_SOURCE, { eval: true, workerData: runtime });
    this.#worker.once('exit', () => {
      this.#ended = true;
    });
    // Without a listener it would end the process; who waits for an answer has one of its own.
    this.#worker.on('error', () => {});
  }

  /** One that has no model: one that had others before it, or a new one. */
  static take(runtime: string): RuntimeThread {
    const idle = RuntimeThread.#idle;
    if (idle === null || idle.#ended || idle.#runtime !== runtime) return new RuntimeThread(runtime);
    RuntimeThread.#idle = null;
    clearTimeout(idle.#patience);
    idle.#worker.ref();
    return idle;
  }

  /** Gives back one whose model is closed. It waits a while for the next, and keeps no process alive. */
  async giveBack(): Promise<void> {
    if (RuntimeThread.#idle !== null) return this.end();
    RuntimeThread.#idle = this;
    this.#worker.unref();
    this.#patience = setTimeout(() => {
      if (RuntimeThread.#idle === this) RuntimeThread.#idle = null;
      this.end();
    }, PATIENCE).unref();
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** What it answers; that it ended, if that comes first. */
  ask(request: WorkerRequest): Promise<WorkerAnswer> {
    const worker = this.#worker;
    return new Promise((resolve) => {
      const settle = (answer: WorkerAnswer): void => {
        worker.off('message', settle);
        worker.off('error', fail);
        worker.off('exit', end);
        resolve(answer);
      };
      const fail = (error: unknown): void =>
        settle({ failed: error instanceof Error ? error.message : String(error) });
      const end = (): void => settle({ failed: 'its thread ended' });
      worker.on('message', settle);
      worker.on('error', fail);
      worker.on('exit', end);
      worker.postMessage(request);
    });
  }
}
