// The loss curves of a run as an SVG: training and validation against epochs, beside PCA and the mean image.
import type { EpochMetrics, Report } from '../contract/records.ts';
import type { Loss } from '../contract/spec.ts';
import { writeAtomic } from '../files/atomic.ts';
import { evenTicks, pcaStyle, renderPlot, type Series } from './plot.ts';

export interface LossPlot {
  /** E.g. "recommended, 64 codes, MNIST". */
  readonly title: string;
  readonly metrics: readonly EpochMetrics[];
  /** Reference lines are drawn where the report is there. */
  readonly report: Pick<Report, 'pca' | 'meanImage'> | null;
  /** What was optimised, and so what the training curve shows. */
  readonly loss?: Loss;
}

export async function writeLossPlot(path: string, lossPlot: LossPlot): Promise<void> {
  await writeAtomic(path, renderLossPlot(lossPlot));
}

export function renderLossPlot({ title, metrics, report, loss = 'mse' }: LossPlot): string {
  const training = metrics.flatMap(({ epoch, trainLoss }) => (trainLoss === null ? [] : [{ x: epoch, y: trainLoss }]));
  const validation = metrics.map(({ epoch, validationMse }) => ({ x: epoch, y: validationMse }));
  const unit = loss === 'mse' ? {} : { unit: loss };
  const lastEpoch = Math.max(1, ...metrics.map(({ epoch }) => epoch));
  return renderPlot({
    title,
    series: [
      { name: 'training', color: '#b45309', dash: '6 4', points: training, ...unit },
      { name: 'validation', color: '#1d4ed8', dash: '', points: validation },
      ...(report ? references(report) : []),
    ],
    axis: {
      ...{ title: 'epoch', low: 0, high: lastEpoch, isLogarithmic: false },
      ticks: evenTicks(0, lastEpoch, 10).filter(Number.isInteger),
    },
  });
}

function references({ pca, meanImage }: NonNullable<LossPlot['report']>): Series[] {
  return [
    { ...pcaStyle, points: [{ x: 0, y: pca.mse }], isReference: true },
    { name: 'mean image', color: '#6b7280', dash: '10 3 2 3', points: [{ x: 0, y: meanImage.mse }], isReference: true },
  ];
}
