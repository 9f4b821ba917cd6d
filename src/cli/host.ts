/** A stream a command writes to. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** The signals that end a command. */
export type EndSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** What a command needs of its process: `process` itself, or what a test puts in its place. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  /** Milliseconds that only go on, by which progress is shown (`Date.now`). */
  readonly now?: () => number;
  kill(pid: number, signal: EndSignal): unknown;
  on(signal: EndSignal, listener: () => void): unknown;
  off(signal: EndSignal, listener: () => void): unknown;
}
