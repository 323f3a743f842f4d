// What made a result: the versions that are recorded in run.json and in exported files.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export function versions(): Record<string, string> {
  return {
    pinhole: require('../../package.json').version,
    node: process.versions.node,
    'onnxruntime-node': require('onnxruntime-node/package.json').version,
    platform: `${process.platform}-${process.arch}`,
  };
}
