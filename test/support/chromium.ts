// Debian's Chromium for tests and benchmarks, asking nothing of the network and drawing WebGL in software.
import { type Browser, chromium } from 'playwright';

export const chromiumPath = '/usr/bin/chromium';
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--enable-unsafe-swiftshader',
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: chromiumArguments });
}
