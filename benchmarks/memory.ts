// Memory over a long training: live tensors and resident memory, measured after warm-up and at the end.
//   npx ts-node benchmarks/memory.ts [steps]
import { data, manualSeed, memory, recipes, Trainer, tuneProcess } from '../src';
import { parseConfig } from '../src/recipes/config';

async function main(): Promise<void> {
  tuneProcess();
  const steps = Number(process.argv[2] ?? 2000);
  const warmUp = Math.min(200, Math.floor(steps / 4));
  const digits = await data.digits({ resolution: 32, count: 6_000 });
  manualSeed(1);
  const { fields, build } = recipes.dcgan;
  const trainer = new Trainer(build(parseConfig(fields, { set: { width: '16' } }), digits.specs));
  const loader = digits.loader({ batch: 32, seed: 1 });
  const resident: number[] = [];
  let before = 0;
  for await (const report of trainer.fit(loader, { steps, logEvery: 10 })) {
    // The first step makes the optimizers' state: from then on nothing may be added.
    if (report.step === 10) before = memory().tensors;
    if (report.step >= warmUp) resident.push(process.memoryUsage.rss());
  }
  const share = (part: readonly number[]) => part.reduce((sum, value) => sum + value, 0) / part.length;
  const [start, end] = [share(resident.slice(0, 10)), share(resident.slice(-10))];
  console.log(`live tensors at step 10 ${before}, at step ${steps} ${memory().tensors}`);
  console.log(
    `resident memory after warm-up ${(start / 1e6).toFixed(1)} MB, at the end ${(end / 1e6).toFixed(1)} MB: ${((end / start - 1) * 100).toFixed(2)} %`,
  );
  loader.dispose();
  trainer.dispose();
}

void main();
