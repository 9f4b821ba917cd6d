import { Agent, request } from 'node:http';

/** Who asks for what, and for how long. */
export interface LoadOptions {
  readonly address: string;
  /** A path with a query; `&seed=N` comes at its end, another one each time. */
  readonly path: string;
  readonly clients: number;
  readonly seconds: number;
  /** Ends after so many requests, too (no end). */
  readonly most?: number;
}

/** What came of it. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** What went wrong, a text each. */
  readonly errors: readonly string[];
  /** Milliseconds from a request to its last byte. */
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
}

/** Clients that each ask again as soon as they have their answer, over a connection of their own that stays open. */
export async function loadOf({
  address,
  path,
  clients,
  seconds,
  most = Number.POSITIVE_INFINITY,
}: LoadOptions): Promise<Load> {
  const times: number[] = [];
  const errors: string[] = [];
  const start = performance.now();
  let asked = 0;
  const goesOn = () => performance.now() - start < seconds * 1_000 && asked < most;
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (goesOn()) {
      const began = performance.now();
      const problem = await ask(new URL(`${path}&seed=${asked++}`, address), agent);
      if (problem === undefined) times.push(performance.now() - began);
      else errors.push(problem);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: clients }, client));
  const sorted = times.sort((a, b) => a - b);
  const quantile = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return {
    requests: times.length,
    seconds: (performance.now() - start) / 1_000,
    errors,
    p50: quantile(0.5),
    p99: quantile(0.99),
    slowest: quantile(1),
  };
}

/** Undefined where all of an answer came. */
function ask(url: URL, agent: Agent): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request(url, { agent }, (response) => {
      response.on('error', (error) => resolve(error.message));
      response.on('end', () =>
        resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`),
      );
      response.resume();
    });
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}
