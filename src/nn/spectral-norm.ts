import { argumentError, numberBetween, positiveInteger } from '../check';
import { native } from '../native/addon';
import { isListening } from '../native/listen';
import { isGradEnabled, noGrad, withoutAutocast } from '../tensor/autograd';
import { captureBoundaries } from '../tensor/capture';
import { empty } from '../tensor/create';
import { freedGraphs } from '../tensor/freed-graphs';
import { innerProduct, matrixVector } from '../tensor/linalg';
import { inScope, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import { wrap } from '../tensor/wrap';
import { ConvTranspose2d } from './conv';
import { normal_ } from './init';
import { Module } from './module';
import { weightMatrix } from './weight-matrix';
import { WeightedLayer } from './weighted-layer';

/** Options of {@link SpectralNorm}. */
export interface SpectralNormOptions {
  /** Steps of the power iteration an update (1). */
  readonly iterations?: number;
  /** The least norm to divide a vector by (1e-12). */
  readonly eps?: number;
}

/** Left and right singular vectors of the largest singular value, approximately. */
interface Vectors {
  readonly u: Tensor;
  readonly v: Tensor;
}

/** What a layer's normalised weight was computed from, and where the vectors last moved. */
interface State {
  normalised: Tensor | null;
  /** Counts of changes of the weight and of the vectors. */
  weight: number;
  vectors: number;
  /** Whether the normalised weight has a graph, and how many backward passes had given back theirs by then. */
  graph: boolean;
  freed: number;
  /** The weight's count of changes when the vectors moved. */
  movedAt: number;
  boundaries: number;
}

/** Apart from the modules, so that clones have a state of their own, and scopes that return modules do not keep it. */
const states = new WeakMap<SpectralNorm, State>();

/** Steps of the power iteration that a new layer begins with, before those of an update: PyTorch checks it by a pass. */
const FIRST_ITERATIONS = 15;

/**
 * Spectral normalisation (Miyato et al. 2018): `layer` with the weight W / σ, where σ = uᵀWv approaches W's largest singular
 * value, and carries the gradient through W. W is taken as a matrix with a row for each output (for an embedding: each index).
 *
 * The vectors u and v follow W by power iteration: once for each change of W, however many batches pass, while the module trains
 * and is not frozen. W / σ, too, is computed once: the batches that pass in one scope (as that of a phase) share it and its
 * gradient, until W changes or a backward pass gives back the graph. σ is computed in W's own precision, under autocast too.
 *
 * State dicts have PyTorch's names: `parametrizations.weight.original`, `parametrizations.weight.0._u` and `…_v`, `bias`.
 */
export class SpectralNorm<L extends WeightedLayer = WeightedLayer> extends Module {
  /** [rows] and [columns] of the matrix. */
  readonly u: Tensor;
  readonly v: Tensor;
  readonly iterations: number;
  readonly eps: number;

  /** @throws UsageError for something that is no layer with a weight of two dimensions or more, or an option out of range */
  constructor(
    readonly layer: L,
    { iterations = 1, eps = 1e-12 }: SpectralNormOptions = {},
  ) {
    super();
    if (!(layer instanceof WeightedLayer))
      throw argumentError('spectralNorm', 'a layer with a weight (linear, conv2d, embedding, …)', layer);
    this.iterations = positiveInteger('spectralNorm', 'iterations', iterations);
    this.eps = numberBetween('spectralNorm', 'eps', eps, { min: 0 });
    const { u, v } = scope(() => noGrad(() => start(weightMatrix(layer), this)));
    this.u = this.registerBuffer('parametrizations.weight.0._u', u);
    this.v = this.registerBuffer('parametrizations.weight.0._v', v);
  }

  override forward(input: Tensor): Tensor {
    return this.layer.forwardWith(input, { weight: this.normalised() });
  }

  /** The weight W / σ; moves u and v where W has changed since they did. */
  normalised(): Tensor {
    const { weight } = this.layer;
    const boundaries = captureBoundaries();
    const changes = native().changes(weight.handle);
    const known = states.get(this);
    const same = known !== undefined && known.weight === changes && known.boundaries === boundaries;
    const moves = this.training && !this.frozen && !(same && known.movedAt === changes);
    const graph = isGradEnabled() && weight.requiresGrad;
    const whole = graph
      ? known?.graph === true && known.freed === freedGraphs()
      : !isGradEnabled() || known?.graph === false;
    const fresh = same && !moves && whole && known.vectors === native().changes(this.u.handle);
    if (fresh && known.normalised?.released === false) return known.normalised;
    const normalised = this.compute(moves, graph);
    states.set(this, {
      // Outside every scope nothing would release it.
      normalised: inScope() ? normalised : null,
      weight: changes,
      vectors: native().changes(this.u.handle),
      graph,
      freed: freedGraphs(),
      movedAt: moves ? changes : same ? known.movedAt : -1,
      boundaries,
    });
    return normalised;
  }

  /** Moves u and v by as many steps as those of a new layer: for one whose weight was replaced, but not they. */
  settle(): void {
    const iterations = FIRST_ITERATIONS + this.iterations;
    scope(() =>
      noGrad(() => this.take(iterate(weightMatrix(this.layer), this, { iterations, eps: this.eps }))),
    );
  }

  protected override nameOf(_child: string, name: string): string {
    return name === 'weight' ? 'parametrizations.weight.original' : name;
  }

  protected override describe(): string {
    return `iterations=${this.iterations}, eps=${this.eps}`;
  }

  private compute(moves: boolean, graph: boolean): Tensor {
    const { layer, u, v, iterations, eps } = this;
    const { weight } = layer;
    if (hasKernel(layer) && !isListening()) {
      const steps = moves ? iterations : 0;
      return wrap(native().spectralNorm(weight.handle, u.handle, v.handle, steps, eps), 'spectralNorm');
    }
    return withoutAutocast(weight.device, () => scope(() => this.byOperators(moves, graph)));
  }

  private byOperators(moves: boolean, graph: boolean): Tensor {
    const matrix = weightMatrix(this.layer);
    const { u, v } = moves ? noGrad(() => this.move(matrix)) : graph ? copies(this) : this;
    return this.layer.weight.div(innerProduct(u, matrixVector(matrix, v)));
  }

  /** Moves u and v. What it returns is apart from the buffers: those move again while a graph may still hold it. */
  private move(matrix: Tensor): Vectors {
    const moved = iterate(matrix, this, this);
    this.take(moved);
    return moved;
  }

  private take({ u, v }: Vectors): void {
    this.u.copy_(u);
    this.v.copy_(v);
  }
}

/**
 * A layer with {@link SpectralNorm}: `spectralNorm(conv2d(64, 128, { kernelSize: 3 }))`.
 *
 * @throws UsageError for something that is no layer with a weight of two dimensions or more, or an option out of range
 */
export function spectralNorm<L extends WeightedLayer>(
  layer: L,
  options?: SpectralNormOptions,
): SpectralNorm<L> {
  return new SpectralNorm(layer, options);
}

/** PyTorch's start: normal vectors, and some steps from there. */
function start(
  matrix: Tensor,
  { iterations, eps }: { readonly iterations: number; readonly eps: number },
): Vectors {
  const [rows, columns] = matrix.shape;
  const { dtype, device } = matrix;
  const drawn = [rows, columns].map((size) => empty([size], { dtype, device }));
  const [u, v] = drawn.map((vector) => unit(normal_(vector), eps));
  return iterate(matrix, { u, v }, { iterations: FIRST_ITERATIONS + iterations, eps });
}

/** The kernel takes matrices that lie in memory as they are: those of weights in float32 on the CPU. */
function hasKernel(layer: WeightedLayer): boolean {
  const { device, dtype } = layer.weight;
  return device === 'cpu' && dtype === 'float32' && !(layer instanceof ConvTranspose2d);
}

/** Power iteration: u ← Wv / ‖Wv‖, v ← Wᵀu / ‖Wᵀu‖. */
function iterate(
  matrix: Tensor,
  { u, v }: Vectors,
  { iterations, eps }: { readonly iterations: number; readonly eps: number },
): Vectors {
  const transposed = matrix.t();
  let moved: Vectors = { u, v };
  for (let i = 0; i < iterations; i++) {
    const left = unit(matrixVector(matrix, moved.v), eps);
    moved = { u: left, v: unit(matrixVector(transposed, left), eps) };
  }
  return moved;
}

function unit(vector: Tensor, eps: number): Tensor {
  return vector.div(vector.norm().clamp({ min: eps }));
}

function copies({ u, v }: Vectors): Vectors {
  return { u: u.clone(), v: v.clone() };
}
