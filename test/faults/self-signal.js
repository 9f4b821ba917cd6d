// `node -r self-signal.js …`: sends the process a signal from within, at a moment that is counted and not waited for. Moments are of three
// kinds: `module`, one begins to load; `file`, a call names a path in the folder that is watched; `output`, something is written.
const { writeFileSync } = require('node:fs');
const Module = require('node:module');

const { LIBTORCH_GAN_SIGNAL = '', LIBTORCH_GAN_MOMENTS, LIBTORCH_GAN_WATCHED = '/nowhere' } = process.env;
const [signal, chosen, at] = LIBTORCH_GAN_SIGNAL.split(':');
const counts = { module: 0, file: 0, output: 0 };

function moment(kind) {
  counts[kind]++;
  if (kind === chosen && counts[kind] === Number(at)) process.kill(process.pid, signal);
}

/** Counts a moment before each call of some functions of an object. */
function before(holder, names, kind, matters = () => true) {
  for (const name of names) {
    const original = holder[name];
    holder[name] = function (...args) {
      if (matters(args)) moment(kind);
      return original.apply(this, args);
    };
  }
}

const isWatched = (args) =>
  args.some((arg) => typeof arg === 'string' && arg.startsWith(LIBTORCH_GAN_WATCHED));
const calls = ['open', 'mkdir', 'rename', 'rm', 'readdir', 'stat', 'readFile', 'writeFile', 'access'];
before(require('node:fs/promises'), calls, 'file', isWatched);
const waiting = [
  'openSync',
  'mkdirSync',
  'rmSync',
  'readdirSync',
  'existsSync',
  'readFileSync',
  'writeFileSync',
];
before(require('node:fs'), waiting, 'file', isWatched);
before(Module, ['_load'], 'module');
before(process.stderr, ['write'], 'output');
before(process.stdout, ['write'], 'output');

process.on('exit', () => {
  if (LIBTORCH_GAN_MOMENTS !== undefined) writeFileSync(LIBTORCH_GAN_MOMENTS, JSON.stringify(counts));
});
