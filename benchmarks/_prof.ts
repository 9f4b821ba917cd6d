import { readdirSync } from 'node:fs';
import { load } from '../src/recipes/index';
import { ScoreImages } from '../src/cli/score-images';
import { scoresOf } from '../src/cli/scoring';
import { fromBytes } from '../src/tensor/create';
async function main() {
  const model = await load('/tmp/anom/fan', { scorer: true } as never);
  const images = await ScoreImages.for(model, { onBadImage: 'fail' });
  const files = readdirSync('/tmp/anom/mnist1000').sort().map((name) => ({ from: `/tmp/anom/mnist1000/${name}`, name, map: null, mask: null }));
  for (let round = 0; round < 3; round++) {
    let c = process.cpuUsage(); let t = performance.now();
    const opened = await images.open(files);
    let d = process.cpuUsage(c); console.log('open', d.user / 1e3 | 0, d.system / 1e3 | 0, (performance.now() - t) | 0);
    c = process.cpuUsage(); t = performance.now();
    const { channels, height, width } = model.specs.images;
    await scoresOf(model, { count: 1000, spec: { channels, height, width } as never, fetch: async (start, end) => () => fromBytes(Buffer.concat(opened.slice(start, end).map(({ pixels }) => pixels)), { dtype: 'uint8', shape: [end - start, channels, height, width] }).div(127.5).sub_(1) }, {});
    d = process.cpuUsage(c); console.log('score', d.user / 1e3 | 0, d.system / 1e3 | 0, (performance.now() - t) | 0);
  }
  model.dispose();
}
main();
