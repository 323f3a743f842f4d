// What an archive would take and lose at a quality that was not measured, from the points on both sides. Knows no screen.
import type { Compared, CompressionCurve, CurvePoint } from '../../../src-main/contract/archive.ts';
import type { CompressRequest } from '../../../src-main/contract/tasks.ts';

export interface Estimate {
  quality: number;
  /** All of the archive, as long as no image needs more than its code. */
  bytes: number;
  decoderBytes: number;
  codeBytes: number;
  /** In dB, pooled. */
  psnr: number;
  psnrWorst: number;
  /** The measured point that is nearest. */
  point: CurvePoint;
}

/** Sizes lie between two points in proportion to their logarithms, errors in proportion. */
export function estimateAt({ points }: CompressionCurve, quality: number): Estimate {
  // From the best quality to the worst.
  const found = points.findIndex((point) => point.quality <= quality);
  const low = points.at(found)!;
  const high = found > 0 ? points[found - 1]! : low;
  const share = high === low ? 0 : Math.max(0, Math.min(1, (quality - low.quality) / (high.quality - low.quality)));
  const between = (pick: (point: CurvePoint) => number) => (1 - share) * pick(low) + share * pick(high);
  const [decoderBytes, besideBytes] = [between((one) => one.decoderBytes), between((one) => one.besideBytes)];
  const codeBytes = Math.exp(between((one) => Math.log(one.codeBytes)));
  return {
    quality: low.quality + share * (high.quality - low.quality),
    bytes: Math.round(decoderBytes + besideBytes + codeBytes),
    decoderBytes: Math.round(decoderBytes),
    codeBytes: Math.round(codeBytes),
    psnr: between(({ psnr }) => psnr),
    psnrWorst: between(({ psnrs }) => psnrs[0]!),
    point: share > 0.5 ? high : low,
  };
}

/** The lowest quality that holds to the goal, found to a tenth; null where none does. */
export function qualityFor(curve: CompressionCurve, goal: CompressRequest['goal']): number | null {
  if (goal.kind === 'quality') return goal.quality;
  const isGood = (quality: number) => {
    const { psnr, bytes } = estimateAt(curve, quality);
    return goal.kind === 'psnr' ? psnr >= goal.psnr : bytes <= goal.bytes;
  };
  const tenths = Array.from({ length: 1001 }, (_, index) => index / 10);
  // As little as an error asks for; as much as a size allows.
  return (goal.kind === 'psnr' ? tenths.find(isGood) : tenths.findLast(isGood)) ?? null;
}

/** By so much pixels may differ from machine to machine; a bound is kept on all of them. */
const margin = 1 / 255;

/** Share of the images that do not keep a bound in dB by their codes alone. */
export function shareBelow({ psnrs }: CurvePoint, bound: number): number {
  const limit = 10 ** (-bound / 20);
  return psnrs.filter((psnr) => 10 ** (-psnr / 20) + margin > limit).length / psnrs.length;
}

export interface ChartLine {
  name: 'pinhole' | Compared['name'];
  layout: 'all' | Compared['layout'];
  /** Bytes an image, and dB, from few bytes to many; Infinity where nothing is lost. */
  points: readonly (readonly [bytes: number, psnr: number])[];
}

/** Pinhole with its decoder shared among the images, its codes alone, and the others. */
export function linesOf({ points, rivals, images }: CompressionCurve): ChartLine[] {
  const upward = points.toReversed();
  return [
    ...rivals.map(({ name, layout, points }): ChartLine => {
      const line = points.map(
        ({ bytesPerImage, decoderBytes, psnr }) =>
          [bytesPerImage + decoderBytes / images, psnr ?? Number.POSITIVE_INFINITY] as const,
      );
      return { name, layout, points: line };
    }),
    {
      name: 'pinhole',
      layout: 'codes',
      points: upward.map(({ codeBytes, psnr }) => [codeBytes / images, psnr] as const),
    },
    {
      name: 'pinhole',
      layout: 'all',
      points: upward.map(({ codeBytes, decoderBytes, psnr }) => [(codeBytes + decoderBytes) / images, psnr] as const),
    },
  ];
}

export interface Domain {
  /** Bytes an image. */
  x: readonly [low: number, high: number];
  /** dB. */
  y: readonly [low: number, high: number];
}

/** Round about what Pinhole does: what is far better or worse than any of its points is no choice. */
export function domainOf(lines: readonly ChartLine[]): Domain {
  const own = lines.filter(({ name }) => name === 'pinhole').flatMap(({ points }) => points.map(([, psnr]) => psnr));
  const y = [Math.floor(Math.min(...own)) - 1, Math.ceil(Math.max(...own)) + 4] as const;
  const inside = lines.flatMap(({ points }) =>
    points.filter(([, psnr]) => psnr >= y[0] && (psnr <= y[1] || psnr === Number.POSITIVE_INFINITY)),
  );
  const bytes = inside.map(([value]) => value);
  return { x: [Math.min(...bytes) / 1.2, Math.max(...bytes) * 1.2], y };
}

/** Powers of ten within the range, with 2 and 5 of each where there are few. */
export function byteTicks([low, high]: Domain['x']): number[] {
  const powers = Array.from({ length: 16 }, (_, index) => 10 ** (index - 3));
  const decades = Math.log10(high / low);
  const steps = decades < 2.5 ? [1, 2, 5] : [1];
  return powers.flatMap((power) => steps.map((step) => step * power)).filter((tick) => tick >= low && tick <= high);
}
