import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { RUNS_TYPESCRIPT } from '../support/typescript';

/** Runs a script in a process of its own, in which nothing of the library is loaded yet. */
function run(script: string, env: NodeJS.ProcessEnv = {}): { stdout: string; stderr: string } {
  const { OMP_WAIT_POLICY: _policy, GOMP_SPINCOUNT: _count, ...rest } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [...RUNS_TYPESCRIPT, '-e', script], {
    cwd: join(__dirname, '..', '..'),
    env: { ...rest, ...env },
    encoding: 'utf8',
  });
  return { stdout, stderr };
}

/** What a script evaluates, as JSON. */
function evaluate(script: string, env?: NodeJS.ProcessEnv): unknown {
  const { stdout, stderr } = run(script, env);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const FACTS = `
  const before = { ...process.env };
  const { deepStrictEqual } = require('node:assert');
  const library = require('./src');
  const { native } = require('./src/native/addon');
  const loaded = () => process.report.getReport().sharedObjects.some((file) => file.includes('libtorch_cpu'));
  const facts = () => {
    deepStrictEqual({ ...process.env }, before);
    return native().memoryTuned();
  };
`;

const glibc = 'glibcVersionRuntime' in (process.report.getReport() as { header: object }).header;

test('a call after LibTorch was loaded sets the rest, and a warning says what it could not set', () => {
  const { stdout, stderr } = run(`${FACTS}
    library.ones([1]).dispose();
    library.tuneProcess();
    console.log(facts());`);
  expect(stdout).toBe('true\n');
  expect(stderr).toContain('[LIBTORCH_GAN_TUNED_LATE] Warning: tuneProcess() came after LibTorch was loaded');
  expect(stderr).toContain('or set GOMP_SPINCOUNT=3000 in the environment');
});

test('importing the library loads nothing, and neither that nor its use changes the process', () => {
  expect(
    evaluate(`${FACTS}
      const atFirst = loaded();
      library.ones([1]).dispose();
      console.log(JSON.stringify([atFirst, loaded(), facts()]));`),
  ).toEqual([false, true, false]);
});

test('tuneProcess loads nothing; what it asks for is in force from the first use on, and asking again is allowed', () => {
  expect(
    evaluate(`${FACTS}
      library.tuneProcess();
      library.tuneProcess();
      const atFirst = loaded();
      library.ones([1]).dispose();
      library.tuneProcess();
      console.log(JSON.stringify([atFirst, loaded(), facts()]));`),
  ).toEqual([false, true, true]);
});

test('a command tunes the process it runs in', () => {
  expect(
    evaluate(`${FACTS}
      const { createProgram, runProgram } = require('./src/cli/program');
      const argv = [];
      runProgram(createProgram('name', 'summary'), { argv, host: process }, async () => {
        console.log(facts());
        return 0;
      });`),
  ).toBe(true);
});

test('results are the same bits with and without', () => {
  const bits = (before: string) =>
    run(`
      const { functional, grad, manualSeed, randn, tuneProcess } = require('./src');
      ${before}
      manualSeed(3);
      const [x, weight] = [randn([4, 3, 16, 16]), randn([8, 3, 3, 3])];
      x.requiresGrad = weight.requiresGrad = true;
      const mean = functional.conv2d(x, weight, null, { padding: 1 }).tanh().mean();
      for (const t of grad([mean], [x, weight])) console.log(Buffer.from(t.toBytes()).toString('base64'));`);
  const plain = bits('');
  expect(plain.stderr).toBe('');
  expect(plain.stdout.length).toBeGreaterThan(1_000);
  expect(bits('tuneProcess();')).toEqual(plain);
});

// GNU OpenMP shows what it read.
(glibc ? describe : describe.skip)('LibTorch’s threads', () => {
  const spin = (script: string, env: NodeJS.ProcessEnv = {}) =>
    /GOMP_SPINCOUNT = '(\d+)'/.exec(
      run(`const { ones, tuneProcess } = require('./src'); ${script} ones([1]).dispose();`, {
        OMP_DISPLAY_ENV: 'VERBOSE',
        ...env,
      }).stderr,
    )?.[1];

  test('spin shortly after tuneProcess alone', () => {
    expect(spin('tuneProcess();')).toBe('3000');
    expect(Number(spin(''))).toBeGreaterThan(3_000);
  });

  test('spin as the environment says, where it does', () => {
    expect(spin('tuneProcess();', { GOMP_SPINCOUNT: '77' })).toBe('77');
    expect(Number(spin('tuneProcess();', { OMP_WAIT_POLICY: 'active' }))).toBeGreaterThan(1_000_000);
  });
});

// Only glibc has these settings.
(glibc ? describe : describe.skip)('memory that LibTorch freed', () => {
  /** Pages that a process touched for the first time while it made and released a tensor of 16 MB twenty times. */
  const pageFaults = (env: NodeJS.ProcessEnv) =>
    evaluate(
      `
      const { native, tuneProcess } = require('./src/native/addon');
      tuneProcess();
      const work = () => native().releaseOne(native().ops.ones([4 << 20], 'float32', null, null, null));
      work();
      const before = process.resourceUsage().minorPageFault;
      for (let i = 0; i < 20; i++) work();
      console.log(process.resourceUsage().minorPageFault - before);`,
      env,
    );

  /** Pages that come with as much memory as that, none of it used before; fewer where the kernel maps larger pages, or does not count. */
  const freshPages = () =>
    evaluate(
      `
      const before = process.resourceUsage().minorPageFault;
      const held = Array.from({ length: 20 }, () => Buffer.allocUnsafeSlow(16 << 20).fill(1));
      console.log(process.resourceUsage().minorPageFault - before - (held.length - 20));`,
      {},
    );

  test('is used again instead of going back to the kernel', () => {
    expect(pageFaults({})).toBeLessThan(4_096);
  });

  test('is resident no more than what was in use at once, and a little, whatever sizes come', () => {
    const megabytes = evaluate(
      `
      const { full, tuneProcess } = require('./src');
      tuneProcess();
      full([1 << 20], 1).dispose();
      const before = process.memoryUsage.rss();
      let next = 1;
      const random = () => (next = (next * 48271) % 2147483647) / 2147483647;
      const release = (held) => {
        const [tensor] = held.splice(Math.floor(random() * held.length), 1);
        const count = tensor.numel;
        tensor.dispose();
        return count;
      };
      for (let round = 0; round < 60; round++) {
        const held = [];
        // Each round has sizes of its own: 100 MB in all.
        const largest = (1 << 18) * (1 + random() * 15);
        for (let left = 25e6; left > 0; ) {
          const count = Math.ceil(Math.min(left, largest * (0.1 + random())));
          held.push(full([count], round));
          left -= count;
          if (random() < 0.3) left += release(held);
        }
        while (held.length > 0) release(held);
      }
      console.log(Math.round((process.memoryUsage.rss() - before) / 1e6));`,
      {},
    );
    // 64 MiB are kept at most. Kept by size it was 353, and 187 where neighbours do not join.
    expect(megabytes).toBeLessThan(100 + 68);
  });

  test('holds what was written to it, however blocks come and go', () => {
    expect(
      evaluate(
        `
        const { full, tuneProcess } = require('./src');
        tuneProcess();
        let next = 7;
        const random = () => (next = (next * 48271) % 2147483647) / 2147483647;
        const held = [];
        let wrong = 0;
        for (let i = 0; i < 3000; i++) {
          held.push([i, full([1 + Math.floor(2 ** (13 + 8 * random()))], i)]);
          if (held.length < 30) continue;
          const [value, tensor] = held.splice(Math.floor(random() * held.length), 1)[0];
          if (tensor.min().item() !== value || tensor.max().item() !== value) wrong++;
          tensor.dispose();
        }
        console.log(wrong);`,
        {},
      ),
    ).toBe(0);
  });

  test.each([
    ['MALLOC_MMAP_THRESHOLD_', { MALLOC_MMAP_THRESHOLD_: '65536' }],
    ['GLIBC_TUNABLES', { GLIBC_TUNABLES: 'glibc.malloc.mmap_threshold=65536' }],
  ])('goes back where the user says so by %s', (_, env) => {
    const fresh = Number(freshPages());
    if (fresh < 20) {
      process.stderr.write('page faults: this kernel does not count them\n');
      return;
    }
    // All or nothing, but for a block now and then that the kernel maps in larger pages.
    expect(pageFaults(env)).toBeGreaterThan(fresh / 2);
  });
});
