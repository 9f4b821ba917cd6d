import { fetched } from './beside';
import type { Feeds, ModelFacts, Numbers } from './facts';
import { openSession, type Provider, type Session } from './ort';
import { largestDifference, probesOf } from './probe';

/** A module of one SIMD instruction. */
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
];

/** Why this browser cannot run the model; null where it can. */
export function missingInBrowser(): string | null {
  if (typeof WebAssembly !== 'object')
    return 'This browser has no WebAssembly, which the model runs in. Any browser of the last years has it.';
  if (!WebAssembly.validate(Uint8Array.from(SIMD)))
    return 'This browser’s WebAssembly has no SIMD, which the model needs. Chrome and Edge have it from 91, Firefox from 89, Safari from 16.4.';
  if (location.protocol === 'file:')
    return 'A browser does not read models from a file system. Serve this folder, for example with: npx http-server';
  return null;
}

/**
 * The model, ready to run: in WebAssembly, and by WebGPU where that was asked for and agrees. Whatever is asked of it waits for what was asked
 * before.
 */
export class Running {
  #webgpu: Session | null = null;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly facts: ModelFacts,
    readonly wasm: Session,
    /** Is told why WebGPU was left. */
    readonly left: (reason: string) => void,
  ) {}

  /** Fetches the model and its runtime, both from beside the page. */
  static async open(left: (reason: string) => void): Promise<Running> {
    const facts: ModelFacts = await fetched('model.json').then((response) => response.json());
    return new Running(facts, await openSession('wasm', facts.output.name), left);
  }

  get provider(): Provider {
    return this.#webgpu ? 'webgpu' : 'wasm';
  }

  run(feeds: Feeds): Promise<Numbers> {
    return this.#after(async () => {
      if (!this.#webgpu) return this.wasm.run(feeds);
      try {
        return await this.#webgpu.run(feeds);
      } catch (error) {
        // A device can be lost, and its memory run out.
        await this.#closeWebGpu();
        this.left(`WebGPU failed (${lineOf(error)}): WebAssembly runs the model again.`);
        return this.wasm.run(feeds);
      }
    });
  }

  /**
   * Runs by WebGPU from now on.
   *
   * @returns the largest difference from WebAssembly
   * @throws Error where that is more than it may be, or where the model does not run
   */
  useWebGpu(): Promise<number> {
    return this.#after(async () => {
      // onnxruntime-web 1.30 fuses a convolution, an activation and a clip in the wrong order.
      const [largest, session] = await this.#opened(true).catch(() => this.#opened(false));
      this.#webgpu = session;
      return largest;
    });
  }

  /** Runs in WebAssembly from now on. */
  useWasm(): Promise<void> {
    return this.#after(() => this.#closeWebGpu());
  }

  /** A session by WebGPU that agrees, after its largest difference. */
  async #opened(fused: boolean): Promise<[number, Session]> {
    const session = await openSession('webgpu', this.facts.output.name, fused);
    try {
      const largest = await this.#compare(session);
      const tolerance = this.facts.webgpu?.tolerance ?? 0;
      if (largest <= tolerance) return [largest, session];
      throw new Error(
        `its results are up to ${largest.toExponential(1)} from WebAssembly’s, more than ${tolerance.toExponential(0)}`,
      );
    } catch (error) {
      await session.close().catch(() => undefined);
      throw error;
    }
  }

  async #compare(session: Session): Promise<number> {
    const differences: number[] = [];
    for (const feeds of probesOf(this.facts))
      differences.push(largestDifference(await this.wasm.run(feeds), await session.run(feeds)));
    return Math.max(...differences);
  }

  async #closeWebGpu(): Promise<void> {
    const session = this.#webgpu;
    this.#webgpu = null;
    await session?.close().catch(() => undefined);
  }

  #after<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}

/** What an error says, in one line of a sentence’s length. */
export function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
}
