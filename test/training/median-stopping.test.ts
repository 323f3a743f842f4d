// The median stopping rule on courses made by hand.
import { describe, expect, test } from 'vitest';
import { hopeless } from '../../src-main/training/median-stopping.ts';

/** Errors at epoch 0, 1, 2, … */
const course = (...errors: number[]) => errors.map((validationMse, epoch) => ({ epoch, validationMse }));

describe('a run is hopeless', () => {
  test('where its best is above the median of what the others had on average', () => {
    // Means up to epoch 2: 0.3, 0.5 and 0.9.
    const others = [course(1, 0.4, 0.2, 0.1), course(1, 0.6, 0.4), course(1, 0.9, 0.9)];
    expect(hopeless(course(1, 0.7, 0.6), others)).toEqual({ epoch: 2, best: 0.6, median: 0.5, others: 3 });
    expect(hopeless(course(1, 0.7, 0.49), others)).toBeNull();
  });

  test('never for being as good as the median', () => {
    expect(hopeless(course(1, 0.5), [course(1, 0.5), course(1, 0.5)])).toBeNull();
  });

  test('by its best, not by its last', () => {
    const others = [course(1, 0.5, 0.5), course(1, 0.5, 0.5)];
    expect(hopeless(course(1, 0.4, 2), others)).toBeNull();
    expect(hopeless(course(1, 0.6, 2), others)).toMatchObject({ best: 0.6 });
  });

  test('by what the others had by then, not by where they came later', () => {
    const late = course(1, 0.9, 0.8, 0.01, 0.01);
    expect(hopeless(course(1, 0.8, 0.7), [late, late])).toBeNull();
  });

  test('beside others that were stopped, with all they had', () => {
    const others = [course(1, 0.8), course(1, 0.4, 0.2, 0.3)];
    expect(hopeless(course(1, 0.9, 0.9, 0.56), others)).toMatchObject({ others: 2, median: expect.closeTo(0.55, 10) });
  });
});

describe('nothing is said', () => {
  const good = course(1, 0.1);
  test.each([
    ['before the first epoch', course(9), [good, good]],
    ['of one other run', course(9, 9), [good]],
    ['where the others were measured at their start alone', course(9, 9), [good, course(0.1)]],
    ['of figures that are none', course(9, 9), [good, course(0.1, Number.NaN)]],
  ])('%s', (_, own, others) => {
    expect(hopeless(own, others)).toBeNull();
  });

  test('from what was measured before the first step', () => {
    const others = [course(0, 0.5), course(0, 0.5)];
    expect(hopeless(course(0, 0.51), others)).toMatchObject({ best: 0.51, median: 0.5 });
  });
});
