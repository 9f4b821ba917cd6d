import { ada } from '../../../src/data';
import { full, randn, tensor } from '../../../src/tensor/create';
import { hostReads } from '../../../src/tensor/host-reads';
import { scope } from '../../../src/tensor/scope';
import { usage } from '../../support/failure';

describe('the probability of ADA', () => {
  test('rises while D is sure of real images and falls while it is not, by images', () => {
    const pipe = ada({ images: 100, interval: 2, target: 0.6 });
    try {
      scope(() => {
        const pOf = (logits: number[]): number => {
          pipe.observe(tensor(logits).reshape([-1, 1]));
          return Number(pipe.p.item().toFixed(6));
        };
        const sure = [3, 1, 2, 0.1, 5];
        expect(pOf(sure)).toBe(0);
        expect(pOf(sure)).toBe(0.1);
        // r = 0.6 of ten: neither above nor below
        expect([pOf(sure), pOf([1, 1, 1, -1, -1])]).toEqual([0.1, 0.1]);
        const unsure = [-1, -2, 1, 1, -3];
        expect([pOf(unsure), pOf(unsure)]).toEqual([0.1, 0]);
        expect([pOf(unsure), pOf(unsure)]).toEqual([0, 0]);
      });
    } finally {
      pipe.dispose();
    }
  });

  test('never passes 1, and is a buffer of the state', () => {
    const [pipe, other] = [ada({ images: 4, interval: 1, p: 0.5 }), ada()];
    try {
      scope(() => {
        for (let i = 0; i < 3; i++) pipe.observe(full([4, 1], 2));
        expect(pipe.p.item()).toBe(1);
        expect(Object.keys(pipe.stateDict())).toEqual(['p', 'signs', 'seen', 'batches']);
        other.loadStateDict(pipe.stateDict());
        expect(other.p.item()).toBe(1);
      });
    } finally {
      pipe.dispose();
      other.dispose();
    }
  });

  test('counts images, of whose patches D may judge many', () => {
    const [pipe, other] = [ada({ images: 8, interval: 1 }), ada({ images: 8, interval: 1 })];
    try {
      scope(() => {
        pipe.observe(full([2, 1, 3, 3], 1));
        other.observe(full([2, 1], 1));
        expect([pipe.p.item(), other.p.item()]).toEqual([0.25, 0.25]);
      });
    } finally {
      pipe.dispose();
      other.dispose();
    }
  });

  test('moves without the host reading anything', () => {
    const pipe = ada({ interval: 1 });
    try {
      scope(() => {
        const before = hostReads();
        pipe.observe(full([4, 1], 2));
        pipe.forward(randn([4, 1, 8, 8]));
        expect(hostReads()).toBe(before);
      });
    } finally {
      pipe.dispose();
    }
  });

  test('is no matter at rest, and p 0 leaves images as they are', () => {
    const [pipe, idle] = [ada({ p: 1 }).eval(), ada()];
    try {
      scope(() => {
        const images = randn([4, 1, 8, 8]);
        expect(pipe.forward(images)).toBe(images);
        expect(idle.forward(images).sub(images).abs().max().item()).toBeLessThan(1e-6);
      });
    } finally {
      pipe.dispose();
      idle.dispose();
    }
  });

  test('has bounds', () => {
    expect(() => ada({ p: 1.5 })).toThrow(usage('ada expects p'));
    expect(() => ada({ target: 2 })).toThrow(usage('ada expects target'));
    expect(() => ada({ interval: 0 })).toThrow(usage('ada expects interval'));
  });
});
