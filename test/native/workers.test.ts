import { spawnSync } from 'node:child_process';
import { addonFiles } from '../../src/native/load';

// Run in a process of their own: a crash there must fail a test here, not end the test runner.

function run(script: string): {
  status: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
} {
  const source = `const addonPath = ${JSON.stringify(addonFiles().path)};\n${script}`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', source], {
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { status, signal, stdout, stderr };
}

const worker = (work: string) => `
  const { parentPort, workerData } = require('node:worker_threads');
  const addon = require(workerData.addonPath);
  const { ops } = addon;
  const a = ops.randn_generator([256, 256], null, 'float32', null, null, null);
  const sideways = ops.zeros([1, 2, 3], 'float32', null, null, null);
  addon.setRequiresGrad([a], true);
  parentPort.postMessage('ready');
  for (;;) {
    ${work}
  }
`;

const STEP = `
    const product = ops.mm(a, a);
    const sum = ops.sum(product, null);
    addon.backward([sum], null, false, false, []);
    addon.release([product, sum]);`;
/** An error is made, with the class that the library sets and with none, and thrown. */
const FAILURE = `
    try {
      ops.cat([a, sideways], 0);
    } catch {}`;
const WITH_CLASS = `
    addon.setErrorClass(class extends Error {
      constructor(message, code, op) {
        super(message);
        this.code = code;
      }
    });`;

describe('the addon in worker threads', () => {
  test.each([
    ['an operator', STEP],
    ['an error', FAILURE],
    ['an error of a class', WITH_CLASS + FAILURE],
  ])('four workers terminated in the middle of %s do not crash the process', (_, work) => {
    const result = run(`
      const { Worker } = require('node:worker_threads');
      const source = ${JSON.stringify(worker(work))};
      const round = () => Promise.all([50, 90, 130, 170].map((delay) => new Promise((resolve, reject) => {
        const worker = new Worker(source, { eval: true, workerData: { addonPath } });
        worker.on('error', reject);
        worker.on('exit', resolve);
        worker.once('message', () => setTimeout(() => worker.terminate(), delay));
      })));
      round().then(round).then(() => {
        const { ops, liveTensors } = require(addonPath);
        ops.zeros([1], 'float32', null, null, null);
        console.log('alive', liveTensors()[0]);
      });
    `);
    expect(result).toEqual({ status: 0, signal: null, stdout: 'alive 1\n', stderr: '' });
  });

  test('each environment counts its own tensors, and two loads in one do not mix handles', () => {
    const result = run(`
      const { Worker } = require('node:worker_threads');
      const addon = require(addonPath);
      const mine = addon.ops.zeros([2], 'float32', null, null, null);
      const source = \`
        const { parentPort, workerData } = require('node:worker_threads');
        const addon = require(workerData.addonPath);
        const before = addon.liveTensors()[0];
        addon.ops.zeros([2], 'float32', null, null, null);
        addon.ops.zeros([2], 'float32', null, null, null);
        parentPort.postMessage([before, addon.liveTensors()[0]]);
      \`;
      new Worker(source, { eval: true, workerData: { addonPath } }).once('message', (counts) => {
        console.log(JSON.stringify(counts), addon.liveTensors()[0], addon.shape(mine));
      });
    `);
    expect(result).toEqual({ status: 0, signal: null, stdout: '[0,2] 1 [ 2 ]\n', stderr: '' });
  });

  test.each([
    ['with live tensors and a graph', ''],
    ['by process.exit', 'process.exit(0);'],
    ['with a script that ran', 'addon.runScript(addon.loadScript(script, "cpu", "")[0], [images], []);'],
    [
      'from inside a scope’s operator chain',
      'for (let i = 0; i < 1000; i++) addon.ops.mm(a, a); process.exit(0);',
    ],
  ])('the process ends cleanly %s', (_, end) => {
    const result = run(`
      const addon = require(addonPath);
      const a = addon.ops.randn_generator([64, 64], null, 'float32', null, null, null);
      addon.setRequiresGrad([a], true);
      const product = addon.ops.mm(a, a);
      const script = ${JSON.stringify(require.resolve('../fixtures/io/script/plain.pt'))};
      const images = addon.ops.zeros([1, 3, 4, 4], 'float32', null, null, null);
      ${end}
    `);
    expect(result).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
  });
});
