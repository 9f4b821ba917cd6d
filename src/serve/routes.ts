import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PICTURES } from '../report/page/read-run';
import { answerFormat, mediaType } from './answer-format';
import { readBody } from './body';
import type { Feed } from './feed';
import { stampOf } from './file-stamp';
import { openInside } from './inside';
import type { JobQueue } from './job-queue';
import { idleMs, type Limits } from './limits';
import type { AnswerFormat, MadeImages, Models } from './models';
import type { DashboardPage } from './page';
import { Refusal, tooBusy } from './refusal';
import type { RunList } from './run-list';
import { summaryOf } from './summary';

/** What requests are answered from. */
export interface Served {
  readonly runs: RunList;
  readonly feed: Feed;
  readonly queue: JobQueue;
  readonly page: DashboardPage;
  readonly limits: Limits;
  /** Undefined where images are not made: beside a training that should not wait for it. */
  readonly models?: Models;
}

/** A request that was let in. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Aborted where the client has gone. */
  readonly gone: AbortSignal;
}

type Handler = (call: Call, served: Served, names: readonly string[]) => Promise<void>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly answer: Handler;
}

const ROUTES: readonly Route[] = [
  { method: 'GET', path: /^\/$/, answer: sendPage },
  { method: 'GET', path: /^\/events$/, answer: sendEvents },
  { method: 'GET', path: /^\/runs$/, answer: sendRuns },
  { method: 'GET', path: /^\/runs\/([^/]+)$/, answer: sendRun },
  { method: 'GET', path: /^\/runs\/([^/]+)\/(samples)\/(step-\d{1,15}\.png)$/, answer: sendPicture },
  {
    method: 'GET',
    path: new RegExp(`^/runs/([^/]+)/(evaluation)/((?:${PICTURES.join('|')})\\.png)$`),
    answer: sendPicture,
  },
  { method: 'GET', path: /^\/runs\/([^/]+)\/model$/, answer: sendModel },
  { method: 'GET', path: /^\/runs\/([^/]+)\/images$/, answer: sendImages },
  { method: 'POST', path: /^\/runs\/([^/]+)\/apply$/, answer: sendApplied },
];

/**
 * Answers a request by its path.
 *
 * @throws Refusal 404 for a path that there is not, 405 for another method, and what the answer throws
 */
export function route(call: Call, served: Served): Promise<void> {
  const { request, url } = call;
  const there = ROUTES.flatMap((one) => {
    const match = one.path.exec(url.pathname);
    return match ? [{ ...one, names: match.slice(1).map(decoded) }] : [];
  });
  const [first] = there;
  if (!first) throw new Refusal(404, `there is nothing at ${url.pathname.slice(0, 100)}: the page is at /`);
  const asked = request.method === 'HEAD' ? 'GET' : request.method;
  if (first.method !== asked)
    throw new Refusal(
      405,
      `${url.pathname.slice(0, 100)} expects ${first.method}, but got ${request.method}`,
      {
        Allow: first.method === 'GET' ? 'GET, HEAD' : first.method,
      },
    );
  return first.answer(call, served, first.names);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, 'the path holds an escape that is none');
  }
}

async function sendPage({ response }: Call, { page }: Served): Promise<void> {
  response.setHeader('Content-Security-Policy', page.policy);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page.html);
}

async function sendEvents({ request, response, url }: Call, { feed }: Served): Promise<void> {
  if (request.method === 'HEAD') {
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.end();
    return;
  }
  feed.add(response, queryOf(url, ['runs']).runs?.split(',').slice(0, MOST_SELECTED) ?? []);
}

/** Runs that are looked at together. */
const MOST_SELECTED = 6;

async function sendRuns({ response }: Call, { runs }: Served): Promise<void> {
  await runs.scan();
  for (const run of runs.all) await run.poll();
  sendJson(response, { runs: runs.all.map(summaryOf) });
}

async function sendRun({ response }: Call, { runs }: Served, [id]: readonly string[]): Promise<void> {
  const run = await runs.find(id);
  await run.poll();
  sendJson(response, { ...summaryOf(run), evaluations: run.facts.evaluations });
}

/** A picture is asked for anew each time, and sent where it is another one. */
async function sendPicture(call: Call, served: Served, [id, folder, name]: readonly string[]): Promise<void> {
  const { request, response } = call;
  const { path } = await served.runs.find(id);
  const file = await openInside(path, `${folder}/${name}`);
  if (!file) throw new Refusal(404, `run ${id} has no ${folder}/${name}`);
  try {
    const tag = `"${stampOf(await file.stat())}"`;
    response.setHeader('ETag', tag);
    response.setHeader('Cache-Control', 'private, no-cache');
    if (request.headers['if-none-match'] === tag) {
      response.statusCode = 304;
      response.end();
      return;
    }
    response.setHeader('Content-Type', 'image/png');
    sendBytes(call, served, await file.readFile());
  } finally {
    await file.close();
  }
}

async function sendModel(call: Call, served: Served, [id]: readonly string[]): Promise<void> {
  const { ask } = await modelOf(id, served);
  const facts = await answered(call, served, () => ask((models, path) => models.describe(path)));
  sendJson(call.response, facts);
}

async function sendImages(call: Call, served: Served, [id]: readonly string[]): Promise<void> {
  const { request, url } = call;
  const { ask } = await modelOf(id, served);
  const { format: asked, ...query } = queryOf(url, [
    'count',
    'seed',
    'label',
    'truncation',
    'columns',
    'format',
  ]);
  const format = answerFormat(asked, request.headers.accept);
  const { limits } = served;
  const make = () => ask((models, path) => models.images(path, { query, format, limits }));
  sendImageBytes(call, served, format, await answered(call, served, make));
}

/** Pictures that are held in memory now, as those of all servers of this process are. */
let uploads = 0;

async function sendApplied(call: Call, served: Served, [id]: readonly string[]): Promise<void> {
  const { request, url } = call;
  const { look, ask } = await modelOf(id, served);
  await look();
  const { format: asked, ...query } = queryOf(url, ['direction', 'seed', 'depth', 'format']);
  const format = answerFormat(asked, request.headers.accept);
  const { limits } = served;
  if (uploads >= limits.uploads)
    throw tooBusy(`${limits.uploads} pictures are in work, as many as may be: come again later`);
  uploads++;
  try {
    const picture = await readBody(request, limits.bodyBytes);
    const make = () => ask((models, path) => models.apply(path, { picture, query, format, limits }));
    sendImageBytes(call, served, format, await answered(call, served, make));
  } finally {
    uploads--;
  }
}

/** How many requests of a connection wait for their model: a client may send several, one behind the other. */
const waiting = new WeakMap<Socket, number>();

/** The answer of a model when its turn comes: meanwhile the client's connection may be idle, however long the model works. */
async function answered<T>(
  { request: { socket }, gone }: Call,
  { queue, limits }: Served,
  ask: () => Promise<T>,
): Promise<T> {
  const others = () => waiting.get(socket) ?? 0;
  waiting.set(socket, others() + 1);
  socket.setTimeout(0);
  try {
    return await queue.add(ask, gone);
  } finally {
    waiting.set(socket, others() - 1);
    if (others() === 0) socket.setTimeout(idleMs(limits));
  }
}

function sendImageBytes(
  call: Call,
  served: Served,
  format: AnswerFormat,
  { bytes, count, step }: MadeImages,
): void {
  const { response } = call;
  response.setHeader('Content-Type', mediaType(format));
  response.setHeader('X-Count', count);
  response.setHeader('X-Step', step);
  sendBytes(call, served, bytes);
}

/** Bytes of answers that their clients have not read yet: of all servers of this process. */
let unread = 0;

/** @throws Refusal 503 where too much waits for those who asked */
function sendBytes({ request, response, gone }: Call, { limits }: Served, bytes: Uint8Array): void {
  // Of a client that left meanwhile no `close` comes any more.
  if (gone.aborted) return;
  if (unread + bytes.length > limits.unreadBytes)
    throw tooBusy('too many answers wait for their clients: come again later');
  unread += bytes.length;
  response.on('close', () => {
    unread -= bytes.length;
  });
  response.setHeader('Content-Length', bytes.length);
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/**
 * The model of a run, which is asked after a look at the run that began after this call: its turn may come much later.
 *
 * @throws Refusal 404 for a run that is not known, 409 where images are not made
 */
async function modelOf(id: string, { runs, models }: Served) {
  const run = await runs.known(id);
  if (!models)
    throw new Refusal(
      409,
      'this page is of a training that goes on, and images would slow it: start `libtorch-gan serve` with the run for them',
    );
  const arrival = run.modelLook.arrive();
  const look = () => run.modelLook.since(arrival);
  return {
    look,
    async ask<T>(question: (models: Models, path: string) => Promise<T>): Promise<T> {
      await look();
      return question(models, run.path);
    },
  };
}

function sendJson(response: ServerResponse, value: object): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(`${JSON.stringify(value)}\n`);
}

/** @throws Refusal 400 for a name that is not known, or comes twice */
function queryOf<const N extends string>(url: URL, names: readonly N[]): Partial<Record<N, string>> {
  const query: Partial<Record<N, string>> = {};
  for (const [given, value] of url.searchParams) {
    const name = names.find((one) => one === given);
    if (name === undefined)
      throw new Refusal(
        400,
        `${JSON.stringify(given).slice(0, 60)} is no parameter here: there are ${names.join(', ')}`,
      );
    if (query[name] !== undefined) throw new Refusal(400, `${name} is given twice`);
    query[name] = value;
  }
  return query;
}
