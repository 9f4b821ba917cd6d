import { ones } from '../src/tensor/create';
import { scope } from '../src/tensor/scope';

const COUNT = 100_000;
const a = ones([8]);
const b = ones([8]);

function nanoseconds(): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < COUNT; i += 100)
    scope(() => {
      for (let j = 0; j < 100; j++) a.add(b);
    });
  return Number(process.hrtime.bigint() - start) / COUNT;
}

const best = Math.min(...Array.from({ length: 9 }, nanoseconds));
console.log(JSON.stringify({ value: best, what: 'ns for add + release on 8 floats' }));
