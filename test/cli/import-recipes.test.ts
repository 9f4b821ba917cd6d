// Weights of every recipe's own networks, written as a file of tensors, become a run that loads and holds them bit for bit.
import { join } from 'node:path';
import { main } from '../../src/cli/import';
import { writeSafetensors } from '../../src/io/safetensors';
import { tensorsToRecords } from '../../src/io/tensors';
import type { Module } from '../../src/nn/module';
import { load, recipes } from '../../src/recipes';
import { scope } from '../../src/tensor/scope';
import { buildSmall, SMALL } from '../support/small-recipes';
import { temporaryFolder } from '../support/training';
import { FakeHost } from './fakes';

const folder = temporaryFolder();

/** A network's tensors as text. */
function stateOf(network: Module): Record<string, string> {
  return scope(() => {
    const records = Object.entries(tensorsToRecords(network.stateDict()));
    return Object.fromEntries(
      records.map(([name, { dtype, shape, bytes }]) => [
        name,
        `${dtype} ${shape}: ${Buffer.from(bytes).toString('hex')}`,
      ]),
    );
  });
}

test.each(SMALL)('$name', async (small) => {
  const { recipe, set, resolution } = small;
  const [file, out] = [join(folder.path, 'weights.safetensors'), join(folder.path, 'run')];
  const { networks } = buildSmall(small, 40);
  const learned = Object.entries(networks).filter(([, network]) => network.parameters().length > 0);
  const records = scope(() => {
    const states = learned.map(([name, network]) => [name, tensorsToRecords(network.stateDict())] as const);
    const named = states.flatMap(([name, state]) =>
      Object.entries(state).map(([tensor, record]) => [`${name}.${tensor}`, record] as const),
    );
    return Object.fromEntries(named);
  });
  await writeSafetensors(file, records);
  const expected = Object.fromEntries(learned.map(([name, network]) => [name, stateOf(network)]));
  for (const network of Object.values(networks)) network.dispose();

  const host = new FakeHost();
  const settings = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const classes = (recipes[recipe].data ?? 'images') === 'images' ? ['--classes', '3'] : [];
  const sizes = ['--resolution', String(resolution), '--channels', '1', ...classes];
  const code = await main(['--weights', file, '--recipe', recipe, ...settings, ...sizes, '--out', out], host);
  expect([code, host.stderr.text]).toEqual([0, expect.not.stringMatching(/warning|error/)]);

  const model = await load(out, { device: 'cpu' });
  for (const name of model.sampler.networks) {
    const state = stateOf(model.networks[name]);
    expect([name, state]).toEqual([name, expected[name]]);
  }
  model.dispose();
});
