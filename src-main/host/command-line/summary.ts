// Results in words and small tables: what was imported, how good a run is, where the files are.
import type { DeviceReport, ImportResult, Run } from '../../contract/api.ts';
import type { Dataset, Quality, Report, Warning } from '../../contract/records.ts';
import type { Advice, Comparison } from '../../contract/search.ts';
import { writeOptions } from './options.ts';
import { alignTable, formatBytes, formatCount, formatDuration, formatShare, plural } from './words.ts';

const failuresShown = 5;

export function describeImport({ dataset, decoded, reused, failures, seconds }: ImportResult): string {
  const { count, width, height, channels } = dataset;
  const taken =
    reused > 0 ? `${formatCount(decoded)} new, ${formatCount(reused)} known` : `${formatCount(decoded)} decoded`;
  const lines = [
    `Imported ${plural(count, 'image')} (${taken}) as ${width}×${height} ${channels === 1 ? 'grey' : 'colour'} in ${formatDuration(seconds)}.`,
  ];
  if (failures.length > 0) lines.push(`${plural(failures.length, 'file')} skipped:`);
  for (const { path, reason } of failures.slice(0, failuresShown)) lines.push(`  ${printable(path)}: ${reason}`);
  if (failures.length > failuresShown) {
    lines.push(
      `  and ${formatCount(failures.length - failuresShown)} more; "pinhole info ${dataset.id}" lists them all.`,
    );
  }
  return lines.join('\n');
}

/** `cpu: AMD EPYC, 2 threads: usable`, and indented below it what is known of it. */
export function describeDevice(device: DeviceReport): string {
  const { kind, name, software, usable, reason, driver, memory, imagesPerSecond, stepsPerSecond } = device;
  const what = `driver: ${driver ?? (kind === 'cpu' ? 'none needed' : 'unknown')}; memory: ${memory ? formatBytes(memory) : 'unknown'}`;
  const lines = [`${kind}: ${name}${software ? ' (software)' : ''}: ${usable ? 'usable' : 'not usable'}`, reason, what];
  if (imagesPerSecond && stepsPerSecond) {
    const rate = `${formatCount(imagesPerSecond)} images/s, ${stepsPerSecond.toPrecision(3)} training steps/s`;
    lines.push(`${rate} (${device.measuredOn})`);
  } else if (device.unmeasured) lines.push(device.unmeasured);
  return lines.join('\n  ');
}

export function describeTraining(run: Run, trained: boolean, seconds: number): string {
  if (!trained) return `Run ${run.id} was trained before with the same data, settings and seed; nothing to do.`;
  return `Trained ${run.preset}, ${plural(run.codeSize, 'code')}, ${plural(run.epochs, 'epoch')} on ${run.device} in ${formatDuration(seconds)}.`;
}

/** Held-out error of the model beside its baselines, then the warnings that it earns. */
export function describeReport(report: Report, model: string): string {
  const quality = (name: string, { mse, psnr, ssim }: Quality, knn: number | null) => [
    name,
    mse.toPrecision(3),
    psnr === null ? '∞ dB' : `${psnr.toFixed(1)} dB`,
    ssim.toFixed(3),
    formatShare(knn),
  ];
  const rows = [
    ['', 'MSE', 'PSNR', 'SSIM', report.knn === null ? '' : '5-NN'],
    quality(model, report.model, report.knn),
    quality('PCA', report.pca, report.pcaKnn),
    quality('mean image', report.meanImage, null),
  ];
  if (report.rawKnn !== null) rows.push(['raw pixels', '', '', '', formatShare(report.rawKnn)]);
  const images = plural(report.heldOutCount, 'image');
  const heldOut =
    report.heldOut === 'none'
      ? `Error on the ${images} that it learned from (none were held out):`
      : `Held-out error on ${images} (${report.heldOut}):`;
  return [heldOut, indent(alignTable(rows)), ...report.warnings.map(describeWarning)].join('\n');
}

/** What the doctor has found, what to do, and the options that do it. */
export function describeWarning({ message, advice, remedy }: Warning): string {
  const said = `Warning: ${message} ${advice}`;
  return remedy ? `${said}\n  To try it: ${writeOptions(remedy)}` : said;
}

export function describeDatasets(datasets: readonly Dataset[]): string {
  if (datasets.length === 0) return 'No data sets yet. "pinhole import FOLDER" makes one.';
  const rows = datasets.map((dataset) => [
    dataset.id,
    printable(dataset.name),
    dataset.state,
    formatCount(dataset.count),
    formatCount(dataset.skipped),
    `${dataset.width}×${dataset.height}×${dataset.channels}`,
  ]);
  return `Data sets\n${indent(alignTable([['id', 'name', 'state', 'images', 'skipped', 'pixels'], ...rows]))}`;
}

export function describeRuns(runs: readonly Run[]): string {
  if (runs.length === 0) return 'No runs yet. "pinhole train" makes one.';
  const rows = runs.map((run) => [
    run.id,
    run.datasetId,
    run.state,
    String(run.codeSize),
    String(run.epochs),
    run.report ? run.report.model.mse.toPrecision(3) : '',
  ]);
  return `Runs\n${indent(alignTable([['id', 'data set', 'state', 'codes', 'epochs', 'held-out MSE'], ...rows]))}`;
}

/** Runs beside each other, each with its error and that of PCA with as many numbers. */
export function describeComparison({ runs, heldOut, heldOutCount, meanImageError }: Comparison): string {
  const withSettings = runs.some(({ settings }) => Object.keys(settings).length > 0);
  const rows = runs.map(({ run, preset, codeSize, seed, error, pcaError, knn, seconds, ended, settings }) => [
    ...[run, preset, String(codeSize), String(seed), error.toPrecision(3), pcaError.toPrecision(3), formatShare(knn)],
    ...[formatDuration(seconds), ended, withSettings ? describeSettings(settings) : ''],
  ]);
  const header = [
    'run',
    'preset',
    'codes',
    'seed',
    'MSE',
    'PCA',
    '5-NN',
    'training',
    'ended',
    withSettings ? 'settings' : '',
  ];
  const images = plural(heldOutCount, 'image');
  const measured = heldOut === 'none' ? `${images} that they learned from` : `${images} held out (${heldOut})`;
  const devices = Map.groupBy(runs, ({ device }) => device);
  const trained = [...devices].map(([device, own]) =>
    devices.size === 1 ? device : `${device} (${own.map(({ run }) => run).join(', ')})`,
  );
  return [
    `Errors on ${measured}; the mean image has ${meanImageError.toPrecision(3)}.`,
    indent(alignTable([header, ...rows])),
    `Trained on ${trained.join('; ')}.`,
  ].join('\n');
}

/** The runs that it was drawn from, then what the shares cost, from and to. */
export function describeAdvice({ meanImageError, pca, pcaFloor, runs, costs }: Advice): string {
  const figure = (error: number) => error.toPrecision(3);
  const trained = runs.map(({ run, codeSize, error, pcaError, steps, usualSteps, seconds }) => [
    ...[run, String(codeSize), figure(error), figure(pcaError)],
    ...[`${formatCount(steps)} of ${formatCount(usualSteps)}`, formatDuration(seconds)],
  ]);
  const largest = pca.at(-1)!.codeSize;
  const numbers = (size: number | null) => (size === null ? `over ${largest}` : String(size));
  const answers = costs.map(({ share, size, low, high, pca }) => [
    ...[`${Math.round(100 * share)} %`, numbers(size), `${numbers(low)}–${numbers(high)}`, numbers(pca)],
  ]);
  return [
    `The mean image has a held-out error of ${figure(meanImageError)}; PCA with any number of components, ${figure(pcaFloor)}.`,
    indent(alignTable([['run', 'codes', 'MSE', 'PCA', 'steps of a usual training', 'training'], ...trained])),
    'Numbers that a share of the achievable reduction costs:',
    indent(alignTable([['share', 'codes', 'range', 'PCA'], ...answers])),
  ].join('\n');
}

function describeSettings(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** A file name that cannot move the cursor or break the line it is printed on. */
export function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  return name.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1));
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
