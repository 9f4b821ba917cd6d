import * as nn from '../../src/nn';
import { rand, randn, tensor, zeros } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { caught, failure } from '../support/failure';
import { readCases, testDevice } from '../support/fixtures';

/** The twin of `Block` in test/fixtures/nn/module.py; fields in another order than PyTorch's names. */
class Block extends nn.Module {
  readonly inner = nn.sequential(
    nn.conv2d(2, 3, { kernelSize: 3, padding: 1, bias: false }),
    nn.batchNorm2d(3),
    nn.relu(),
  );
  readonly toRgb = [nn.conv2d(3, 3, { kernelSize: 1 }), nn.conv2d(3, 1, { kernelSize: 1 })];
  readonly outShift = this.registerBuffer('out_shift', rand([3, 1, 1]));
  readonly outScale = nn.parameter(rand([3, 1, 1]));
  readonly note = { text: 'shared by nobody' };

  override forward(input: Tensor): Tensor {
    const scaled = this.inner.forward(input).mul(this.outScale).add(this.outShift);
    return this.toRgb.reduce((output, layer) => layer.forward(output), scaled);
  }
}

function nested(): nn.Sequential {
  return nn.sequential(new Block(), nn.flatten(), nn.linear(16, 2));
}

/** Runs `body` with a network that is released afterwards. */
function using<T extends nn.Module>(network: T, body: (network: T) => void): void {
  try {
    scope(() => body(network));
  } finally {
    network.dispose();
  }
}

describe('loadStateDict', () => {
  test('lists everything that does not fit in one message, and loads nothing', () =>
    using(nested(), (net) => {
      const { '0.inner.1.running_mean': _, ...state } = net.stateDict();
      const wrong = {
        ...state,
        '2.weight': zeros([4, 4]),
        '0.inner.0.weight': zeros([3, 2, 3, 3]),
        extra: zeros([1]),
      };
      const { message } = caught('ERR_STATE_DICT', () => net.loadStateDict(wrong));
      expect(message).toBe(
        'the state does not fit Sequential: missing 0.inner.1.running_mean; unexpected extra; ' +
          "2.weight has shape [2, 16] but the state's is [4, 4]",
      );
      expect(net.stateDict()['0.inner.0.weight'].abs().max().item()).toBeGreaterThan(0);
    }));

  test('that is not strict reports missing and unexpected names and loads the rest', () =>
    using(nn.linear(2, 1), (layer) => {
      const report = layer.loadStateDict({ weight: tensor([[5, 6]]), scale: zeros([1]) }, { strict: false });
      expect(report).toEqual({ missing: ['bias'], unexpected: ['scale'] });
      expect(layer.weight.toArray()).toEqual([[5, 6]]);
      expect(() => layer.loadStateDict({ weight: zeros([1, 3]) }, { strict: false })).toThrow(
        failure('ERR_STATE_DICT', "weight has shape [1, 2] but the state's is [1, 3]"),
      );
    }));

  test('converts to the dtype of the module', () =>
    using(nn.linear(2, 1, { bias: false }), (layer) => {
      layer.loadStateDict({ weight: tensor([[0.5, 0.25]], { dtype: 'float64' }) });
      expect(layer.weight.dtype).toBe('float32');
      expect(layer.weight.toArray()).toEqual([[0.5, 0.25]]);
    }));
});

describe('names', () => {
  const [one] = readCases<{ state: string[]; parameters: string[]; buffers: string[] }>('nn/module');

  test("are PyTorch's, in PyTorch's order", () =>
    using(nested(), (net) => {
      expect(Object.keys(net.stateDict())).toEqual(one.state);
      expect(net.namedParameters().map(([name]) => name)).toEqual(one.parameters);
      expect(net.namedBuffers().map(([name]) => name)).toEqual(one.buffers);
    }));

  test("a state saved by PyTorch gives PyTorch's output", () =>
    using(nested().to({ device: testDevice }), (net) => {
      net.loadStateDict(one.tensors.group('state.'));
      expectClose(net.eval().forward(one.tensors.tensor('x')), one.tensors.tensor('output'));
    }));

  test('of modules are the fields as written', () =>
    using(nested(), (net) => {
      expect(net.namedModules().map(([path]) => path)).toEqual([
        '',
        ...['0', '0.inner', '0.inner.0', '0.inner.1', '0.inner.2', '0.toRgb.0', '0.toRgb.1'],
        ...['1', '2'],
      ]);
    }));

  test('list what is shared once, and save it under each name', () => {
    const shared = nn.linear(2, 2, { bias: false });
    using(nn.sequential(shared, nn.relu(), shared), (net) => {
      expect(net.namedParameters().map(([name]) => name)).toEqual(['0.weight']);
      expect(net.modules()).toHaveLength(3);
      expect(Object.keys(net.stateDict())).toEqual(['0.weight', '2.weight']);
    });
  });

  test('leave out buffers that are not persistent, which move with the module all the same', () => {
    class Blur extends nn.Module {
      readonly kernel = this.registerBuffer('kernel', zeros([2]), { persistent: false });
      override forward(input: Tensor): Tensor {
        return input.mul(this.kernel);
      }
    }
    using(new Blur(), (blur) => {
      expect(blur.stateDict()).toEqual({});
      blur.to({ dtype: 'float64' });
      expect(blur.kernel.dtype).toBe('float64');
    });
  });
});

describe('a module', () => {
  test('keeps its tensors when it is made inside a scope', () => {
    const net = scope(() => {
      const made = nested();
      made.forward(randn([2, 2, 4, 4]));
      return made;
    });
    expect([...net.parameters(), ...net.buffers()].some((held) => held.released)).toBe(false);
    net.dispose();
    expect([...net.parameters(), ...net.buffers()].every((held) => held.released)).toBe(true);
  });

  test('switches all below it between training and use', () =>
    using(nested(), (net) => {
      expect(net.modules().every((module) => module.training)).toBe(true);
      expect(
        net
          .eval()
          .modules()
          .some((module) => module.training),
      ).toBe(false);
      expect(
        net
          .train()
          .modules()
          .every((module) => module.training),
      ).toBe(true);
    }));

  test('drops its gradients', () =>
    using(nn.linear(2, 1), (layer) => {
      layer
        .forward(randn([3, 2]))
        .sum()
        .backward();
      expect(layer.parameters().every((held) => held.grad !== null)).toBe(true);
      layer.zeroGrad();
      expect(layer.parameters().every((held) => held.grad === null)).toBe(true);
    }));

  test('moves in place: tensors stay the same objects, integers stay integers', () =>
    using(nested(), (net) => {
      const held = [...net.parameters(), ...net.buffers()];
      net
        .forward(randn([2, 2, 4, 4]))
        .sum()
        .backward();
      const before = net.parameters().map((one) => one.grad?.double());
      net.to({ dtype: 'float64' });
      expect([...net.parameters(), ...net.buffers()].every((one, index) => one === held[index])).toBe(true);
      expect(new Set(net.parameters().map((one) => `${one.dtype} ${one.requiresGrad}`))).toEqual(
        new Set(['float64 true']),
      );
      expect(new Set(net.buffers().map((one) => one.dtype))).toEqual(new Set(['float64', 'int64']));
      for (const [index, one] of net.parameters().entries()) {
        const expected = before[index];
        expect(one.grad !== null && expected !== undefined && one.grad.equal(expected)).toBe(true);
      }
      net
        .forward(randn([2, 2, 4, 4], { dtype: 'float64' }))
        .sum()
        .backward();
    }));

  test('lays images out channels last, and computes the same', () =>
    using(nested().eval(), (net) => {
      const input = randn([2, 2, 4, 4]);
      const before = net.forward(input);
      net.to({ memoryFormat: 'channels_last' });
      expect(net.stateDict()['0.inner.0.weight'].isContiguous('channels_last')).toBe(true);
      expect(net.stateDict()['2.weight'].isContiguous()).toBe(true);
      expectClose(net.forward(input.contiguous('channels_last')), before);
    }));

  test('prints itself as a tree', () =>
    using(
      nn.sequential(nn.linear(3, 4), nn.sequential(nn.relu(), nn.leakyRelu(0.2)), nn.batchNorm1d(4)),
      (net) => {
        expect(String(net)).toBe(
          [
            'Sequential(',
            '  (0): Linear(3, 4, bias=true)',
            '  (1): Sequential(',
            '    (0): ReLU()',
            '    (1): LeakyReLU(negativeSlope=0.2)',
            '  )',
            '  (2): BatchNorm1d(4, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)',
            ')',
          ].join('\n'),
        );
      },
    ));
});

describe('freeze', () => {
  test('stops training of all parameters until unfreeze, and nothing else starts training then', () =>
    using(nested(), (net) => {
      const [, , head] = net.children();
      const [fixed, ...others] = net.parameters();
      fixed.requiresGrad = false;
      expect(
        net
          .freeze()
          .parameters()
          .some((held) => held.requiresGrad),
      ).toBe(false);
      expect(head.frozen).toBe(true);
      net.unfreeze();
      expect(fixed.requiresGrad).toBe(false);
      expect(others.every((held) => held.requiresGrad)).toBe(true);
      expect(head.frozen).toBe(false);
    }));

  test('twice is undone by one unfreeze, and unfreeze alone does nothing', () =>
    using(nn.linear(2, 2), (layer) => {
      layer.unfreeze().freeze().freeze().unfreeze();
      expect(layer.frozen).toBe(false);
      expect(layer.weight.requiresGrad).toBe(true);
    }));

  test('leaves frozen what was frozen on its own before', () =>
    using(nested(), (net) => {
      const [block, , head] = net.children();
      block.freeze();
      net.freeze().unfreeze();
      expect([block.frozen, head.frozen]).toEqual([true, false]);
      expect(block.parameters().some((held) => held.requiresGrad)).toBe(false);
      expect(head.parameters().every((held) => held.requiresGrad)).toBe(true);
      block.unfreeze();
      expect(net.parameters().every((held) => held.requiresGrad)).toBe(true);
    }));

  test('lets gradients through to the input', () =>
    using(nn.linear(2, 1), (layer) => {
      const input = randn([3, 2], { requiresGrad: true });
      layer.freeze().forward(input).sum().backward();
      expect(layer.weight.grad).toBeNull();
      expectClose(input.grad ?? zeros([0]), layer.weight.detach().expand([3, 2]));
    }));
});

describe('clone', () => {
  test('computes the same and shares no tensor', () =>
    using(nested(), (net) => {
      net.forward(randn([4, 2, 4, 4]));
      using(net.clone(), (copy) => {
        const state = net.stateDict();
        for (const [name, values] of Object.entries(copy.stateDict())) {
          expect(values.equal(state[name])).toBe(true);
          expect(values.isAliasOf(state[name])).toBe(false);
        }
        const input = randn([4, 2, 4, 4]);
        expect(copy.forward(input).equal(net.forward(input))).toBe(true);
        copy.forward(input.add(1));
        expect(copy.stateDict()['0.inner.1.num_batches_tracked'].item()).toBe(3);
        expect(net.stateDict()['0.inner.1.num_batches_tracked'].item()).toBe(2);
      });
    }));

  test('keeps class, mode, trainability and plain fields, and its own freezing', () =>
    using(new Block().eval(), (block) => {
      block.outScale.requiresGrad = false;
      using(block.clone(), (copy) => {
        expect(copy).toBeInstanceOf(Block);
        expect(copy.training).toBe(false);
        expect(copy.outScale.requiresGrad).toBe(false);
        expect(copy.toRgb[0].weight.requiresGrad).toBe(true);
        expect(copy.note).toEqual(block.note);
        expect(copy.note).not.toBe(block.note);
        copy.freeze();
        expect(block.frozen).toBe(false);
        expect(block.toRgb[0].weight.requiresGrad).toBe(true);
      });
    }));

  test('of a frozen module, or of a part of one, is not frozen: what could be trained before can be in it', () =>
    using(new Block(), (block) => {
      block.outScale.requiresGrad = false;
      block.freeze();
      using(block.clone(), (copy) => {
        expect([copy.frozen, copy.outScale.requiresGrad]).toEqual([false, false]);
        expect(copy.toRgb[0].weight.requiresGrad).toBe(true);
      });
      using(block.toRgb[0].clone(), (copy) => expect(copy.weight.requiresGrad).toBe(true));
      expect(block.toRgb[0].weight.requiresGrad).toBe(false);
      block.unfreeze();
      block.toRgb[0].weight.requiresGrad = false;
      using(block.clone(), (copy) => expect(copy.toRgb[0].weight.requiresGrad).toBe(false));
    }));

  test('keeps sharing where the original shares', () => {
    const shared = nn.linear(2, 2);
    using(nn.sequential(shared, shared), (net) => {
      using(net.clone(), (copy) => {
        const [first, second] = copy.children();
        expect(first).toBe(second);
        expect(first).not.toBe(shared);
      });
    });
  });
});
