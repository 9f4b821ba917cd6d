import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type Download, download } from '../../src/data/download';
import type { DataProgress } from '../../src/data/progress';
import { environment, NOWHERE, put, temporaryFolder } from './files';

const folder = temporaryFolder();
environment(() => ({ LIBTORCH_GAN_MIRROR: undefined }));

const contents = Buffer.alloc(300_000, 'some data ');
const published = {
  file: 'data.bin',
  bytes: contents.length,
  sha256: createHash('sha256').update(contents).digest('hex'),
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Serves on 127.0.0.1 until the test is over. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('a port expected');
  return `http://127.0.0.1:${address.port}`;
}

function get(url: string, progress?: Download['progress']): Promise<string> {
  return download({
    dataset: 'set',
    published: { ...published, url: `${url}/data.bin` },
    folder: folder.path('set'),
    progress,
  });
}

describe('download', () => {
  test('from where nothing answers names file, URL, size and what to do', async () => {
    await expect(get(NOWHERE)).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringMatching(
        /set\/data\.bin is missing .*ECONNREFUSED.* from http:\/\/127\.0\.0\.1:2\/data\.bin \(0\.3 MB\); put the file there by hand, or set LIBTORCH_GAN_MIRROR/,
      ),
    });
    expect(readdirSync(folder.path('set'))).toEqual([]);
  });

  test('of what the server does not have names the status', async () => {
    const url = await serve((_, response) => response.writeHead(404).end('gone'));
    await expect(get(url)).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining('HTTP status 404'),
    });
    expect(readdirSync(folder.path('set'))).toEqual([]);
  });

  test.each<[string, Uint8Array]>([
    ['other bytes of the same length', Buffer.alloc(contents.length)],
    ['more bytes', Buffer.concat([contents, contents])],
  ])('refuses %s, and keeps nothing', async (_, body) => {
    const url = await serve((_request, response) => response.end(body));
    await expect(get(url)).rejects.toMatchObject({
      code: 'ERR_DATA_CORRUPT',
      message: expect.stringContaining(`sha256 ${published.sha256} is expected`),
    });
    expect(readdirSync(folder.path('set'))).toEqual([]);
  });

  test('that ends early says after how many bytes, and keeps nothing', async () => {
    const url = await serve((_, response) => response.end(contents.subarray(0, 1000)));
    await expect(get(url)).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringContaining('ended after 1000 of 300000 bytes'),
    });
    expect(readdirSync(folder.path('set'))).toEqual([]);
  });

  test('that is cut off in the middle is reported, and keeps nothing', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': contents.length });
      response.write(contents.subarray(0, 100_000), () => response.destroy());
    });
    await expect(get(url)).rejects.toMatchObject({ code: 'ERR_DATA_MISSING' });
    expect(readdirSync(folder.path('set'))).toEqual([]);
  });

  test('into a folder that cannot be made names it', async () => {
    put(folder.path('set'), 'a file');
    const url = await serve((_, response) => response.end(contents));
    await expect(get(url)).rejects.toMatchObject({
      code: 'ERR_DATA_MISSING',
      message: expect.stringMatching(/set\/.* is missing and could not be downloaded \(.*EEXIST/),
    });
  });

  test('puts the whole file in place and reports how far it is', async () => {
    const url = await serve((_, response) => response.end(contents));
    const seen: DataProgress[] = [];
    const path = await get(url, (progress) => seen.push(progress));
    expect(path).toBe(folder.path('set/data.bin'));
    expect(readFileSync(path)).toEqual(contents);
    expect(readdirSync(folder.path('set'))).toEqual(['data.bin']);
    expect(seen.at(-1)).toEqual({
      task: 'downloading set/data.bin (0.3 MB)',
      done: 300_000,
      total: 300_000,
      unit: 'bytes',
    });
    expect(seen.every(({ done }, i) => i === 0 || done >= seen[i - 1].done)).toBe(true);
  });

  test('asks the mirror in LIBTORCH_GAN_MIRROR for DATASET/FILE instead', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url);
      response.end(contents);
    });
    process.env.LIBTORCH_GAN_MIRROR = `${url}/sets/`;
    await get(NOWHERE);
    expect(asked).toEqual(['/sets/set/data.bin']);
    expect(existsSync(folder.path('set/data.bin'))).toBe(true);
  });
});
