// The course of a run: events that come twice, rollbacks, what is drawn and listed.
import { expect, test } from 'vitest';
import type { EpochMetrics } from '../../src-main/contract/records.ts';
import {
  emptyCourse,
  epochAt,
  follow,
  heldOutLine,
  newest,
  tableOf,
  trainLine,
} from '../../src-renderer/screens/train/course.ts';

function epoch(step: number, validationMse: number, more: Partial<EpochMetrics> = {}): EpochMetrics {
  return {
    epoch: step / 100,
    step,
    trainLoss: step === 0 ? null : validationMse * 0.9,
    validationMse,
    learningRate: 0.001,
    imagesPerSecond: step === 0 ? 0 : 5000,
    seconds: step / 10,
    ...more,
  };
}
const steps = (step: number, loss: number) => ({
  type: 'steps' as const,
  steps: [{ step, loss, learningRate: 0.002, imagesPerSecond: 6000 }],
});

test('events that are known already change nothing', () => {
  const course = emptyCourse();
  for (let time = 0; time < 2; time++) {
    follow(course, { type: 'epoch', metrics: epoch(0, 0.1), bestStep: 0 });
    follow(course, steps(50, 0.2));
    follow(course, { type: 'epoch', metrics: epoch(100, 0.05), bestStep: 100 });
  }
  expect(course.epochs.map(({ step }) => step)).toEqual([0, 100]);
  expect(course.steps.map(({ step }) => step)).toEqual([50]);
});

test('a rollback takes back what came after it, the best included', () => {
  const course = emptyCourse();
  follow(course, { type: 'epoch', metrics: epoch(0, 0.1), bestStep: 0 });
  follow(course, { type: 'epoch', metrics: epoch(100, 0.05), bestStep: 100 });
  follow(course, steps(150, 9));
  follow(course, { type: 'epoch', metrics: epoch(200, 0.04), bestStep: 200 });
  follow(course, { type: 'rewind', step: 100 });
  expect(course.bestStep).toBe(100);
  expect([course.epochs.length, course.steps.length]).toEqual([2, 0]);
  follow(course, steps(150, 0.06));
  expect(trainLine(course)).toEqual({ x: [150], y: [0.06] });
  expect(heldOutLine(course.epochs)).toEqual({ x: [0, 100], y: [0.1, 0.05] });
});

test('short epochs have only their own mean losses', () => {
  const course = emptyCourse();
  for (const step of [0, 1, 2, 3])
    follow(course, { type: 'epoch', metrics: epoch(step, 0.1 / (step + 1)), bestStep: step });
  follow(course, steps(3, 0.5));
  expect(trainLine(course).x).toEqual([1, 2, 3]);
});

test('speed and rate are those that were said last, never those of step 0', () => {
  const course = emptyCourse();
  expect(newest(course)).toBeNull();
  follow(course, { type: 'epoch', metrics: epoch(0, 0.1), bestStep: 0 });
  follow(course, steps(50, 0.2));
  expect(newest(course)?.imagesPerSecond).toBe(6000);
  follow(course, { type: 'epoch', metrics: epoch(100, 0.05), bestStep: 100 });
  expect(newest(course)?.imagesPerSecond).toBe(5000);
});

test('epochs are counted from the steps of the evaluations', () => {
  expect(epochAt([epoch(0, 1)], 50)).toBeNull();
  expect(epochAt([epoch(0, 1), epoch(100, 1)], 250)).toBe(2.5);
});

test('a long table is spread evenly and keeps first, best and last', () => {
  const epochs = Array.from({ length: 1001 }, (_, index) => epoch(index, index === 777 ? 0.001 : 0.1));
  const rows = tableOf(epochs, 40).map(({ step }) => step);
  expect(rows.length).toBeLessThanOrEqual(43);
  expect(rows).toEqual(expect.arrayContaining([0, 777, 1000]));
});
