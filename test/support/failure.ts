import { hasCode, messageOf } from '../../src/errors';

/** What `toThrow` takes to match an error by its code and a part of its message. */
export function failure(code: string, text: string): Error {
  return expect.objectContaining({ code, message: expect.stringContaining(text) });
}

/** What `toThrow` takes to match a wrong call by a part of its message. */
export function usage(text: string): Error {
  return failure('ERR_USAGE', text);
}

/** The error `body` throws; fails where it throws none with this code. */
export function caught(code: string, body: () => unknown): { readonly message: string } {
  try {
    body();
  } catch (error) {
    if (hasCode(error, code)) return { message: messageOf(error) };
    throw error;
  }
  throw new Error(`expected an error with code ${code} but none was thrown`);
}
