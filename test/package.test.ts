import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { temporaryFolder, write } from './native/fake-libtorch';

const root = path.join(__dirname, '..');
let folder: string;
let files: string[];

/** The package as it would be published, in a folder of its own beside nothing but its dependencies. */
beforeAll(() => {
  folder = temporaryFolder();
  for (const name of [
    'package.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'CMakeLists.txt',
    'native',
    'docs',
    'src',
    'scripts/convert-inception.py',
  ])
    if (fs.existsSync(path.join(root, name)))
      fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const dist = path.join(folder, 'dist');
  // Types are checked by `npm run typecheck`.
  run(root, 'node_modules/.bin/tsc', '-p', 'tsconfig.build.json', '--noCheck', '--outDir', dist);
  run(root, process.execPath, 'scripts/write-esm-entry.js', dist);
  const [listing] = JSON.parse(run(folder, 'npm', 'pack', '--dry-run', '--json', '--ignore-scripts'));
  files = listing.files.map((file: { path: string }) => file.path);
  fs.rmSync(path.join(folder, 'src'), { recursive: true });
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}

function evaluate(extension: 'mjs' | 'cjs', code: string): string {
  return run(folder, process.execPath, write(path.join(folder, `consumer.${extension}`), code)).trim();
}

function command(...args: string[]) {
  return spawnSync(process.execPath, [path.join(folder, 'dist', 'scripts', 'libtorch-gan.js'), ...args], {
    encoding: 'utf8',
  });
}

test('the package holds what setup compiles and what runs', () => {
  const wanted = [
    'CMakeLists.txt',
    'LICENSE',
    'package.json',
    'scripts/convert-inception.py',
    'native/addon.cc',
    'native/cuda.cc',
    'native/ops.def',
  ];
  const built = [
    'index.mjs',
    'index.d.mts',
    'src/index.js',
    'src/index.d.ts',
    'scripts/libtorch-gan.js',
    'src/cli/setup.js',
  ];
  expect(files).toEqual(expect.arrayContaining([...wanted, ...built.map((name) => `dist/${name}`)]));
});

test('the package holds neither sources nor tests, and of the scripts only what is not TypeScript', () => {
  const strays = files.filter(
    (file) => /^(src|test|scripts|build|node_modules|runs|docs\/api)\//.test(file) || /\.test\./.test(file),
  );
  expect(strays).toEqual(['scripts/convert-inception.py']);
});

test('everything that package.json points at is in the package', () => {
  const { main, types, bin, exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const targets = [
    main,
    types,
    ...Object.values(bin),
    ...Object.values(exports['.']).flatMap((one) => Object.values(one as object)),
  ];
  const paths = targets.map((target) => path.posix.normalize(target));
  expect(paths.length).toBeGreaterThanOrEqual(7);
  expect(paths.filter((target) => !files.includes(target))).toEqual([]);
});

test('import finds every name that require finds, and the same thing under it', () => {
  const code = `
    import * as esm from 'libtorch-gan';
    import { createRequire } from 'node:module';
    const cjs = createRequire(import.meta.url)('libtorch-gan');
    console.log(JSON.stringify(Object.keys(cjs).filter((name) => esm[name] !== cjs[name])), Object.keys(esm).length);`;
  const [different, count] = evaluate('mjs', code).split(' ');
  expect(different).toBe('[]');
  expect(Number(count)).toBeGreaterThan(20);
});

test('names can be imported one by one', () => {
  const code = `import { Tensor, Trainer, nn, optim, scope } from 'libtorch-gan';
    console.log([Tensor, Trainer, nn.sequential, optim.adam, scope].map((one) => typeof one).join());`;
  expect(evaluate('mjs', code)).toBe('function,function,function,function,function');
});

test('without the addon the first native use tells what to type in a package', () => {
  const code = `try { require('libtorch-gan').zeros([1]); } catch (error) { console.log(error.code, error.message); }`;
  const text = evaluate('cjs', code);
  expect(text).toContain('ERR_NO_ADDON the native addon is not built');
  expect(text).toContain('npx libtorch-gan setup');
});

test('the command lists its commands, and an unknown one suggests the nearest', () => {
  const help = command('--help');
  expect(help.stdout).toMatch(/train .*\n.*sample .*\n/);
  expect(help.status).toBe(0);
  const wrong = command('trian');
  expect(wrong.stderr).toBe('error: trian is no command: did you mean train?\n');
  expect(wrong.status).toBe(2);
});

test.each(['train', 'sample', 'serve', 'doctor', 'setup'])('%s --help works in a package', (name) => {
  const { status, stdout, stderr } = command(name, '--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('--help');
});
