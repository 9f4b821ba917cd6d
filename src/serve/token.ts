import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { UsageError } from '../errors';

/** The shortest token that is taken. */
const LEAST = 16;

/** What those who may ask know. It is compared in a time that does not depend on where it differs. */
export class Token {
  /** As it was given, or made. */
  readonly text: string;
  readonly #hash: Buffer;
  readonly #cookie: string;

  /** @throws UsageError for one that is too short to be safe, or that no header can hold */
  constructor(text: string) {
    if (!/^[\x21-\x7e]*$/.test(text) || text.length < LEAST)
      throw new UsageError(
        `--token expects at least ${LEAST} letters and digits without spaces, but got ${text.length}: leave it out to have one made`,
      );
    this.text = text;
    this.#hash = hashOf(text);
    // Whoever reads the cookie should not know the token.
    this.#cookie = hashOf(`cookie ${text}`).toString('base64url');
  }

  /** Of 192 random bits. */
  static random(): Token {
    return new Token(randomBytes(24).toString('base64url'));
  }

  is(given: string): boolean {
    return timingSafeEqual(hashOf(given), this.#hash);
  }

  isCookie(given: string | undefined): boolean {
    return given !== undefined && timingSafeEqual(hashOf(given), hashOf(this.#cookie));
  }

  /** `Set-Cookie`, for the pages of this server alone. */
  cookieHeader(port: number): string {
    return `${cookieName(port)}=${this.#cookie}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

/** The address of a server's page, which lets whoever opens it in. */
export function pageOf({ address }: { readonly address: string }, token: Token | undefined): string {
  return token ? `${address}?token=${encodeURIComponent(token.text)}` : address;
}

/** The value of the cookie of a server at a port, in a `Cookie` header: those of all ports of a machine are sent together. */
export function tokenCookie(header: string, port: number): string | undefined {
  const start = `${cookieName(port)}=`;
  const found = header.split(';').find((part) => part.trim().startsWith(start));
  return found?.trim().slice(start.length);
}

function cookieName(port: number): string {
  return `libtorch-gan-${port}`;
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
