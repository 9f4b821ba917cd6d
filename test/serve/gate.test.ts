import type { IncomingMessage } from 'node:http';
import { Gate, type GateOptions, isLoopback } from '../../src/serve/gate';
import { Token } from '../../src/serve/token';
import { caught, usage } from '../support/failure';

/** What the gate says of a request with these headers: its status, and what it lets a browser keep. */
function enter(
  options: Partial<GateOptions>,
  given: Record<string, string>,
  { path = '/', method = 'GET' } = {},
) {
  const headers = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const request = { headers, rawHeaders: Object.entries(given).flat(), method } as Partial<IncomingMessage>;
  const gate = new Gate({ host: '127.0.0.1', port: 8080, ...options });
  try {
    return gate.check(request as IncomingMessage, new URL(path, 'http://localhost')) ?? 'in';
  } catch (error) {
    return typeof error === 'object' && error !== null && 'status' in error ? error.status : error;
  }
}

describe('a name that is not this machine’s is refused: it could be that of an attacker’s page', () => {
  test.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.168.1.5',
    '0.0.0.0',
    '[::2]:8080',
    'localhost:8080:80',
    'user@localhost',
    '',
  ])('%s', (host) => {
    expect(enter({}, { Host: host })).toBe(403);
  });

  test('and none at all is no request', () => {
    expect(enter({}, {})).toBe(400);
  });

  test.each(['localhost', 'localhost:8080', 'LOCALHOST:9000', '127.0.0.1:8080', '[::1]:8080', '127.8.8.8'])(
    'but %s is let in',
    (host) => {
      expect(enter({}, { Host: host })).toBe('in');
    },
  );

  test('a server for all addresses takes any address, and names of this machine alone', () => {
    const token = new Token('0123456789abcdef');
    const authorized = { Authorization: 'Bearer 0123456789abcdef' };
    const open = (host: string) => enter({ host: '0.0.0.0', token }, { Host: host, ...authorized });
    expect([open('192.168.1.5:8080'), open('[fe80::1]:8080'), open('localhost')]).toEqual(['in', 'in', 'in']);
    expect([open('evil.example'), open('rebound.evil.example:8080')]).toEqual([403, 403]);
  });
});

describe('scripts of another site get no answer', () => {
  const from = (headers: Record<string, string>, method = 'GET') =>
    enter({}, { Host: 'localhost:8080', ...headers }, { method });
  test.each([
    [{ Origin: 'http://evil.example' }],
    [{ Origin: 'null' }],
    [{ Origin: 'http://localhost:9999' }],
    [{ Origin: 'http://127.0.0.1:8080' }],
    [{ 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    [{ 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'cors' }],
  ])('%j', (headers) => {
    expect(from(headers)).toBe(403);
  });

  test('nor may another site send a form; a link is no more than a link', () => {
    const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    expect(from(link, 'POST')).toBe(403);
    expect(from(link)).toBe('in');
    expect(from({ Origin: 'http://localhost:8080', 'Sec-Fetch-Site': 'same-origin' }, 'POST')).toBe('in');
  });
});

describe('a token', () => {
  const token = new Token('a-token-of-32-letters-or-so-12345');
  const asked = (headers: Record<string, string>, path = '/') =>
    enter({ token }, { Host: 'localhost', ...headers }, { path });

  test.each(['', 'fifteen-letters', 'with a space in the middle', 'ünïcödé-ünïcödé-ünïcödé'])(
    '%j is none',
    (text) => {
      expect(() => new Token(text)).toThrow(usage('--token expects at least 16 letters'));
    },
  );

  test.each([
    [{}],
    [{ Authorization: 'Bearer a-token-of-32-letters-or-so-12346' }],
    [{ Authorization: 'Bearer' }],
    [{ Authorization: 'Basic a-token-of-32-letters-or-so-12345' }],
    [{ Cookie: 'libtorch-gan-8080=a-token-of-32-letters-or-so-12345' }],
    [{ Cookie: 'libtorch-gan-8080=' }],
  ])('without it, or with another, nobody gets in: %j', (headers) => {
    expect(asked(headers)).toBe(401);
  });

  test('it comes in a header, or in the address of the page, which a cookie stands for then', () => {
    expect(asked({ Authorization: `Bearer ${token.text}` })).toBe('in');
    expect(asked({}, `/runs?token=${token.text}`)).toBe(401);
    expect(asked({}, '/?token=another-of-16-letters')).toBe(401);
    const cookie = String(asked({}, `/?token=${token.text}`));
    expect(cookie).toMatch(/^libtorch-gan-8080=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const [kept] = cookie.split(';');
    expect(asked({ Cookie: `other=1; ${kept}` }, '/runs')).toBe('in');
    expect(asked({ Cookie: kept.replace('8080', '8081') }, '/runs')).toBe(401);
  });

  test('those that are made differ, and are long enough', () => {
    const [one, other] = [Token.random().text, Token.random().text];
    expect(one).not.toBe(other);
    expect(one).toHaveLength(32);
    expect(caught('ERR_USAGE', () => new Token(one.slice(0, 15))).message).not.toContain(one.slice(0, 15));
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.5', false],
  ['127.example', false],
])('%s is this machine alone: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
