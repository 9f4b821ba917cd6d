import { mse } from '../../src/losses/reconstruction';
import * as nn from '../../src/nn';
import * as optim from '../../src/optim';
import { randn, tensor, zeros } from '../../src/tensor/create';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { caught, failure, usage } from '../support/failure';
import { type Case, readCases } from '../support/fixtures';

type Kind = 'adam' | 'adamw' | 'sgd' | 'rmsprop';

const FACTORIES: Readonly<Record<Kind, (options?: optim.OptimizerOptions) => optim.OptimizerFactory>> = {
  adam: optim.adam,
  adamw: optim.adamw,
  sgd: optim.sgd,
  rmsprop: optim.rmsprop,
};

const SCHEDULES = { linear: optim.linear, cosine: optim.cosine };

/** Runs `body` with leaves of these values, and releases them and what it returned. */
function withParameters(
  values: readonly number[],
  body: (parameters: Tensor[]) => optim.Optimizer | undefined,
): void {
  const parameters = values.map((value) => nn.parameter(tensor([value])));
  try {
    scope(() => {
      body(parameters)?.dispose();
    });
  } finally {
    for (const parameter of parameters) parameter.dispose();
  }
}

describe('an optimizer', () => {
  test('refuses to have nothing to move, or something twice', () =>
    withParameters([1], ([parameter]) => {
      expect(() => optim.adam()([])).toThrow(usage('an optimizer expects parameters but received none'));
      expect(() => optim.adam()([{ parameters: [parameter] }, { parameters: [] }])).toThrow(
        usage('an optimizer expects parameters in every group but received none in group 1'),
      );
      expect(() => optim.sgd()([parameter, parameter])).toThrow(usage('every parameter once'));
      expect(() => optim.sgd()([{ parameters: [parameter] }, { parameters: [parameter] }])).toThrow(
        usage('every parameter once'),
      );
      return undefined;
    }));

  test.each([
    [optim.adam({ lr: -1 }), 'adam expects lr to be a number of at least 0 but received -1 (number)'],
    [
      optim.adam({ lr: Number.NaN }),
      'adam expects lr to be a number of at least 0 but received NaN (number)',
    ],
    [
      optim.adam({ betas: [0.5, 1] }),
      'adam expects betas to be at least 0 and below 1 but received 1 (number)',
    ],
    [optim.adam({ eps: -1 }), 'adam expects eps to be a number of at least 0 but received -1 (number)'],
    [
      optim.adamw({ weightDecay: -1 }),
      'adamw expects weightDecay to be a number of at least 0 but received -1 (number)',
    ],
    [
      optim.sgd({ momentum: -1 }),
      'sgd expects momentum to be a number of at least 0 but received -1 (number)',
    ],
    [
      optim.sgd({ nesterov: true }),
      'sgd expects nesterov with a momentum and no dampening but received momentum 0 and dampening 0',
    ],
    [
      optim.rmsprop({ alpha: 2 }),
      'rmsprop expects alpha to be a number between 0 and 1 but received 2 (number)',
    ],
  ])('refuses bad options (%#)', (factory, message) =>
    withParameters([1], (parameters) => {
      expect(() => factory(parameters)).toThrow(usage(message));
      return undefined;
    }),
  );

  test('leaves parameters without a gradient alone, weight decay included', () =>
    withParameters([1, 2], ([moved, still]) => {
      const optimizer = optim.adam({ lr: 0.1, weightDecay: 0.5 })([moved, still]);
      moved.square().sum().backward();
      optimizer.step();
      expect(moved.item()).toBeLessThan(1);
      expect(still.item()).toBe(2);
      expect(Object.keys(optimizer.stateDict()).filter((name) => name.startsWith('1.'))).toEqual([]);
      return optimizer;
    }));

  test('drops gradients', () =>
    withParameters([1, 2], (parameters) => {
      const optimizer = optim.sgd()(parameters);
      for (const parameter of parameters) parameter.square().sum().backward();
      optimizer.zeroGrad();
      expect(parameters.map((parameter) => parameter.grad)).toEqual([null, null]);
      return optimizer;
    }));

  test('moves parameters of several dtypes together', () =>
    withParameters([1], ([single]) => {
      const double = nn.parameter(tensor([1], { dtype: 'float64' }));
      const optimizer = optim.adam({ lr: 0.1 })([single, double]);
      for (const parameter of [single, double]) parameter.square().sum().backward();
      optimizer.step();
      // The first step of Adam is lr in the gradient's direction.
      expectClose(single, tensor([0.9]), { relative: 1e-6 });
      expectClose(double, tensor([0.9], { dtype: 'float64' }), { relative: 1e-8 });
      double.dispose();
      return optimizer;
    }));

  test('tells the learning rate of the next step for each group, and takes a new one', () =>
    withParameters([1, 1], ([first, second]) => {
      const factory = optim.sgd({ lr: 0.5, schedule: optim.linear({ from: 1, to: 0, steps: 4 }) });
      const optimizer = factory([{ parameters: [first] }, { parameters: [second], lr: 0.25 }]);
      expect(optimizer.lr).toEqual([0.5, 0.25]);
      optimizer.step();
      optimizer.step();
      expect(optimizer.lr).toEqual([0.25, 0.125]);
      optimizer.groups[0].lr = 1;
      expect(optimizer.lr).toEqual([0.5, 0.125]);
      first.sum().backward();
      optimizer.step();
      expect(first.item()).toBe(0.5);
      return optimizer;
    }));

  test('is made anew by its factory each time', () =>
    withParameters([1, 1], ([first, second]) => {
      const factory = optim.adam({ lr: 0.1 });
      const [one, two] = [factory([first]), factory([second])];
      first.sum().backward();
      one.step();
      expect([one.steps, two.steps]).toEqual([1, 0]);
      expect(second.item()).toBe(1);
      two.dispose();
      return one;
    }));
});

interface TrajectoryCase {
  readonly optimizer: Kind;
  readonly options: Readonly<Record<string, unknown>>;
  readonly groups: readonly {
    readonly parameters: readonly string[];
    readonly lr?: number;
    readonly weightDecay?: number;
  }[];
  readonly schedule: {
    readonly kind: keyof typeof SCHEDULES;
    readonly from: number;
    readonly to: number;
    readonly steps: number;
  } | null;
  readonly dtype: 'float32' | 'float64';
}

/** The net of test/fixtures/optim/optimizers.py with an optimizer. */
class Trajectory {
  readonly parameters: Record<string, Tensor>;
  readonly optimizer: optim.Optimizer;
  readonly #x: Tensor;
  readonly #y: Tensor;

  constructor({ optimizer, options, groups, schedule, tensors }: Case<TrajectoryCase>) {
    this.parameters = tensors.group('initial.');
    for (const parameter of Object.values(this.parameters)) parameter.requiresGrad = true;
    this.optimizer = FACTORIES[optimizer]({
      ...options,
      ...(schedule ? { schedule: SCHEDULES[schedule.kind](schedule) } : {}),
    })(
      groups.map((group) => ({
        ...group,
        parameters: group.parameters.map((name) => this.parameters[name]),
      })),
    );
    this.#x = tensors.tensor('x');
    this.#y = tensors.tensor('y');
    keep([this.parameters, this.#x, this.#y]);
  }

  get length(): number {
    return this.#x.shape[0];
  }

  step(index: number): void {
    scope(() => {
      const { w0, b0, w1, gate } = this.parameters;
      const output = this.#x.select(0, index).matmul(w0).add(b0).tanh().matmul(w1);
      this.optimizer.zeroGrad();
      mse(index % 3 === 1 ? output.mul(gate) : output, this.#y.select(0, index)).backward();
      this.optimizer.step();
    });
  }

  dispose(): void {
    this.optimizer.dispose();
    for (const held of [...Object.values(this.parameters), this.#x, this.#y]) held.dispose();
  }
}

describe('a trajectory', () => {
  const cases = readCases<TrajectoryCase>('optim/optimizers');
  const named = cases.map((one): [string, Case<TrajectoryCase>] => [`${one.name} (${one.dtype})`, one]);

  test.each(named)("equals PyTorch's: %s", (_, one) =>
    scope(() => {
      const run = new Trajectory(one);
      try {
        const expected = one.tensors.group('after.');
        for (let index = 0; index < run.length; index++) {
          run.step(index);
          for (const [name, values] of Object.entries(run.parameters))
            expectClose(values, expected[name].select(0, index), { label: `${name} after step ${index}` });
        }
      } finally {
        run.dispose();
      }
    }),
  );

  test.each(named)('goes on from a state bit for bit: %s', (_, one) =>
    scope(() => {
      const [whole, resumed] = [new Trajectory(one), new Trajectory(one)];
      try {
        for (let index = 0; index < whole.length; index++) {
          if (index === 5) {
            // The other run starts here, from parameters and state alone, after steps of its own that it must forget.
            for (const stray of [3, 4]) resumed.step(stray);
            for (const [name, values] of Object.entries(whole.parameters))
              resumed.parameters[name].detach().copy_(values);
            resumed.optimizer.loadStateDict(whole.optimizer.stateDict());
          }
          whole.step(index);
          if (index >= 5) resumed.step(index);
        }
        for (const [name, values] of Object.entries(whole.parameters))
          expect({ [name]: values.equal(resumed.parameters[name]) }).toEqual({ [name]: true });
        const [a, b] = [whole.optimizer.stateDict(), resumed.optimizer.stateDict()];
        expect(Object.keys(b)).toEqual(Object.keys(a));
        expect(Object.keys(a).filter((name) => !a[name].equal(b[name]))).toEqual([]);
      } finally {
        whole.dispose();
        resumed.dispose();
      }
    }),
  );
});

describe('the state', () => {
  test("has PyTorch's names by position, the steps and the rates", () =>
    withParameters([1, 2], (parameters) => {
      const optimizer = optim.adam({ lr: 0.1, amsgrad: true, weightDecay: 0.5 })(parameters);
      parameters[1].sum().backward();
      optimizer.step();
      const state = optimizer.stateDict();
      expect(Object.keys(state)).toEqual([
        ...['steps', 'lr', 'weight_decay'],
        ...['1.step', '1.exp_avg', '1.exp_avg_sq', '1.max_exp_avg_sq'],
      ]);
      expect(
        [state.steps, state.lr, state.weight_decay, state['1.step']].map((value) => value.dtype),
      ).toEqual([...['int64', 'float64', 'float64', 'float32']]);
      expect(state.steps.item()).toBe(1);
      expect(state.lr.toArray()).toEqual([0.1]);
      return optimizer;
    }));

  test('of another optimizer or net is refused, with everything that does not fit, and nothing is loaded', () =>
    withParameters([1], (parameters) => {
      const optimizer = optim.adam({ lr: 0.1 })(parameters);
      parameters[0].sum().backward();
      optimizer.step();
      const { '0.exp_avg': _, ...state } = optimizer.stateDict();
      const { message } = caught('ERR_STATE_DICT', () =>
        optimizer.loadStateDict({
          ...state,
          lr: zeros([2]),
          '0.exp_avg_sq': zeros([3]),
          '4.step': zeros([]),
        }),
      );
      expect(message).toBe(
        'the state does not fit this Adam: missing 0.exp_avg; unexpected 4.step; ' +
          "lr should have shape [1] but the state's is [2]; 0.exp_avg_sq should have shape [1] but the state's is [3]",
      );
      expect(optimizer.steps).toBe(1);
      expect(optimizer.lr).toEqual([0.1]);
      expect(() => optim.sgd({ momentum: 0.9 })(parameters).loadStateDict(optimizer.stateDict())).toThrow(
        failure('ERR_STATE_DICT', 'the state does not fit this Sgd: missing 0.momentum_buffer'),
      );
      return optimizer;
    }));

  test('can be forgotten: the next step is that of a new optimizer, at the rate of the schedule and of the group', () =>
    withParameters([1], ([parameter]) => {
      const schedule = optim.linear({ steps: 10 });
      const optimizer = optim.adam({ lr: 0.1, schedule })([parameter]);
      const move = (factor: number) => {
        parameter.mul(factor).sum().backward();
        optimizer.step();
        optimizer.zeroGrad();
        return parameter.item();
      };
      for (const factor of [1, -3, 5]) move(factor);
      const [group] = optimizer.groups;
      group.lr = 0.2;
      const { layout } = optimizer;
      optimizer.forget();
      expect(Object.keys(optimizer.stateDict())).toEqual(['steps', 'lr', 'weight_decay']);
      expect([optimizer.steps, optimizer.layout === layout]).toEqual([3, false]);
      const before = parameter.item();
      // Adam's first step is as long as its rate, whatever the gradient.
      expect(before - move(7)).toBeCloseTo(0.2 * 0.7, 6);
      return optimizer;
    }));

  test('follows the memory format of the parameters', () => {
    const layer = nn.conv2d(2, 4, { kernelSize: 3 }).to({ memoryFormat: 'channels_last' });
    const optimizer = optim.adam()(layer.parameters());
    scope(() => {
      layer
        .forward(randn([1, 2, 5, 5]))
        .square()
        .sum()
        .backward();
      optimizer.step();
      const state = optimizer.stateDict();
      optimizer.loadStateDict(
        Object.fromEntries(Object.entries(state).map(([name, value]) => [name, value.clone().contiguous()])),
      );
      expect(optimizer.stateDict()['0.exp_avg'].isContiguous('channels_last')).toBe(true);
      optimizer.step();
    });
    optimizer.dispose();
    layer.dispose();
  });
});

describe('betas that depend on the step', () => {
  const inStairs = optim.adam({ lr: 0.1, betaSchedule: (step) => [0, step < 2 ? 0.9 : 0.99] });

  test('are those of the step about to be done, and a recorded step is recorded anew where they change', () =>
    withParameters([1], ([parameter]) => {
      const optimizer = inStairs([parameter]);
      const seen = Array.from({ length: 4 }, () => {
        parameter.square().sum().backward();
        optimizer.step();
        return [(optimizer as optim.Adam).betas[1], optimizer.layout];
      });
      expect(seen.map(([beta]) => beta)).toEqual([0.9, 0.9, 0.99, 0.99]);
      expect([seen[0][1] === seen[1][1], seen[1][1] === seen[2][1]]).toEqual([true, false]);
      return optimizer;
    }));

  test('move a parameter as Adam does with those betas in each step', () =>
    withParameters([1], ([parameter]) => {
      const optimizer = inStairs([parameter]);
      let [theta, square] = [1, 0];
      for (let step = 0; step < 4; step++) {
        const beta = step < 2 ? 0.9 : 0.99;
        const gradient = 2 * theta;
        square = beta * square + (1 - beta) * gradient ** 2;
        theta -= (0.1 * gradient) / (Math.sqrt(square / (1 - beta ** (step + 1))) + 1e-8);
        parameter.square().sum().backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
      expect(parameter.item()).toBeCloseTo(theta, 5);
      return optimizer;
    }));

  test('are checked', () =>
    withParameters([1], ([parameter]) => {
      expect(() => optim.adam({ betaSchedule: () => [0, 1] })([parameter])).toThrow(
        usage('adam expects betas to be at least 0 and below 1 but received 1 (number)'),
      );
      return undefined;
    }));
});
