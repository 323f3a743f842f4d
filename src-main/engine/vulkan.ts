// What Vulkan's loader needs and tells on Linux: finding it beside a driver, and the name of the device it opened.
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/** dlopen's RTLD_NODELETE: the library stays although Node, which expects an add-on, turns it away. */
const stayLoaded = 0x1000;

/**
 * Some programs (Chromium) carry a Vulkan driver and loader in their own folder. Where VK_ICD_FILENAMES names such a
 * driver, its loader is loaded from there: the GPU code asks for `libvulkan.so.1` by name and would not look there.
 * Does nothing on other systems and where no such loader lies beside the driver.
 */
export function loadVulkanFromDriverFolder(): void {
  const driver = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (process.platform !== 'linux' || !driver) return;
  const loader = join(dirname(driver.split(':')[0]!), 'libvulkan.so.1');
  if (!existsSync(loader)) return;
  try {
    process.dlopen({ exports: {} }, loader, constants.dlopen.RTLD_NOW | stayLoaded);
  } catch {
    // Expected: a library that is no Node add-on "did not self-register". Whether it loaded, the session will say.
  }
}

/** Makes the loader write to standard error which device it opens. To be set before it is loaded. */
export const vulkanLogging = { VK_LOADER_DEBUG: 'driver' };

/** `Using "NVIDIA H100" with driver: "libGLX_nvidia.so.0"` → name and driver of the device that was opened last. */
export function readVulkanDevice(log: string): { name: string; driver: string } | undefined {
  const last = [...log.matchAll(/Using "(.+?)" with driver: "(.+?)"/g)].at(-1);
  return last && { name: last[1]!, driver: last[2]! };
}

/** Vulkan and Direct3D devices that are emulated on the CPU. */
export function isSoftwareDevice(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|softpipe|software|microsoft basic render/i.test(name);
}

/** What Dawn (the WebGPU inside ONNX Runtime) and the loader wrote, in words; undefined where they wrote nothing known. */
export function explainVulkanFailure(log: string): string | undefined {
  let reason: string | undefined;
  if (/Couldn't load Vulkan/.test(log)) reason = 'The Vulkan loader (libvulkan.so.1) is not installed.';
  else if (/VK_ERROR_INCOMPATIBLE_DRIVER|Found no drivers/.test(log)) {
    reason = 'No Vulkan driver is installed for any GPU here.';
  }
  return reason;
}
