// Graphics cards as the system tells of them, on systems laid out in a folder.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cardNamed, type GraphicsCard, readGraphicsCards } from '../../src-main/engine/graphics-cards.ts';
import { temporaryFolder } from '../support/temporary.ts';

function system(files: Record<string, string>, printed?: string) {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith('→ ')) symlinkSync(text.slice(2), join(root, path));
    else writeFileSync(join(root, path), text);
  }
  return { root, run: () => printed };
}

const nvidia = {
  'proc/driver/nvidia/version': 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build\n',
  'proc/driver/nvidia/gpus/0000:01:00.0/information': 'Model: \t\t NVIDIA GeForce RTX 4090\nIRQ:   \t\t 120\n',
};
const amd = {
  'sys/class/drm/card1/device/vendor': '0x1002\n',
  'sys/class/drm/card1/device/mem_info_vram_total': '17163091968\n',
  'sys/class/drm/card1/device/driver': '→ ../../../../bus/pci/drivers/amdgpu',
};
const radeon: GraphicsCard = { vendor: 'AMD', name: null, driver: 'amdgpu', memory: 17163091968 };

describe.runIf(process.platform === 'linux')('on Linux', () => {
  test('NVIDIA cards are told by its tool, memory included', () => {
    expect(readGraphicsCards(system(nvidia, 'NVIDIA GeForce RTX 4090, 570.86.10, 24564\n'))).toEqual([
      { vendor: 'NVIDIA', name: 'NVIDIA GeForce RTX 4090', driver: 'nvidia 570.86.10', memory: 24564 * 2 ** 20 },
    ]);
  });

  test('without the tool its driver tells, but not the memory', () => {
    expect(readGraphicsCards(system(nvidia))).toEqual([
      { vendor: 'NVIDIA', name: 'NVIDIA GeForce RTX 4090', driver: 'nvidia 570.86.10', memory: null },
    ]);
  });

  test('others are told by the system, and no card twice', () => {
    const both = { ...nvidia, ...amd, 'sys/class/drm/card0/device/vendor': '0x10de\n' };
    expect(readGraphicsCards(system(both)).map(({ vendor }) => vendor)).toEqual(['NVIDIA', 'AMD']);
    expect(readGraphicsCards(system(amd))).toEqual([radeon]);
  });

  test('a display without a known maker is no card', () => {
    expect(readGraphicsCards(system({ 'sys/class/drm/card0/device/vendor': '0x1af4\n' }))).toEqual([]);
    expect(readGraphicsCards(system({}))).toEqual([]);
  });
});

test('a device is the card of its name, or the only one of its maker', () => {
  const card = (name: string): GraphicsCard => ({ vendor: 'NVIDIA', name, driver: null, memory: null });
  const [large, small] = [card('NVIDIA H100'), card('NVIDIA T4')];
  expect(cardNamed('NVIDIA H100 (Vulkan)', [large, small])).toBe(large);
  expect(cardNamed('NVIDIA L4 (Vulkan)', [large, small])).toBeUndefined();
  expect(cardNamed('AMD Radeon RX 7800 XT (RADV NAVI32) (Vulkan)', [large, radeon])).toBe(radeon);
  expect(cardNamed('SwiftShader Device (Subzero) (Vulkan)', [large, radeon])).toBeUndefined();
});
