// Before packaging: the Node that Pinhole runs on, which the package brings along, with its licence, into `out/node`; and all other licences.
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepLicences } from './window/licences.ts';

const folder = fileURLToPath(new URL('../../out/node/', import.meta.url));

/** Copies the running Node, which is the pinned one or, where there is no such package, the one that was installed. */
export function collectNode(from = process.execPath, to = folder): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  copyFileSync(from, join(to, process.platform === 'win32' ? 'node.exe' : 'node'));
  const licence = [join(dirname(from), 'LICENSE'), join(dirname(from), '..', 'LICENSE')].find((file) =>
    existsSync(file),
  );
  if (licence === undefined) throw new Error(`Node's licence is not beside ${from}; a package must bring it along.`);
  copyFileSync(licence, join(to, 'LICENSE'));
}

if (import.meta.main) {
  collectNode();
  await keepLicences();
}
