import { UsageError } from '../errors';
import { Embedding } from '../nn/embedding';
import type { Module } from '../nn/module';
import { weightMatrix } from '../nn/weight-matrix';
import { WeightedLayer } from '../nn/weighted-layer';
import { withoutAutocast } from '../tensor/autograd';
import { eye } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';

/**
 * Orthogonal regularisation without the diagonal (Brock et al. 2019): Σ ‖WWᵀ ⊙ (1 − I)‖²_F over the weights of a network, each a matrix with
 * a row for each output. Filters become orthogonal to each other, and keep their lengths. Weighted by 1e-4. Of a layer with spectral norm it
 * is of the weight before that; embeddings are left out: classes may be alike. In float32, also inside autocast.
 *
 * @throws UsageError for a network without such weights
 */
export function orthogonality(network: Module): Tensor {
  const layers = network
    .modules()
    .filter((module) => module instanceof WeightedLayer && !(module instanceof Embedding)) as WeightedLayer[];
  if (layers.length === 0)
    throw new UsageError('orthogonality expected a network of layers with weights but this one has none');
  return withoutAutocast(layers[0].weight.device, () =>
    layers.map((layer) => offDiagonal(weightMatrix(layer))).reduce((sum, term) => sum.add(term)),
  );
}

function offDiagonal(matrix: Tensor): Tensor {
  const [rows] = matrix.shape;
  const { dtype, device } = matrix;
  return matrix.matmul(matrix.t()).mul(eye(rows, { dtype, device }).mul(-1).add(1)).square().sum();
}
