import { startProfiling, stopProfiling } from '../../src/tensor/profiler';
import { run, trainerOf } from '../support/recorded';
import { buildSmall, SMALL, smallLoader } from '../support/small-recipes';

/**
 * What PyTorch refuses on CUDA where runs are to be equal, by the documentation of `use_deterministic_algorithms`: the order of additions
 * changes from run to run.
 */
const REFUSED = new RegExp(
  `^aten::(${[
    ...['upsample_(linear1d|bilinear2d|bicubic2d|trilinear3d)_backward', '_upsample_bi\\w+2d_aa_backward'],
    ...['_?adaptive_avg_pool[23]d_backward', 'adaptive_max_pool2d_backward', 'avg_pool3d_backward'],
    ...['reflection_pad[123]d_backward', 'replication_pad[123]d_backward', 'grid_sampler_[23]d\\w*_backward'],
    ...['fractional_max_pool\\w+_backward', 'max_unpool\\w*', 'nll_loss2d\\w*', '_?ctc_loss_backward'],
    ...['put_', 'histc', 'bincount', 'median', 'nanmedian', 'kthvalue', '_?cumsum', '_embedding_bag\\w*'],
  ].join('|')})$`,
);

/** Those that the library makes in a fixed order there, by test/tensor/in-order.test.ts. */
const REPLACED =
  /^aten::(upsample_bilinear2d_backward|_?adaptive_avg_pool2d_backward|(reflection|replication)_pad2d_backward)$/;

/** So many that lazy phases and later stages are among them. */
const STEPS = 4;

test.each(SMALL)('$name can be trained deterministically on CUDA', async (small) => {
  const trainer = trainerOf(buildSmall(small, STEPS), false);
  startProfiling();
  let events: ReturnType<typeof stopProfiling>;
  try {
    await run(trainer, { steps: STEPS, loader: smallLoader(small) });
  } finally {
    events = stopProfiling();
    trainer.dispose();
  }
  const names = new Set(events.filter(({ kind }) => kind === 'op').map(({ name }) => name));
  expect(names).toContain('aten::empty');
  expect([...names].filter((name) => REFUSED.test(name) && !REPLACED.test(name))).toEqual([]);
});
