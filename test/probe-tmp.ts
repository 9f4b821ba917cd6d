import { SMALL } from './support/small-recipes';
import { exportOnnx } from '../src/export/onnx-file';
import { exportScript } from '../src/export/script-file';
import { exportedOf } from './support/exporting';
import { writeFileSync } from 'node:fs';
const text = { name: 'x', metadata: {} };
(async () => {
  const all = new Set<string>();
  for (const [i, small] of SMALL.entries()) {
    const { task, dispose } = exportedOf(small);
    const a = await exportOnnx(task, { text });
    writeFileSync(`/tmp/onnx/new-${i}.onnx`, a.bytes);
    for (const o of a.operators) all.add(o);
    const b = await exportOnnx(task, { text, precision: 'float16' });
    const c = await exportScript(task, '/tmp/onnx/x.pt');
    const f = (p: any) => { const [d] = Object.values(p.outputs) as any[]; return `${d.largest.toExponential(1)} / ${d.mean.toExponential(1)}`; };
    console.log(`| ${small.name} | ${f(a.parity)} | ${f(b.parity)} | ${f(c.parity)} |`);
    dispose();
  }
  console.log([...all].sort().join(' '));
})();
