// Devices: what is reported, what is chosen and why, and that a missing or crashing driver harms nobody.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DeviceReport } from '../../src-main/contract/api.ts';
import { PinholeError } from '../../src-main/contract/errors.ts';
import type { Notice } from '../../src-main/contract/records.ts';
import { probeDevice } from '../../src-main/engine/device-probes.ts';
import { chooseDevice, type DeviceRequest, probeDevices } from '../../src-main/engine/devices.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { probe } from '../../src-main/engine/probe.ts';
import { selfTest, selfTestLimit } from '../../src-main/engine/self-test.ts';
import { libraryVariable, tensorflowObstacle } from '../../src-main/engine/tensorflow-library.ts';
import { timeSteps } from '../../src-main/engine/time-steps.ts';
import { explainVulkanFailure, isSoftwareDevice, readVulkanDevice } from '../../src-main/engine/vulkan.ts';
import { yardstick } from '../../src-main/training/yardstick.ts';
import { chooseSoftwareVulkan, need } from '../support/resources.ts';
import { tensorflowStandIn } from '../support/tensorflow.ts';
import { adamw, denseProgram, imagesAt, startingValues } from './support.ts';

const patience = { timeout: 600_000 };
const program = denseProgram(adamw);
const request = (requested: DeviceRequest['requested'], more: Partial<DeviceRequest> = {}): DeviceRequest => {
  const values = startingValues(program);
  return { requested, threads: 1, program, values, feeds: imagesAt(1), context: {}, ...more };
};

describe('with the GPU of this machine, or a software one', patience, () => {
  let gpu: DeviceReport;
  beforeEach(async (context) => {
    need(context, 'webgpu');
    chooseSoftwareVulkan();
    gpu ??= (await probeDevices())[1]!;
  });

  test('it is named and passes the self-test', () => {
    expect(gpu).toMatchObject({ kind: 'webgpu', usable: true });
    expect(gpu.name).not.toBe('');
    expect(gpu.reason).toMatch(/^Self-test passed: training steps differ from the reference by .* \(limit 0\.001\)\.$/);
  });

  test('SwiftShader is known to be software', (context) => {
    if (!process.env.VK_ICD_FILENAMES?.includes('swiftshader'))
      return context.skip('missing resource webgpu: another GPU is used');
    expect(gpu.name).toBe('SwiftShader Device (Subzero) (Vulkan)');
    expect(gpu.software).toBe(true);
  });

  test('automatic choice never takes software, and says why', async () => {
    const { executor, reason } = await chooseDevice(request('auto'));
    if (gpu.software) {
      expect(executor.device.kind).toBe('cpu');
      expect(reason).toBe(`The CPU: ${gpu.name} is a GPU emulated in software.`);
    } else expect(reason).toMatch(/a step takes .* ms\. On .* a step takes/);
    await executor.dispose();
  });

  test('asked for by name it is taken, software with a notice', async () => {
    const notices: Notice[] = [];
    const context = { onNotice: (notice: Notice) => notices.push(notice) };
    const { executor, reason } = await chooseDevice(request('webgpu', { context }));
    expect(executor.device).toEqual({ kind: 'webgpu', name: gpu.name, software: gpu.software });
    expect(reason).toBe(`${gpu.name}, as asked.`);
    expect(notices.map(({ level }) => level)).toEqual(gpu.software ? ['warning'] : []);
    await executor.dispose();
  });

  test('it can be timed on a program', async () => {
    const { values, feeds } = request('auto');
    const { reply } = await probe({ type: 'time', device: 'webgpu', threads: 1, program, values, feeds });
    expect(reply).toEqual({ ok: true, result: expect.any(Number) });
  });
});

describe('timing', patience, () => {
  const { values, feeds } = request('auto');
  const workload = { name: 'small', program, values, feeds, threads: 1 };

  test('what is usable is timed on request, and a software GPU is not, with the reason', async (context) => {
    need(context, 'webgpu');
    chooseSoftwareVulkan();
    const [cpu, gpu] = await probeDevices({}, workload);
    expect(cpu!.stepsPerSecond).toBeGreaterThan(0);
    expect(cpu).not.toHaveProperty('unmeasured');
    if (gpu!.software)
      expect(gpu).toMatchObject({ stepsPerSecond: null, unmeasured: expect.stringMatching(/software/) });
    else expect(gpu!.stepsPerSecond).toBeGreaterThan(0);
  });

  test('without a request nothing is timed', async () => {
    for (const report of await probeDevices()) expect(report).not.toHaveProperty('stepsPerSecond');
  });

  test('a limit ends it after the round that it falls into', async () => {
    const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
    // A round has as many steps as its time allows, but it reads the losses once; so do the two single steps before.
    let rounds = 0;
    const train: typeof executor.train = async (...parameters) => {
      const real = await executor.train(...parameters);
      rounds = -2;
      const takeLoss: typeof real.takeLoss = () => {
        rounds++;
        return real.takeLoss();
      };
      return { ...real, takeLoss };
    };
    expect(await timeSteps({ ...executor, train }, program, values, feeds, 0)).toBeGreaterThan(0);
    expect(rounds).toBe(1);
    await timeSteps({ ...executor, train }, program, values, feeds);
    expect(rounds).toBe(5);
    await executor.dispose();
  });

  test('the yardstick is a training step of the recommended preset that stays finite', async () => {
    const { program, values, feeds, threads } = yardstick();
    expect(feeds.images).toMatchObject({ dtype: 'uint8', shape: [256, 28, 28, 1] });
    expect(yardstick({ preset: 'conv', codeSize: 32, size: 64, channels: 3 })).toMatchObject({
      name: 'conv, 32 codes, 64×64×3, batch 64',
      feeds: { images: { shape: [64, 64, 64, 3] } },
    });
    const executor = await createOnnxExecutor({ device: 'cpu', threads });
    const trainer = await executor.train(program, values);
    await trainer.step(feeds, 1e-6, 1);
    expect(Number.isFinite((await trainer.takeLoss()).sum)).toBe(true);
    await trainer.dispose();
    await executor.dispose();
  });
});

describe('TensorFlow', patience, () => {
  const { values, feeds } = request('auto');
  const workload = { name: 'small', program, values, feeds, threads: 1 };
  afterEach(() => {
    delete process.env[libraryVariable];
  });

  test('without its library is not usable, and nothing stands in for it', async () => {
    const obstacle = tensorflowObstacle();
    if (obstacle === undefined) return; // this machine has it
    const report = await probeDevice('tensorflow', undefined);
    const reason = `${obstacle} Run npm run install:cuda: it says what is missing.`;
    expect(report).toMatchObject({ kind: 'tensorflow', usable: false, selfTest: null, reason });
    const error = await chooseDevice(request('tensorflow')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'device-unavailable',
      message: `TensorFlow cannot be used here. ${reason}`,
      advice: 'Use --device cpu or --device auto.',
    });
  });

  test('on a stand-in passes the self-test, is timed, and says how far it came out', async () => {
    process.env[libraryVariable] = tensorflowStandIn('wasm');
    const report = (await probeDevices({}, workload)).find(({ kind }) => kind === 'tensorflow')!;
    expect(report).toMatchObject({ name: 'TensorFlow.js (tensorflow-wasm)', usable: true, measuredOn: 'small' });
    expect(report.selfTest).toBeLessThan(1e-4);
    expect(report.imagesPerSecond).toBeCloseTo(report.stepsPerSecond! * program.batchSize, 6);
  });

  test('is taken by auto only if it is the fastest, and the reason says what was measured', async () => {
    process.env[libraryVariable] = tensorflowStandIn('wasm');
    const { executor, reason } = await chooseDevice(request('auto', { lost: ['webgpu'] }));
    const times = [...reason.matchAll(/a step takes ([\d.e+]+) ms\./g)].map(([, time]) => Number(time));
    expect(times).toHaveLength(2);
    expect(times[0]).toBeLessThanOrEqual(times[1]!);
    const first = reason.startsWith('On TensorFlow.js') ? 'tensorflow' : 'cpu';
    expect(executor.device.kind).toBe(first);
    await executor.dispose();
  });

  test('asked for by name it is taken; lost in this run it is not', async () => {
    process.env[libraryVariable] = tensorflowStandIn('cpu');
    const asked = await chooseDevice(request('tensorflow'));
    expect(asked.executor.device).toMatchObject({ kind: 'tensorflow', name: 'TensorFlow.js (tensorflow-cpu)' });
    await asked.executor.dispose();
    const other = await chooseDevice(request('tensorflow', { lost: ['tensorflow', 'webgpu'] }));
    expect(other.executor.device.kind).toBe('cpu');
    expect(other.reason).toBe('The CPU: no other device is left.');
    await other.executor.dispose();
  });

  test('a library that does not load, or has no CUDA device, is a device that is not usable', async () => {
    process.env[libraryVariable] = 'file:///nowhere/tensorflow.ts';
    const report = await probeDevice('tensorflow', undefined);
    expect(report).toMatchObject({ usable: false, reason: expect.stringContaining('nowhere/tensorflow.ts') });
  });
});

describe.runIf(process.platform === 'linux')('without a Vulkan driver', () => {
  const variables = ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES'] as const;
  const before = variables.map((name) => process.env[name]);
  beforeEach(() => {
    for (const name of variables) process.env[name] = '/nowhere/driver.json';
  });
  afterEach(() => {
    variables.forEach((name, index) => {
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
    });
  });

  test('WebGPU is reported as unusable with the reason', async () => {
    const { values, feeds } = request('auto');
    const [cpu, gpu] = await probeDevices({}, { name: 'small', program, values, feeds, threads: 1 });
    expect(cpu!.stepsPerSecond).toBeGreaterThan(0);
    expect(gpu!.stepsPerSecond).toBeNull();
    expect(cpu).toMatchObject({ kind: 'cpu', software: false, usable: true });
    expect(gpu).toMatchObject({ kind: 'webgpu', name: 'no GPU', software: false, usable: false });
    expect(gpu!.reason).toMatch(
      /^(The Vulkan loader \(libvulkan\.so\.1\) is not installed|No Vulkan driver is installed)/,
    );
  });

  test('automatic choice takes the CPU', async () => {
    const { executor, reason } = await chooseDevice(request('auto'));
    expect(executor.device.kind).toBe('cpu');
    expect(reason).toMatch(/^The CPU: there is no usable GPU\. /);
    await executor.dispose();
  });

  test('asking for WebGPU is an error that says what to do', async () => {
    const error = await chooseDevice(request('webgpu')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PinholeError);
    expect(error).toMatchObject({ code: 'device-unavailable', advice: 'Use --device cpu or --device auto.' });
  });

  test('opening a session there without asking first is the same error', async () => {
    const executor = await createOnnxExecutor({ device: 'webgpu' });
    await expect(executor.train(program, startingValues(program))).rejects.toMatchObject({
      code: 'device-unavailable',
    });
    await executor.dispose();
  });
});

test('a device asked for by name is taken without a probe', async () => {
  const { executor, reason } = await chooseDevice(request('cpu', { threads: 2 }));
  expect(executor.device).toMatchObject({ kind: 'cpu', software: false });
  expect(executor.device.name).toMatch(/, 2 threads$/);
  expect(reason).toBe('The CPU, as asked.');
  await executor.dispose();
});

test('a cancelled probe ends its process and says so', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  await expect(probeDevices({ signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
});

test('a process that dies is a device that crashed', async () => {
  // Not a task: the child fails before it can answer.
  const { reply } = await probe({ type: 'time', device: 'cpu', threads: 1 } as never);
  expect(reply).toMatchObject({ ok: false });
});

test('the self-test tells right from wrong', async () => {
  const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
  expect(await selfTest(executor)).toBeLessThan(1e-5);
  const train: typeof executor.train = async (trained, values) => {
    const trainer = await executor.train(trained, values);
    return { ...trainer, step: (feeds, rate, step) => trainer.step(feeds, 1.5 * rate, step) };
  };
  expect(await selfTest({ ...executor, train })).toBeGreaterThan(selfTestLimit);
  await executor.dispose();
});

test('names of devices are read from the loader and software is recognised', () => {
  const log = 'x\n  Using "llvmpipe (LLVM 19.1.7, 256 bits)" with driver: "/usr/lib/libvulkan_lvp.so"\ny';
  expect(readVulkanDevice(log)).toEqual({
    name: 'llvmpipe (LLVM 19.1.7, 256 bits)',
    driver: '/usr/lib/libvulkan_lvp.so',
  });
  expect(readVulkanDevice('nothing')).toBeUndefined();
  expect(['SwiftShader Device (Subzero)', 'llvmpipe (LLVM 19.1.7, 256 bits)'].every(isSoftwareDevice)).toBe(true);
  expect(['NVIDIA H100', 'AMD Radeon RX 7800 XT (RADV NAVI32)', 'Intel(R) Arc(TM) A770'].some(isSoftwareDevice)).toBe(
    false,
  );
  expect(explainVulkanFailure("Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open")).toMatch(/loader/);
  expect(explainVulkanFailure('vkCreateInstance failed with VK_ERROR_INCOMPATIBLE_DRIVER')).toMatch(/driver/);
});
