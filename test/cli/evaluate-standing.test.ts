import { join } from 'node:path';
import { main as evaluate } from '../../src/cli/evaluate';
import { main as train } from '../../src/cli/train';
import { readEvaluations, sameProtocol } from '../../src/report/evaluations';
import { classifiedDigits } from './classified-digits';
import { FakeHost } from './fakes';

const folder = classifiedDigits([32]);

test('averaged weights are judged on the way with the standing statistics that they get in use', async () => {
  const run = join(folder, 'run');
  const data = ['--dataset', 'mnist', '--data-dir', folder, '--resolution', '32', '--device', 'cpu'];
  const sizes = ['width=4', 'discriminatorWidth=4', 'latentSize=4', 'embeddingSize=4', 'attention=0'];
  const model = ['--batch', '4', '--precision', 'fp32', ...sizes.flatMap((size) => ['--set', size])];
  const judging = ['--eval-every', '2', '--eval-metrics', 'fid', '--eval-count', '20'];
  const host = new FakeHost();
  expect(await train(['biggan', ...data, ...model, '--steps', '2', ...judging, '--out', run], host)).toBe(0);
  const asked = ['--checkpoint', run, '--metrics', 'fid', '--count', '20', '--device', 'cpu'];
  expect(await evaluate(asked, new FakeHost())).toBe(0);
  const [onTheWay, afterwards] = readEvaluations(join(run, 'evaluations.jsonl'));
  expect(onTheWay.protocol.batchNorm).toBe('standing statistics of 16 × 64 latents');
  expect(sameProtocol(onTheWay.protocol, afterwards.protocol)).toBe(true);
  expect(afterwards.metrics.fid).toBeCloseTo(onTheWay.metrics.fid, 6);
});
