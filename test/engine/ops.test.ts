// The op suite: every case, forward and gradient, on every executor against the reference interpreter.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chooseConvolutionForms } from '../../src-main/compiler/convolution-forms.ts';
import type { Feeds, Graph } from '../../src-main/compiler/graph.ts';
import { interpret } from '../../src-main/compiler/reference.ts';
import { simplify } from '../../src-main/compiler/simplify.ts';
import type { Executor } from '../../src-main/engine/executor.ts';
import { forwardGraph, forwardOnlyCases, gradientGraph, nanCases, opCases } from '../compiler/op-cases.ts';
import { chooseSoftwareVulkan } from '../support/resources.ts';
import { needDevice, openTestDevice, type TestDevice, testDevices } from './devices-under-test.ts';
import { expectSame } from './support.ts';

/**
 * Float32 against float64; GPUs may round functions like exp to fewer digits than CPUs do, and TensorFlow.js's own
 * backends approximate erf to 1.5e-7 and sum in plain order.
 */
const tolerances: Readonly<Record<TestDevice, number>> = {
  cpu: 1e-5,
  webgpu: 5e-5,
  'TensorFlow.js cpu': 1e-5,
  'TensorFlow.js wasm': 1e-5,
};
const devices = testDevices.map((device) => ({ device, tolerance: tolerances[device] }));

chooseSoftwareVulkan();

/** A software GPU compiles its shaders on the CPU, a new one for every shape: on a busy machine a case takes a minute. */
const patience = { timeout: 600_000 };

describe.each(devices)('$device agrees with the reference within $tolerance', ({ device, tolerance }) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await openTestDevice(device, 2);
  });
  afterAll(() => executor.dispose());
  beforeEach((context) => {
    needDevice(context, device);
  });

  async function expectAgreement(graph: Graph, feeds: Feeds): Promise<void> {
    const runner = await executor.compile(graph);
    expectSame(await runner.run(feeds), interpret(graph, feeds), tolerance);
    await runner.dispose();
  }

  test.each(opCases)('$name', patience, async (item) => {
    await expectAgreement(forwardGraph(item), item.feeds);
    await expectAgreement(simplify(chooseConvolutionForms(gradientGraph(item))), item.feeds);
  });

  test.each(forwardOnlyCases)('$name', patience, (item) => expectAgreement(forwardGraph(item), item.feeds));

  // Shaders may take every number for finite (WebGPU Shading Language, floating point evaluation).
  test.each(device === 'webgpu' ? [] : nanCases)('no number stays none: $name', async (item) => {
    const runner = await executor.compile(forwardGraph(item));
    const { result } = await runner.run(item.feeds);
    const expected = interpret(forwardGraph(item), item.feeds).result!.data;
    expect([...result!.data].map(Number.isNaN)).toEqual([...expected].map(Number.isNaN));
    await runner.dispose();
  });
});
