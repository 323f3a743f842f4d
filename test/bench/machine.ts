// What a benchmark ran on: a number without its machine says nothing.
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Machine {
  cpu: string;
  cores: number;
  memory: string;
  system: string;
  /** Mean number of runnable processes over the last minute, when the benchmark began. */
  load: number;
}

export function describeMachine(): Machine {
  return {
    cpu: `${cpus()[0]?.model.trim() ?? 'unknown'} (${arch()})`,
    cores: availableParallelism(),
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    system: `${systemName()}, kernel ${release()}`,
    load: Math.round(loadavg()[0]! * 100) / 100,
  };
}

/** Peers that spin at barriers lose far more than their share when others want the cores. */
export function isBusy(machine: Machine): boolean {
  return machine.load > machine.cores * 0.25;
}

function systemName(): string {
  if (platform() !== 'linux') return platform();
  const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
  return /^PRETTY_NAME="?([^"]*)"?$/.exec(lines.find((line) => line.startsWith('PRETTY_NAME')) ?? '')?.[1] ?? 'Linux';
}

/** Exact versions of the packages that decide the speed of Pinhole's own side. */
export function packageVersions(names: readonly string[]): Record<string, string> {
  const folder = join(import.meta.dirname, '../../node_modules');
  return Object.fromEntries(
    names.map((name) => [name, JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version]),
  );
}
