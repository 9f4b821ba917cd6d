import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { Refusal } from './refusal';
import { type Token, tokenCookie } from './token';

/** Whom a {@link Gate} lets in. */
export interface GateOptions {
  /** What the server listens at. */
  readonly host: string;
  readonly port: number;
  /** What every request must know; undefined for none. */
  readonly token?: Token;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];
const ANYWHERE = ['0.0.0.0', '::'];

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Looks at what a request says of where it comes from, before anything else is done about it.
 *
 * A page of another site can make a browser send requests here, and by a name of its own that leads to this machine (DNS rebinding) even read
 * the answers: so the name must be one of this server's, the origin of a script its own, and other sites may link here but not load
 * anything from here.
 */
export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * @returns the header that lets a browser in from now on, for a page that was asked for with the token in its address
   * @throws Refusal 400, 401 or 403
   */
  check(request: IncomingMessage, url: URL): string | undefined {
    const host = hostOf(request);
    if (!this.#isOwn(nameOf(host)))
      throw new Refusal(403, `${host} is no name of this server: ask for ${this.#address()}`);
    checkOrigin(request, host);
    const { token, port } = this.#options;
    if (!token) return undefined;
    const { authorization = '', cookie = '' } = request.headers;
    const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token.isCookie(tokenCookie(cookie, port)) || (bearer !== undefined && token.is(bearer)))
      return undefined;
    const given = url.pathname === '/' ? url.searchParams.get('token') : null;
    if (given !== null && token.is(given)) return token.cookieHeader(port);
    throw new Refusal(
      401,
      'expected the token that serve was given or has printed: open its address with ?token=…, or send Authorization: Bearer …',
      { 'WWW-Authenticate': 'Bearer' },
    );
  }

  /** A name that an attacker may own is none of this server's; an address is no name. */
  #isOwn(name: string): boolean {
    const { host } = this.#options;
    if (LOOPBACK_NAMES.includes(name) || name === host.toLowerCase()) return true;
    if (isLoopback(host)) return isLoopback(name);
    const here = hostname().toLowerCase();
    return isIP(name) !== 0 || (ANYWHERE.includes(host) && [here, `${here}.local`].includes(name));
  }

  #address(): string {
    const { host, port } = this.#options;
    return addressOf(ANYWHERE.includes(host) ? '127.0.0.1' : host, port);
  }
}

/** `http://127.0.0.1:8080/` */
export function addressOf(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}/`;
}

function hostOf(request: IncomingMessage): string {
  const names = request.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const { host } = request.headers;
  if (host === undefined || names.filter((name) => name === 'host').length !== 1)
    throw new Refusal(400, 'expected one Host header');
  return host.toLowerCase();
}

/** Without its port: forwarded ones differ from the server's own. */
function nameOf(host: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host);
  return match?.[1] ?? match?.[2] ?? '';
}

function checkOrigin({ headers, method }: IncomingMessage, host: string): void {
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    throw new Refusal(403, `${origin} is another site: its scripts may not ask here`);
  const site = headers['sec-fetch-site'];
  const isLink = headers['sec-fetch-mode'] === 'navigate' && method === 'GET';
  if ((site === 'cross-site' || site === 'same-site') && !isLink)
    throw new Refusal(403, 'another site may link here, but load nothing from here');
}
