// The op suite: every case, forward and gradient, on every executor against the reference interpreter.
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import type { Feeds, Graph } from '../../src-main/compiler/graph.ts';
import { interpret } from '../../src-main/compiler/reference.ts';
import { simplify } from '../../src-main/compiler/simplify.ts';
import type { DeviceKind, Executor } from '../../src-main/engine/executor.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { forwardGraph, forwardOnlyCases, gradientGraph, opCases } from '../compiler/op-cases.ts';
import { chooseSoftwareVulkan, need } from '../support/resources.ts';
import { expectSame } from './support.ts';

/** Float32 against float64; GPUs may round functions like exp to fewer digits than CPUs do. */
const devices: readonly { kind: DeviceKind; tolerance: number }[] = [
  { kind: 'cpu', tolerance: 1e-5 },
  { kind: 'webgpu', tolerance: 5e-5 },
];

chooseSoftwareVulkan();

describe.each(devices)('$kind agrees with the reference within $tolerance', ({ kind, tolerance }) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await createOnnxExecutor({ device: kind, threads: 2 });
  });
  afterAll(() => executor.dispose());
  beforeEach((context) => {
    if (kind === 'webgpu') need(context, 'webgpu');
  });

  async function expectAgreement(graph: Graph, feeds: Feeds): Promise<void> {
    const runner = await executor.compile(graph);
    expectSame(await runner.run(feeds), interpret(graph, feeds), tolerance);
    await runner.dispose();
  }

  test.each(opCases)('$name', async (item) => {
    await expectAgreement(forwardGraph(item), item.feeds);
    await expectAgreement(simplify(gradientGraph(item)), item.feeds);
  });

  test.each(forwardOnlyCases)('$name', (item) => expectAgreement(forwardGraph(item), item.feeds));
});
