import { SHARE_ENV, Worker } from 'node:worker_threads';
import { GanError, messageOf } from '../errors';
import type { ModelFacts } from '../report/page/wire';
import type { ApplyQuery, ImagesQuery, MadeImages, Models } from '../serve/models';
import type { KeptModelsOptions } from './kept-models';
import { loadingCode } from './loading-code';

/** What the thread is asked. */
export type ThreadRequest =
  | { readonly kind: 'describe'; readonly run: string }
  | { readonly kind: 'images'; readonly run: string; readonly query: ImagesQuery }
  | { readonly kind: 'apply'; readonly run: string; readonly query: ApplyQuery };

/** What it answers: a result, or an error by code and message. */
export type ThreadAnswer =
  | { readonly id: number; readonly result: ModelFacts | MadeImages }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } };

interface Waiting {
  readonly resolve: (result: ModelFacts | MadeImages) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Makes images in a thread of its own, so that the server answers others meanwhile. The thread starts with the first request: before it,
 * LibTorch is not loaded. One that ends by an error is started again by the next request.
 */
export class ModelThread implements Models {
  readonly #options: KeptModelsOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #last = 0;

  constructor(options: KeptModelsOptions = {}) {
    this.#options = options;
  }

  async describe(run: string): Promise<ModelFacts> {
    const answer = await this.#ask({ kind: 'describe', run });
    if ('takes' in answer) return answer;
    throw new RangeError('expected what a model takes but received images');
  }

  images(run: string, query: ImagesQuery): Promise<MadeImages> {
    return this.#made({ kind: 'images', run, query });
  }

  apply(run: string, query: ApplyQuery): Promise<MadeImages> {
    return this.#made({ kind: 'apply', run, query });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #made(request: ThreadRequest): Promise<MadeImages> {
    const answer = await this.#ask(request);
    if ('bytes' in answer) return answer;
    throw new RangeError('expected images but received what a model takes');
  }

  #ask(request: ThreadRequest): Promise<ModelFacts | MadeImages> {
    const worker = this.#worker ?? this.#start();
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, request });
    });
  }

  #start(): Worker {
    const worker = new Worker(loadingCode('model-worker'), {
      eval: true,
      execArgv: [],
      env: SHARE_ENV,
      workerData: this.#options,
    });
    let problem = 'it ended';
    worker.on('message', (answer: ThreadAnswer) => this.#take(answer));
    worker.on('error', (error) => {
      problem = messageOf(error);
    });
    worker.on('exit', () => this.#lose(worker, problem));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #take(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('result' in answer) waiting?.resolve(answer.result);
    else waiting?.reject(new GanError(answer.error.code, answer.error.message));
  }

  #lose(worker: Worker, problem: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values())
      reject(new GanError('ERR_MODEL_THREAD', `the thread that makes images ended: ${problem}`));
    this.#waiting.clear();
  }
}
