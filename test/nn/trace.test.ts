import * as nn from '../../src/nn';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { caught, failure } from '../support/failure';

class Branches extends nn.Module {
  readonly left = nn.sequential(nn.linear(3, 4), nn.relu());
  readonly rightSide = [nn.linear(3, 4), nn.linear(5, 4)];

  override forward(input: Tensor): Tensor {
    // The second is called without its holder, as a user's module may do.
    return this.left.forward(input).add(this.rightSide[1].forward(input));
  }
}

class Mistaken extends nn.Module {
  override forward(input: Tensor): Tensor {
    return input.matmul(input);
  }
}

class Throws extends nn.Module {
  override forward(): Tensor {
    throw new RangeError('not a matter of tensors');
  }
}

function messageFrom(network: nn.Module, shape: readonly number[]): string {
  try {
    return scope(() => caught('ERR_TORCH', () => network.forward(randn(shape)))).message;
  } finally {
    network.dispose();
  }
}

describe('an error inside a network', () => {
  test("names the layer by its path from the network's name, and the shapes", () => {
    const generator = nn.sequential(
      nn.convTranspose2d(8, 6, { kernelSize: 4 }),
      nn.batchNorm2d(6),
      nn.relu(),
      nn.convTranspose2d(7, 3, { kernelSize: 4 }),
    );
    nn.nameRoot(generator, 'generator');
    const message = messageFrom(generator, [2, 8, 1, 1]);
    expect(message).toMatch(/^generator\.3 \(ConvTranspose2d\): /);
    expect(message).toContain('[2, 6, 4, 4]');
    expect(message).toContain('[7, 3, 4, 4]');
  });

  test('names a layer that its grandparent called', () => {
    const network = nn.sequential(nn.identity(), new Branches());
    nn.nameRoot(network, 'encoder');
    expect(messageFrom(network, [2, 3])).toMatch(/^encoder\.1\.rightSide\.1 \(Linear\): /);
  });

  test('names a layer of a named network though a part of it was called, not the network', () => {
    const network = new Branches();
    nn.nameRoot(network, 'discriminator');
    const message = (body: () => Tensor) => scope(() => caught('ERR_TORCH', body)).message;
    expect(message(() => network.left.forward(randn([2, 5])))).toMatch(
      /^discriminator\.left\.0 \(Linear\): /,
    );
    expect(message(() => network.rightSide[1].forward(randn([2, 3])))).toMatch(
      /^discriminator\.rightSide\.1 \(Linear\): /,
    );
    network.dispose();
  });

  test('names a module of the user whose own code fails', () => {
    expect(messageFrom(nn.sequential(nn.relu(), new Mistaken()), [2, 3])).toMatch(/^1 \(Mistaken\): /);
  });

  test('names the class alone where there is no path', () => {
    expect(messageFrom(new Mistaken(), [2, 3])).toMatch(/^Mistaken: /);
  });

  test('says the path once, and in the stack too', () => {
    const network = nn.sequential(nn.sequential(nn.linear(4, 2)));
    scope(() => {
      try {
        network.forward(randn([2, 3]));
        throw new Error('expected a failure');
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        expect(error.message.match(/\(Linear\)/g)).toHaveLength(1);
        expect(error.stack).toContain('0.0 (Linear): ');
      }
    });
    network.dispose();
  });

  test('names the layer of each failure when one network fails twice', () => {
    const network = nn.sequential(nn.linear(3, 2), nn.linear(4, 2));
    nn.nameRoot(network, 'critic');
    scope(() => {
      expect(() => network.forward(randn([1, 3]))).toThrow(failure('ERR_TORCH', 'critic.1 (Linear): '));
      expect(() => network.forward(randn([1, 9]))).toThrow(failure('ERR_TORCH', 'critic.0 (Linear): '));
    });
    network.dispose();
  });

  test("that is none of the tensor layer's is left as it is", () => {
    const network = nn.sequential(new Throws());
    expect(() => scope(() => network.forward(randn([1])))).toThrow(/^not a matter of tensors$/);
  });
});
