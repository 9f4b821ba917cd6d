import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { GanError, hasCode, messageOf } from '../errors';
import { Feed } from './feed';
import { addressOf, Gate } from './gate';
import { JobQueue } from './job-queue';
import { idleMs, LIMITS, type Limits } from './limits';
import type { Models } from './models';
import { dashboardPage } from './page';
import { Refusal, refusalOf } from './refusal';
import { route, type Served } from './routes';
import type { RunList } from './run-list';
import type { Token } from './token';

/** What a {@link DashboardServer} serves, and to whom. */
export interface ServerOptions {
  readonly runs: RunList;
  /** (images are not made) */
  readonly models?: Models;
  /** An address of this machine, or a name of one. */
  readonly host: string;
  /** 0 takes one that is free. */
  readonly port: number;
  /** (nothing must be known) */
  readonly token?: Token;
  /** Those that differ from {@link LIMITS}. */
  readonly limits?: Partial<Limits>;
  /** Is told of errors that are no fault of a client. */
  readonly onError?: (problem: string) => void;
}

/** On every answer: nothing of it runs, is framed, is kept, or tells another site where it came from. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

const URL_LENGTH = 2_048;
const HEADER_BYTES = 16 << 10;
/** How long a refused client may go on sending before its connection is cut. */
const LINGER_MS = 1_000;
const SWEEP_MS = 50;

/** The page of runs and the images of their models, by HTTP. */
export class DashboardServer {
  readonly #server: Server;
  readonly #options: ServerOptions;
  readonly #served: Served;
  readonly #limits: Limits;
  #gate: Gate;
  #port = 0;
  #isEnding = false;
  #connections = 0;
  readonly #refused = new WeakSet<Socket>();

  private constructor(options: ServerOptions) {
    const { runs, models, host, port, token } = options;
    const limits = { ...LIMITS, ...options.limits };
    this.#options = options;
    this.#limits = limits;
    this.#gate = new Gate({ host, port, token });
    const queue = new JobQueue({ most: limits.waiting, waitMs: limits.waitMs, atOnce: limits.inWork });
    const page = dashboardPage({ makesImages: models !== undefined });
    this.#served = { runs, models, limits, queue, page, feed: new Feed(runs, limits, options.onError) };
    this.#server = createServer(
      {
        maxHeaderSize: HEADER_BYTES,
        headersTimeout: limits.headersMs,
        requestTimeout: limits.requestMs,
        keepAliveTimeout: 5_000,
        connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
        // The gate refuses those without one, in words.
        requireHostHeader: false,
      },
      (request, response) => {
        // What a refused connection asks for until it is cut is read and forgotten, so that it gets its refusal.
        if (this.#refused.has(request.socket)) request.resume();
        else void this.#serve(request, response);
      },
    );
    this.#server.timeout = idleMs(limits);
    this.#server.on('connection', (socket) => this.#admit(socket));
    this.#server.on('clientError', (error, socket) => refuseSocket(socket, error));
  }

  /**
   * Listens.
   *
   * @throws GanError `ERR_CANNOT_LISTEN` in one line where the port is taken, or the address is none of this machine
   */
  static async listen(options: ServerOptions): Promise<DashboardServer> {
    const dashboard = new DashboardServer(options);
    await dashboard.#listen();
    return dashboard;
  }

  /** Where it is, with the port that it has. */
  get address(): string {
    return addressOf(this.#options.host, this.#port);
  }

  /** How many look at the page now. */
  get viewers(): number {
    return this.#served.feed.size;
  }

  /**
   * Ends in order: nobody new comes in, pages are told, and requests in work are answered, as long as there is time.
   *
   * @param reason what is said to those who look
   */
  async close(reason = 'the server has ended'): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#served.queue.close(reason);
    await this.#served.feed.close(reason);
    const timer = setTimeout(() => this.#server.closeAllConnections(), this.#limits.drainMs);
    // Those that have their answer.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), SWEEP_MS);
    await closed;
    clearTimeout(timer);
    clearInterval(sweep);
    await this.#served.models?.close();
  }

  async #listen(): Promise<void> {
    const { host, port, token } = this.#options;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen({ host, port, exclusive: true }, resolve);
      });
    } catch (error) {
      throw cannotListen(host, port, error);
    }
    this.#server.on('error', (error) => this.#options.onError?.(messageOf(error)));
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#gate = new Gate({ host, port: this.#port, token });
  }

  /** One connection too many is told so, and costs no more. */
  #admit(socket: Socket): void {
    socket.setNoDelay(true);
    if (this.#connections >= this.#limits.connections) {
      this.#refused.add(socket);
      refuseSocket(socket, undefined, '503 Service Unavailable', 'too many connections: come again later');
      return;
    }
    this.#connections++;
    socket.once('close', () => this.#connections--);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    response.on('error', () => gone.abort());
    request.on('error', () => gone.abort());
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (this.#isEnding) response.setHeader('Connection', 'close');
    try {
      const url = urlOf(request);
      const cookie = this.#gate.check(request, url);
      if (cookie === undefined) await route({ request, response, url, gone: gone.signal }, this.#served);
      else redirect(response, cookie);
    } catch (error) {
      this.#refuse(request, response, error);
    }
    this.#limitReading(request, response);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const { status, message, headers } = refusalOf(error);
    if (status === 500) this.#options.onError?.(message);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const isSending = sendsBody(request) && !request.complete;
    if (isSending) response.setHeader('Connection', 'close');
    response.removeHeader('ETag');
    response.statusCode = status;
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    const body = `${message}\n`;
    response.setHeader('Content-Length', Buffer.byteLength(body));
    if (!isSending) {
      response.end(request.method === 'HEAD' ? undefined : body);
      return;
    }
    // All of the answer goes out now, but only its end closes the connection.
    response.flushHeaders();
    if (request.method !== 'HEAD') response.write(body);
    linger(request, response);
  }

  /** A client that does not read its answer in time does not get the rest. */
  #limitReading({ url }: IncomingMessage, response: ServerResponse): void {
    if (response.writableFinished || url?.startsWith('/events')) return;
    const timer = setTimeout(() => response.destroy(), this.#limits.readMs);
    timer.unref();
    response.once('close', () => clearTimeout(timer));
  }
}

/** @throws Refusal 400 or 414 */
function urlOf({ url = '/' }: IncomingMessage): URL {
  if (url.length > URL_LENGTH) throw new Refusal(414, `expected an address of at most ${URL_LENGTH} letters`);
  try {
    // A path alone: an address with a host in it is for proxies.
    if (url.startsWith('/') && !url.startsWith('//')) return new URL(url, 'http://localhost');
  } catch {
    // Below.
  }
  throw new Refusal(400, 'expected a path that begins with one /');
}

/** The token leaves the address, where others could read it. */
function redirect(response: ServerResponse, cookie: string): void {
  response.writeHead(303, { Location: '/', 'Set-Cookie': cookie });
  response.end();
}

function sendsBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** What still comes is read and forgotten, for a moment: a connection that is cut at once loses the answer, too. */
function linger(request: IncomingMessage, response: ServerResponse): void {
  const end = () => response.end();
  request.once('end', end).resume();
  const timer = setTimeout(end, LINGER_MS);
  timer.unref();
  response.once('close', () => clearTimeout(timer));
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers what is no request that could be read. */
function refuseSocket(
  socket: { writable: boolean; destroyed: boolean; end(text: string): unknown; destroy(): unknown },
  error: unknown,
  status = statusOf(error),
  message = 'this is no request that could be read, or not all of it came in time',
): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const body = `${message}\n`;
  const headers = `Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
}

function statusOf(error: unknown): string {
  const code = Object.keys(CLIENT_ERRORS).find((known) => hasCode(error, known));
  return code === undefined ? '400 Bad Request' : CLIENT_ERRORS[code];
}

function cannotListen(host: string, port: number, error: unknown): GanError {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program has this port: choose another with --port, or --port 0 for a free one',
    EACCES: 'this port is not yours: choose one from 1024 on',
    EADDRNOTAVAIL: 'this is no address of this machine: check --host',
    ENOTFOUND: 'no machine has this name: check --host',
    EAI_AGAIN: 'no machine is known by this name now: check --host',
  };
  const code = Object.keys(why).find((known) => hasCode(error, known));
  return new GanError(
    'ERR_CANNOT_LISTEN',
    `cannot listen at ${host}:${port}: ${code === undefined ? messageOf(error) : `${why[code]} (${code})`}`,
    { cause: error },
  );
}
