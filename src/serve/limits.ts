/** What a server gives away at most: in number, size and time. */
export interface Limits {
  /** Open connections; one more gets 503. */
  readonly connections: number;
  /** Open streams of events; one more gets 503. */
  readonly streams: number;
  /** Requests that a model is given at once: while one is made, the next is at hand. */
  readonly inWork: number;
  /** Requests that wait for a model; one more gets 503. */
  readonly waiting: number;
  /** How long one of them waits, in milliseconds. */
  readonly waitMs: number;
  /** Bytes of a picture that is sent in. */
  readonly bodyBytes: number;
  /** Pictures that are sent in, or wait for their model, at once; one more gets 503. */
  readonly uploads: number;
  /** Images of a request. */
  readonly count: number;
  /** Bytes of an answer. */
  readonly answerBytes: number;
  /** Bytes of answers that are made but not read by their clients. */
  readonly unreadBytes: number;
  /** Until a request's headers are there, in milliseconds. */
  readonly headersMs: number;
  /** Until all of a request is there, in milliseconds. */
  readonly requestMs: number;
  /** Until a client has read an answer, or caught up with its events, in milliseconds. */
  readonly readMs: number;
  /** What requests in work get at the end, in milliseconds. */
  readonly drainMs: number;
}

/** The limits of `serve`. */
export const LIMITS: Limits = {
  connections: 256,
  streams: 64,
  inWork: 2,
  waiting: 128,
  waitMs: 60_000,
  bodyBytes: 16 << 20,
  uploads: 16,
  count: 256,
  answerBytes: 64 << 20,
  unreadBytes: 256 << 20,
  headersMs: 10_000,
  requestMs: 30_000,
  readMs: 60_000,
  drainMs: 10_000,
};

/** How long a connection may be idle, in milliseconds: that of a client that neither reads nor sends, and waits for no model. */
export function idleMs({ waitMs, readMs }: Limits): number {
  return waitMs + readMs;
}
