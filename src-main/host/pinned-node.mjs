// Which Node runs Pinhole: the pinned platform package, else a running Node that is new enough, else none.
// Plain JavaScript, because an old Node must be able to read it.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const oldestNode = 24;

/**
 * The path of the Node binary to use, or undefined where there is none.
 * @param {{ platform: string, arch: string, version: string, execPath: string }} running the running process, or one like it
 * @param {string} base file or URL from which packages are looked up
 * @returns {string | undefined}
 */
export function chooseNode(running, base) {
  return pinnedNode(running, base) ?? (majorVersion(running) >= oldestNode ? running.execPath : undefined);
}

/**
 * What to tell a person whose machine has no Node for Pinhole.
 * @param {{ platform: string, arch: string, version: string }} running
 */
export function explainMissingNode({ platform, arch, version }) {
  return (
    `Pinhole needs Node ${oldestNode} or newer; this is Node ${version}, and no Node for ${platform}-${arch} came with the packages.\n` +
    `If "npm ci" has not been run here yet, run it. Otherwise install Node ${oldestNode} from nodejs.org or your package manager, then run the same command again.`
  );
}

/** @type {(running: { platform: string, arch: string }, base: string) => string | undefined} */
function pinnedNode({ platform, arch }, base) {
  const windows = platform === 'win32';
  const name = `node-${windows ? 'win' : platform}-${arch}`;
  try {
    const folder = dirname(createRequire(base).resolve(`${name}/package.json`));
    const binary = join(folder, 'bin', windows ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined; // not an error: most platforms have no such package
  }
}

/** @type {(running: { version: string }) => number} */
function majorVersion({ version }) {
  return Number.parseInt(version.replace('v', ''), 10);
}
