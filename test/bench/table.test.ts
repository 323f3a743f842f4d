import { expect, test } from 'vitest';
import { type BenchmarkResult, formatBenchmark } from './table.ts';

const result: BenchmarkResult = {
  machine: { cpu: 'Some CPU (x64)', cores: 2, memory: '8.0 GiB', system: 'Debian 12, kernel 6.1', load: 0.1 },
  versions: { Node: '24.21.0', PyTorch: '2.6.0' },
  rounds: 3,
  rows: [
    {
      id: 'step',
      title: 'Training step',
      unit: 'images/s',
      contenders: [
        { name: 'Pinhole', group: 'Pinhole', rates: [81_234, 80_000, 83_000] },
        { name: 'PyTorch, 2 threads', group: 'PyTorch', rates: [54_000, 50_000, 60_000] },
        { name: 'pandas', group: 'pandas', rates: [], absent: 'pandas is not installed' },
      ],
      ratios: [
        {
          against: 'PyTorch',
          atLeast: 1,
          contender: 'PyTorch, 2 threads',
          ratio: { median: 1.504, low: 1.38, high: 1.6 },
          met: true,
        },
        {
          against: 'wasm',
          atLeast: 15,
          contender: 'TensorFlow.js wasm',
          ratio: { median: 12.34, low: 12, high: 13 },
          met: false,
        },
      ],
    },
    {
      id: 'photos',
      title: 'Photographs',
      unit: 'images/s',
      skipped: 'the photographs are absent',
      contenders: [],
      ratios: [],
    },
  ],
};

test('the page names machine and versions, every rate with its spread, and every ratio beside its floor', () => {
  expect(formatBenchmark(result)).toBe(
    [
      'Some CPU (x64), 2 cores, 8.0 GiB, Debian 12, kernel 6.1, load 0.1',
      'Node 24.21.0, PyTorch 2.6.0',
      'Medians of 3 rounds in which contenders took turns; lowest to highest in brackets.',
      '',
      'Training step (images/s)',
      '  Pinhole             81,200  (80,000–83,000)',
      '  PyTorch, 2 threads  54,000  (50,000–60,000)',
      '  pandas              absent                   pandas is not installed',
      '',
      'Photographs: skipped, the photographs are absent.',
      '',
      'Pinhole against the others',
      '  Training step  PyTorch, 2 threads  1.50 ×  (1.38–1.60)  floor 1 ×   met',
      '  Training step  TensorFlow.js wasm  12.3 ×  (12.0–13.0)  floor 15 ×  NOT MET',
    ].join('\n'),
  );
});

test('a busy machine and a PyTorch without AVX are said aloud', () => {
  const busy = {
    ...result,
    machine: { ...result.machine, load: 1.5 },
    versions: { 'PyTorch CPU capability': 'NO AVX' },
  };
  expect(formatBenchmark(busy)).toContain('something else was using the processor');
  expect(formatBenchmark(busy)).toContain('PyTorch saw no AVX');
  expect(formatBenchmark(result)).not.toContain('Warning');
});
