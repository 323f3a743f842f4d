// What is remembered of the devices of a machine: by workspace, until another machine or version asks.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeviceReport } from '../../src-main/contract/api.ts';
import { devicePart } from '../../src-main/host/window/devices.ts';
import { type Surroundings, Topics } from '../../src-main/host/window/parts.ts';
import { temporaryFolder } from '../support/temporary.ts';

const cpu: DeviceReport = {
  ...{ kind: 'cpu', name: 'A CPU', software: false, usable: true, reason: 'Self-test passed: …' },
  stepsPerSecond: 52.5,
};

function part(workspace = temporaryFolder()) {
  const topics = new Topics();
  const heard: unknown[] = [];
  topics.listen('workspace', (event) => heard.push(event));
  const core = { devices: async () => [cpu] };
  return { ...devicePart({ workspace, core, topics } as unknown as Surroundings), workspace, heard };
}

test('nothing is known until somebody asks; then it is, in every window and after a restart', async () => {
  const { devices, knownDevices, workspace, heard } = part();
  expect(await knownDevices()).toBeNull();
  expect(await devices()).toEqual([cpu]);
  expect(heard).toEqual([{ what: ['devices'] }]);
  const known = await part(workspace).knownDevices();
  expect(known).toEqual({ measured: expect.stringMatching(/^\d{4}-\d\d-\d\dT/), devices: [cpu] });
});

test('figures of another machine, and a file that is damaged, are not shown', async () => {
  const { devices, knownDevices, workspace } = part();
  await devices();
  const file = join(workspace, 'devices.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(text), machine: 'another' }));
  expect(await knownDevices()).toBeNull();
  writeFileSync(file, text.slice(0, 40));
  expect(await knownDevices()).toBeNull();
  writeFileSync(file, text);
  expect(await knownDevices()).not.toBeNull();
});
