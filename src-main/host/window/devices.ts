// What can train here and how fast: measured when somebody asks, and remembered for the next time a screen is opened.
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import type { DeviceReport, KnownDevices, Service } from '../../contract/api.ts';
import { writeAtomic } from '../../files/atomic.ts';
import { ifThere } from '../../files/json-lines.ts';
import { versions } from '../../training/versions.ts';
import { type Surroundings, shareWhileRunning } from './parts.ts';

export type DevicePart = Pick<Service, 'devices' | 'knownDevices'>;

const knownSchema = v.object({
  machine: v.string(),
  measured: v.string(),
  devices: v.array(v.looseObject({ kind: v.string(), name: v.string(), usable: v.boolean(), reason: v.string() })),
});

export function devicePart({ workspace, core, topics }: Surroundings): DevicePart {
  const file = join(workspace, 'devices.json');
  return {
    devices: shareWhileRunning(async () => {
      const devices = await core.devices();
      const known: KnownDevices & { machine: string } = {
        machine: machine(),
        measured: new Date().toISOString(),
        devices,
      };
      await writeAtomic(file, `${JSON.stringify(known, null, 2)}\n`);
      topics.publish('workspace', { what: ['devices'] });
      return devices;
    }),
    async knownDevices() {
      const text = await ifThere(readFile(file, 'utf8'));
      const known = v.safeParse(knownSchema, text === null ? null : parse(text));
      // Figures of another machine, or of another version, say nothing; they are measured again when somebody asks.
      if (!known.success || known.output.machine !== machine()) return null;
      const { measured, devices } = known.output;
      return { measured, devices: devices as unknown as DeviceReport[] };
    },
  };
}

function machine(): string {
  return JSON.stringify([versions(), cpus()[0]?.model, availableParallelism()]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
