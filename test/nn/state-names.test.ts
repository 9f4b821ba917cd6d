import * as nn from '../../src/nn';
import { ones, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';

abstract class Whole extends nn.Module {
  override forward(input: Tensor): Tensor {
    return input;
  }
}

/** Two fields that PyTorch writes alike. */
class Alike extends Whole {
  readonly toRgb = nn.linear(1, 1);
  readonly to_rgb = nn.linear(1, 1);
}

/** A buffer that is called as a parameter is. */
class Hidden extends Whole {
  readonly outScale = nn.parameter(ones([1]));
  readonly mean = this.registerBuffer('out_scale', zeros([1]));
}

class Twice extends Whole {
  readonly first = this.registerBuffer('m', zeros([1]));
  readonly again = this.registerBuffer('m', this.first);

  registerOther(): void {
    this.registerBuffer('m', ones([1]));
  }
}

class Child extends Whole {
  readonly layer = nn.linear(1, 1);
  parent: nn.Module | null = null;
}

/** A network whose part knows it. */
class Parent extends Whole {
  readonly parts = [new Child()];

  constructor() {
    super();
    this.parts[0].parent = this;
  }
}

function using<T extends nn.Module>(network: T, body: (network: T) => void): void {
  try {
    scope(() => body(network));
  } finally {
    network.dispose();
  }
}

describe('names of tensors', () => {
  test('that meet are refused with both fields: a state would hold one of them', () =>
    using(nn.sequential(new Alike()), (net) => {
      const refused = usage(
        'Sequential expects a name of its own for each tensor but the parameter 0.toRgb.weight and the parameter 0.to_rgb.weight are both 0.to_rgb.weight in a state: rename one of them',
      );
      expect(() => net.stateDict()).toThrow(refused);
      expect(() => net.namedParameters()).toThrow(refused);
      expect(() => net.loadStateDict({})).toThrow(refused);
      expect(net.parameters()).toHaveLength(4);
    }));

  test('of a buffer and a parameter may not be one', () =>
    using(new Hidden(), (net) =>
      expect(() => net.stateDict()).toThrow(
        usage('the parameter outScale and the buffer out_scale are both out_scale in a state'),
      ),
    ));

  test('of buffers are registered once; the same tensor may be again', () =>
    using(new Twice(), (net) => {
      expect(() => net.registerOther()).toThrow(
        usage('Twice expects a name of its own for each buffer but registers m twice'),
      );
      expect(Object.keys(net.stateDict())).toEqual(['m']);
    }));
});

test('a part that holds its network is refused in one line, wherever names are asked for', () =>
  using(new Parent(), (net) => {
    const refused = usage(
      'Parent expects no module below itself, but its field parts.0.parent is a module that holds it: keep that in a #private field',
    );
    expect(() => net.stateDict()).toThrow(refused);
    expect(() => net.namedParameters()).toThrow(refused);
    expect(() => net.namedBuffers()).toThrow(refused);
    expect(() => net.toString()).toThrow(refused);
    expect([net.parameters().length, net.buffers().length]).toEqual([2, 0]);
    using(net.clone(), (copy) => expect(copy.parts[0].parent).toBe(copy));
  }));

test('a state is tensors by name', () =>
  using(nn.linear(1, 1), (layer) => {
    expect(() => layer.loadStateDict(JSON.parse('null'))).toThrow(
      usage('loadStateDict expects a state, tensors by name but received null'),
    );
    expect(() => layer.loadStateDict(JSON.parse('{"weight":[[1]],"bias":[0]}'))).toThrow(
      usage('loadStateDict expects a tensor for weight but received [[1]] (array)'),
    );
  }));
