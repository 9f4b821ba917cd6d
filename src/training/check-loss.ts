import { described } from '../check';
import { GanError } from '../errors';
import { forget, isThenable } from '../tensor/promise';
import { Tensor } from '../tensor/tensor';

/**
 * Checks what a phase's loss returned: one number that depends on what the phase trains.
 *
 * @throws GanError `ERR_BAD_LOSS`
 */
export function checkLoss(
  { name, trains }: { readonly name: string; readonly trains: string | readonly string[] },
  loss: unknown,
): asserts loss is Tensor {
  if (!(loss instanceof Tensor))
    throw badLoss(name, `to be a tensor of one number but received ${other(loss)}`);
  if (loss.numel !== 1)
    throw badLoss(
      name,
      `to be one number but received a tensor of shape [${loss.shape.join(', ')}]: reduce it with mean() or sum()`,
    );
  if (!loss.requiresGrad)
    throw badLoss(
      name,
      `to depend on what it trains, ${[trains].flat().join(' and ')}, but received a number without a gradient: it is a constant, or was detached or computed in noGrad on its way`,
    );
}

/** What was returned in the place of a tensor, and what to do. */
function other(loss: unknown): string {
  if (loss === undefined) return 'undefined: return it';
  if (!isThenable(loss)) return `${described(loss)}: return the tensor itself`;
  forget(loss);
  return 'a promise: a loss cannot be async';
}

function badLoss(phase: string, problem: string): GanError {
  return new GanError('ERR_BAD_LOSS', `phase ${phase} expected its loss ${problem}`);
}
