// The error of runs against their code size as an SVG, both axes logarithmic, with PCA as the line to be held against.
import type { ComparedRun } from '../contract/search.ts';
import { type Point, pcaStyle, renderPlot, type Series, shorten } from './plot.ts';

export interface SizePlot {
  readonly title: string;
  readonly runs: readonly ComparedRun[];
}

// Colours that stay apart for the common kinds of colour blindness, and dashes for those who see none.
const styles = [
  { color: '#1d4ed8', dash: '' },
  { color: '#b45309', dash: '6 4' },
  { color: '#7c3aed', dash: '11 3 2 3' },
  { color: '#be123c', dash: '4 2' },
  { color: '#0e7490', dash: '14 5' },
  { color: '#4b5563', dash: '8 2 2 2 2 2' },
];
// At 13 px they fill what is left of the picture beside the plot.
const longestName = 19;

/** A line for each model, through the mean of its runs (seeds) at every code size; each run is a mark. */
export function renderSizePlot({ title, runs }: SizePlot): string {
  const sizes = [...new Set(runs.map(({ codeSize }) => codeSize))].toSorted((a, b) => a - b);
  const pca = meanBySize(runs.map(({ codeSize, pcaError }) => ({ x: codeSize, y: pcaError })));
  const models = Map.groupBy(runs, seriesName);
  const series = [...models].map(([name, own], index): Series => {
    const marks = own.map(({ codeSize, error }) => ({ x: codeSize, y: error }));
    return { name: shorten(name, longestName), ...styles[index % styles.length]!, points: meanBySize(marks), marks };
  });
  // A tenth of air, so that marks do not sit on the axes; one size alone needs a range too.
  const [low, high] = [sizes[0]! / 1.1, sizes.at(-1)! * 1.1];
  return renderPlot({
    title,
    series: [...series, { ...pcaStyle, points: pca }],
    axis: { title: 'numbers in a code', low, high, isLogarithmic: true, ticks: apart(sizes, low, high) },
  });
}

/** The model, with its settings where those differ too. */
function seriesName({ preset, settings }: ComparedRun): string {
  return [preset, ...Object.entries(settings).map(([setting, value]) => `${setting} ${value}`)].join(' ');
}

function meanBySize(points: readonly Point[]): Point[] {
  const bySize = [...Map.groupBy(points, ({ x }) => x)].toSorted(([a], [b]) => a - b);
  return bySize.map(([x, own]) => ({ x, y: own.reduce((sum, { y }) => sum + y, 0) / own.length }));
}

/** Sizes that can be written side by side: each at least a twentieth of the axis behind the last. */
function apart(sizes: readonly number[], low: number, high: number): number[] {
  const kept: number[] = [];
  for (const size of sizes) {
    const last = kept.at(-1);
    if (last === undefined || Math.log(size / last) > Math.log(high / low) / 20) kept.push(size);
  }
  return kept;
}
