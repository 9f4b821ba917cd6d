import { noGrad } from '../tensor/autograd';
import { span } from '../tensor/profiler';
import { handTo, openScope, scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Make, MakeSource } from './model';
import type { Networks } from './phase';

/** The makes of a model, and the networks they are made by. */
export interface Makers {
  readonly networks: Networks;
  readonly makes: Readonly<Record<string, Make>>;
}

interface Made {
  readonly tensor: Tensor;
  /** Which batch it was made from; null for one that was made from latents alone. */
  readonly place: number | null;
}

/** What networks make for phases that share it, in the scope that was open when this was made: each tensor on its first use. */
export class MadeTensors {
  readonly #makers: Makers;
  readonly #source: (place: number) => MakeSource;
  readonly #trained: ReadonlySet<string>;
  readonly #owner = openScope();
  readonly #made = new Map<string, Made>();

  /**
   * @param source what the phases with the n-th batch of their group take inputs from
   * @param trained networks whose tensors are made with their graph
   */
  constructor(makers: Makers, source: (place: number) => MakeSource, trained: ReadonlySet<string>) {
    this.#makers = makers;
    this.#source = source;
    this.#trained = trained;
  }

  /** The tensor of that name for phases with the n-th batch, with its graph where its network is trained. */
  get(name: string, place: number): Tensor {
    const made = this.#made.get(name);
    if (made && (made.place === null || made.place === place)) return made.tensor;
    const readsBatch = { value: false };
    const source = watched(this.#source(place), () => {
      readsBatch.value = true;
    });
    const tensor = handTo(
      this.#owner,
      span(name, () => this.#make(this.#makers.makes[name], source)),
    );
    this.#made.set(name, { tensor, place: readsBatch.value ? place : null });
    return tensor;
  }

  #make({ by, from }: Make, source: MakeSource): Tensor {
    const network = this.#makers.networks[by];
    const given = from(source);
    const inputs = [given].flat();
    const frozen = network.frozen;
    if (!this.#trained.has(by)) return scope(() => noGrad(() => network.forward(...inputs)));
    // Made in another network's phase for that of its own: it carries the graph, and moves the batch statistics once.
    if (frozen) network.unfreeze();
    const tensor = scope(() => network.forward(...inputs));
    if (frozen) network.freeze();
    return tensor;
  }
}

/** Tells when the batch is read. */
function watched(source: MakeSource, onBatch: () => void): MakeSource {
  return {
    get batch() {
      onBatch();
      return source.batch;
    },
    get latents() {
      return source.latents;
    },
  };
}
