/**
 * Errors a user can act on. The message is one line: what was expected, what came, what to do.
 * Tests and callers match on `code`, never on `instanceof`: several realms may share one process.
 */
export class GanError extends Error {
  /** Stable, e.g. `ERR_BAD_CHECKPOINT`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GanError';
    this.code = code;
  }
}

/** The call itself is wrong (an unknown flag, a value out of range): the command line exits with 2. */
export class UsageError extends GanError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_USAGE', message, options);
    this.name = 'UsageError';
  }
}

/** The code that `error` carries, of this project or of the system; undefined for none. */
export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

/** Whether `error` carries this stable code. */
export function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}

/** `error`'s message, for wrapping it into a longer sentence. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}
