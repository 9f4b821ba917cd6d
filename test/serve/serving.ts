import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelFacts } from '../../src/report/page/wire';
import type { ApplyQuery, ImagesQuery, MadeImages, Models } from '../../src/serve/models';
import { RunList } from '../../src/serve/run-list';
import { DashboardServer, type ServerOptions } from '../../src/serve/server';
import { CONFIG, trainingLines, writeRun } from '../report/page/run-fixture';

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** A folder of tests, gone after them; links in its path are resolved. */
export function testFolder(name: string): string {
  return realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
}

/** A run of some steps, with two grids, in a folder. */
export function smallRun(folder: string, steps = 5): string {
  return writeRun(folder, {
    config: CONFIG,
    metrics: trainingLines(steps),
    samples: [100, 200],
    pictures: ['real'],
  });
}

/** Asks a server; headers and method as they are given. */
export function ask(
  address: string,
  path: string,
  { body, ...options }: RequestOptions & { body?: Uint8Array | string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, agent: false, ...options }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(parts);
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: whole, text: whole.toString() });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** The connection that a test holds open without a word. */
export function silent(address: string) {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  return socket;
}

/** Sends bytes as they are, and gives all that comes until the server ends the connection. */
export function sendRaw(address: string, text: string): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (part) => {
      answer += part;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

/** Models that make no images, and remember what they were asked. */
export class FakeModels implements Models {
  readonly asked: (ImagesQuery | ApplyQuery)[] = [];
  isClosed = false;
  /** What an answer waits for. */
  hold: Promise<void> = Promise.resolve();
  bytes: Uint8Array = Buffer.from('images');

  async describe(run: string): Promise<ModelFacts> {
    const none = { classNames: [], classes: 0, directions: [] };
    return { takes: 'latents', checkpoint: run, step: 7, weights: 'ema', ...none };
  }

  async images(_run: string, query: ImagesQuery): Promise<MadeImages> {
    this.asked.push(query);
    await this.hold;
    return { bytes: this.bytes, count: 1, step: 7 };
  }

  apply(run: string, query: ApplyQuery): Promise<MadeImages> {
    return this.images(run, query);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** Servers of a file of tests, closed after each of them, and a folder for each. */
export function serverTests(name: string) {
  const open: DashboardServer[] = [];
  let folder = '';
  beforeEach(() => {
    folder = testFolder(name);
  });
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    at: (...parts: string[]) => join(folder, ...parts),
    async serve(paths: readonly string[], options: Partial<ServerOptions> = {}): Promise<DashboardServer> {
      const runs = await RunList.open(paths);
      const server = await DashboardServer.listen({ runs, host: '127.0.0.1', port: 0, ...options });
      open.push(server);
      return server;
    },
  };
}

/** An event of a stream. */
export interface ServerEvent {
  readonly name: string;
  readonly data: Record<string, unknown> & { readonly id?: string };
}

/** The events of a stream as they come; `close` leaves it. */
export function openEvents(address: string, path: string) {
  const events: ServerEvent[] = [];
  let rest = '';
  let wake = () => {};
  let ended = false;
  const asked = request(new URL(path, address), { agent: false }, (response) => {
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      const blocks = `${rest}${part}`.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const found = /^event: (\w+)\ndata: (.*)$/s.exec(block);
        if (found) events.push({ name: found[1], data: JSON.parse(found[2]) });
      }
      wake();
    });
    response.on('close', () => {
      ended = true;
      wake();
    });
  });
  asked.on('error', () => {
    ended = true;
    wake();
  });
  asked.end();
  return {
    events,
    /** The first event of a name, from a place in the list on, when it is there. */
    async next(name: string, fits: (event: ServerEvent) => boolean = () => true): Promise<ServerEvent> {
      for (;;) {
        const found = events.find((event) => event.name === name && fits(event));
        if (found) return found;
        if (ended) throw new Error(`the stream ended without ${name}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => asked.destroy(),
  };
}
