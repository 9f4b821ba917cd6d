import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Pages that a process touched for the first time while it made and released a tensor of 16 MB twenty times. */
function pageFaults(env: NodeJS.ProcessEnv): number {
  const script = `
    const { native } = require('./src/native/addon');
    const work = () => native().releaseOne(native().ops.ones([4 << 20], 'float32', null, null, null));
    // glibc's aligned blocks are a little longer than they are: it takes some to fit.
    for (let i = 0; i < 20; i++) work();
    const before = process.resourceUsage().minorPageFault;
    for (let i = 0; i < 20; i++) work();
    console.log(process.resourceUsage().minorPageFault - before);`;
  const { stdout } = spawnSync(process.execPath, ['-r', 'ts-node/register', '-e', script], {
    cwd: join(__dirname, '..', '..'),
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return Number(stdout);
}

// Only glibc has these settings.
const glibc = 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;

(glibc ? describe : describe.skip)('memory that LibTorch freed', () => {
  test('is used again instead of going back to the kernel', () => {
    expect(pageFaults({})).toBeLessThan(2 * 4_096);
  });

  test.each([
    ['MALLOC_MMAP_THRESHOLD_', { MALLOC_MMAP_THRESHOLD_: '65536' }],
    ['GLIBC_TUNABLES', { GLIBC_TUNABLES: 'glibc.malloc.mmap_threshold=65536' }],
  ])('goes back where the user says so by %s', (_, env) => {
    // All or nothing, but for a block now and then that the kernel maps in larger pages.
    expect(pageFaults(env)).toBeGreaterThan(10 * 4_096);
  });
});
