// What the system says about graphics cards: driver and memory, which WebGPU and TensorFlow do not tell. Linux, and NVIDIA's tool.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface GraphicsCard {
  readonly vendor: string;
  /** As the vendor calls it; null where only the vendor is known. */
  readonly name: string | null;
  /** With its version where that is known, e.g. `nvidia 550.54.15`. */
  readonly driver: string | null;
  /** Bytes of its own; null where it cannot be told. */
  readonly memory: number | null;
}

/** Where to look, so that tests can lay out a machine of their own. */
export interface CardSources {
  readonly root: string;
  /** What a program prints; undefined where it is not there or fails. */
  readonly run: (program: string, ...parameters: string[]) => string | undefined;
}

const machine: CardSources = {
  root: '/',
  run(program, ...parameters) {
    const { status, stdout } = spawnSync(program, parameters, { encoding: 'utf8', timeout: 5000, windowsHide: true });
    return status === 0 ? stdout : undefined;
  },
};

/** All cards that can be found; on macOS none, because Metal does not need them told apart. */
export function readGraphicsCards(sources: CardSources = machine): GraphicsCard[] {
  const nvidia = cardsByNvidiaTool(sources) ?? cardsByNvidiaDriver(sources.root);
  const others = cardsBySystem(sources.root).filter(({ vendor }) => vendor !== 'NVIDIA' || nvidia.length === 0);
  return [...nvidia, ...others];
}

/** The card that goes by this name; undefined where none or several could be meant. */
export function cardNamed(device: string, cards: readonly GraphicsCard[]): GraphicsCard | undefined {
  const exact = cards.filter(({ name }) => name !== null && device.includes(name));
  const vendor = vendors.find(({ words }) => words.test(device))?.vendor;
  const likely = exact.length > 0 ? exact : cards.filter((card) => card.vendor === vendor);
  return likely.length === 1 ? likely[0] : undefined;
}

const vendors = [
  { vendor: 'NVIDIA', id: '0x10de', words: /nvidia|geforce|quadro|tesla/i },
  { vendor: 'AMD', id: '0x1002', words: /\bamd\b|radeon|radv/i },
  { vendor: 'Intel', id: '0x8086', words: /intel/i },
] as const;

function cardsByNvidiaTool({ run, root }: CardSources): GraphicsCard[] | undefined {
  // Where there is no driver there is no use in starting the tool.
  if (process.platform === 'linux' && !existsSync(join(root, 'proc/driver/nvidia/version'))) return undefined;
  if (process.platform === 'darwin') return undefined;
  const printed = run('nvidia-smi', '--query-gpu=name,driver_version,memory.total', '--format=csv,noheader,nounits');
  const cards = printed?.trim().split('\n').flatMap(readToolLine);
  return cards && cards.length > 0 ? cards : undefined;
}

/** `NVIDIA H100 80GB HBM3, 550.54.15, 81559`, the last in MiB. */
function readToolLine(line: string): GraphicsCard[] {
  const [name, version, mebibytes] = line.split(', ').map((word) => word.trim());
  if (!name || !version) return [];
  const memory = Number(mebibytes) * 2 ** 20;
  return [{ vendor: 'NVIDIA', name, driver: `nvidia ${version}`, memory: memory > 0 ? memory : null }];
}

function cardsByNvidiaDriver(root: string): GraphicsCard[] {
  const [, version] =
    /Kernel Module(?: for \S+)?\s+([\d.]+)/.exec(read(root, 'proc/driver/nvidia/version') ?? '') ?? [];
  return globSync('proc/driver/nvidia/gpus/*/information', { cwd: root }).map((file) => ({
    vendor: 'NVIDIA',
    name: /^Model:\s*(.+?)\s*$/m.exec(read(root, file) ?? '')?.[1] ?? null,
    driver: version ? `nvidia ${version}` : 'nvidia',
    memory: null,
  }));
}

/** What Linux lists under its display drivers. */
function cardsBySystem(root: string): GraphicsCard[] {
  return globSync('sys/class/drm/card*/device/vendor', { cwd: root }).flatMap((file) => {
    const known = vendors.find(({ id }) => id === read(root, file)?.trim());
    if (!known) return [];
    const folder = join(file, '..');
    const memory = Number(read(root, join(folder, 'mem_info_vram_total')));
    return [
      { vendor: known.vendor, name: null, driver: linkName(root, join(folder, 'driver')), memory: memory || null },
    ];
  });
}

function read(root: string, file: string): string | undefined {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return undefined; // not every driver has every file
  }
}

function linkName(root: string, link: string): string | null {
  try {
    return basename(readlinkSync(join(root, link)));
  } catch {
    return null;
  }
}
