import { GanError, hasCode, messageOf } from '../errors';

/** Why a request is not served: an HTTP status and one line. */
export class Refusal extends GanError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super('ERR_REFUSED', message);
    this.name = 'Refusal';
    this.status = status;
    this.headers = headers;
  }
}

/** The status of errors by their codes; what has none here is 500. */
const STATUS: Readonly<Record<string, number>> = {
  ERR_USAGE: 400,
  ERR_BAD_IMAGE: 400,
  ERR_NO_RUN: 404,
  ERR_NO_CHECKPOINT: 409,
  ERR_BAD_CHECKPOINT: 409,
  ERR_NO_SAMPLER: 409,
  ERR_NO_RECIPE: 409,
  ERR_NO_SHARP: 501,
  ERR_OUT_OF_MEMORY: 503,
};

/** Any error as a refusal, its message in one line and with options called as a query has them. */
export function refusalOf(error: unknown): Refusal {
  if (isRefusal(error)) return error;
  const code = Object.keys(STATUS).find((known) => hasCode(error, known));
  return new Refusal(code === undefined ? 500 : STATUS[code], withoutFlags(oneLine(messageOf(error))));
}

function isRefusal(error: unknown): error is Refusal {
  return hasCode(error, 'ERR_REFUSED');
}

/** 503, with the advice to come again. */
export function tooBusy(message: string): Refusal {
  return new Refusal(503, message, { 'Retry-After': '1' });
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}

/** `--truncation-layers` is `truncationLayers` in a query. */
function withoutFlags(text: string): string {
  return text.replace(/(?<![\w-])--([a-z]+(?:-[a-z]+)*)/g, (_, name: string) =>
    name.replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase()),
  );
}
