import * as fs from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { download } from '../../src/setup/download';
import { temporaryFolder, write } from '../native/fake-libtorch';
import { failure } from '../support/failure';

const quiet = { env: {}, stderr: null };
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

async function withServer(listener: RequestListener, body: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    await body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a file that does not exist is an error with its name', async () => {
  const url = pathToFileURL(path.join(folder, 'a.zip')).href;
  await expect(download(url, folder, quiet)).rejects.toThrow(failure('ERR_FETCH', 'a.zip'));
});

test('what is no URL is an error', async () => {
  await expect(download('a.zip', folder, quiet)).rejects.toThrow(failure('ERR_FETCH', 'Invalid URL'));
});

test('a status that is no success is an error with the status', async () => {
  const listener: RequestListener = (_, response) => response.writeHead(404).end();
  await withServer(listener, (origin) =>
    expect(download(`${origin}/a.zip`, folder, quiet)).rejects.toThrow(failure('ERR_FETCH', '404 Not Found')),
  );
});

test('a connection that breaks off is an error', async () => {
  const listener: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => response.destroy());
  };
  await withServer(listener, (origin) =>
    expect(download(`${origin}/a.zip`, folder, quiet)).rejects.toThrow(failure('ERR_FETCH', 'terminated')),
  );
});

test('a server that is not there is an error with the reason', async () => {
  let gone = '';
  await withServer(
    () => {},
    async (origin) => {
      gone = origin;
    },
  );
  await expect(download(`${gone}/a.zip`, folder, quiet)).rejects.toThrow(
    failure('ERR_FETCH', 'ECONNREFUSED'),
  );
});

test('the bytes of a URL arrive, under its name', async () => {
  await withServer(
    (_, response) => response.end('0123456789'),
    async (origin) => {
      const file = await download(`${origin}/dir/a%2Bcpu.zip?x=1`, folder, quiet);
      expect(file).toBe(path.join(folder, 'a+cpu.zip'));
      expect(fs.readFileSync(file, 'utf8')).toBe('0123456789');
    },
  );
});

test('the bytes of a file URL arrive', async () => {
  const source = write(path.join(folder, 'from', 'a.zip'), 'bytes');
  const file = await download(pathToFileURL(source).href, folder, quiet);
  expect(fs.readFileSync(file, 'utf8')).toBe('bytes');
});
