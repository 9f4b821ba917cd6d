import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import type { EndSignal, Host } from '../../src/cli/host';
import type { Recipes } from '../../src/cli/settings';
import type { ImageSize } from '../../src/data/image-size';
import { choice, integer } from '../../src/recipes/config';

/** A stream that keeps what was written, and emits `line` for each whole line. */
export class Sink extends Writable {
  text = '';
  #line = '';
  constructor(readonly isTTY = false) {
    super({ decodeStrings: false });
  }
  override _write(chunk: string | Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk;
    const lines = `${this.#line}${chunk}`.split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.emit('line', line);
    done();
  }
}

/** What a write to a stream fails with whose reader went away. */
export function readerGone(): Error {
  return Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
}

/** What a write fails with where no space is left. */
export function diskFull(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}

/** A process that only remembers, and whose clock counts its readings, as seconds on a screen and else as milliseconds: what is shown does not hang on a machine's speed. */
export class FakeHost implements Host {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Record<string, string | undefined>;
  readonly signals = new EventEmitter();
  readonly pid = 4711;
  readonly kills: [number, EndSignal][] = [];
  readonly now: () => number;

  constructor({ tty = false, env = {} }: { tty?: boolean; env?: Record<string, string> } = {}) {
    this.stdout = new Sink(tty);
    this.stderr = new Sink(tty);
    this.env = env;
    let readings = 0;
    this.now = () => (tty ? 1000 : 1) * readings++;
  }

  kill(pid: number, signal: EndSignal): void {
    this.kills.push([pid, signal]);
  }

  on(signal: EndSignal, listener: () => void): void {
    this.signals.on(signal, listener);
  }

  off(signal: EndSignal, listener: () => void): void {
    this.signals.off(signal, listener);
  }
}

const powers = {
  description: 'a power of two from 16 to 256',
  accepts: ({ height, width }: ImageSize) => height === width && [16, 32, 64, 128, 256].includes(height),
};

function build(): never {
  throw new Error('never built here');
}

/** Recipes that cannot be built: two of images alone, and one of pairs. */
export const recipes: Recipes = {
  dcgan: {
    name: 'dcgan',
    summary: 'convolutions',
    fields: { width: integer(64, { min: 1, help: 'feature maps' }) },
    resolutions: powers,
    training: { resolution: 32, batch: 64, steps: 2000 },
    build,
  },
  mlp: {
    name: 'mlp',
    summary: 'dense layers',
    fields: {
      loss: choice('nonSaturating', ['nonSaturating', 'minimax'], { help: 'loss of the generator' }),
    },
    resolutions: { description: 'any size', accepts: () => true },
    training: { resolution: 28, batch: 100, steps: 5000 },
    build,
  },
  painter: {
    name: 'painter',
    summary: 'images of images',
    fields: {},
    data: 'pairs',
    resolutions: {
      description: 'any size whose sides 4 divides',
      accepts: ({ height, width }) => height % 4 === 0 && width % 4 === 0,
    },
    training: { resolution: 64, batch: 1, steps: 100 },
    build,
  },
};
