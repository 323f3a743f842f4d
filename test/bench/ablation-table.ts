// The ablation table as Markdown: a row for every model and code size, PCA and the mean image beside them, and the machine.
import { presetNames } from '../../src-main/contract/settings.ts';
import { plural } from '../../src-main/host/command-line/words.ts';
import { type Figures, folds, type Row } from './ablation-rows.ts';
import type { Machine } from './machine.ts';

const heads = [
  'model',
  'codes',
  'held-out MSE',
  'PSNR, dB',
  'kNN, %',
  'linear probe, %',
  'seconds',
  'processor seconds',
  'device',
];
const none = '–';

/** Rows of one data set. Rows of several folds are averaged, and those that lack some say how many they have. */
export function formatAblation(rows: readonly Row[]): string {
  const groups = Map.groupBy(
    rows.toSorted(byCodesAndModel),
    ({ model, codes, epochs }) => `${codes} ${model} ${epochs}`,
  );
  const perSize = Map.groupBy(groups.values(), ([first]) => first!.codes);
  const lines = [...perSize.values()].flatMap((ofSize) => [...ofSize.map(modelCells), ...referenceCells(ofSize)]);
  return [markdown([heads, ...lines]), ...variationalLines(rows), ...machineLines(rows)].join('\n');
}

function byCodesAndModel(a: Row, b: Row): number {
  return (
    a.codes - b.codes || presetNames.indexOf(a.model) - presetNames.indexOf(b.model) || (a.fold ?? 0) - (b.fold ?? 0)
  );
}

function modelCells(rows: Row[]): string[] {
  const [{ model, codes, epochs, fold, device }] = rows as [Row];
  const said = [
    model,
    ...(epochs === null ? [] : [plural(epochs, 'epoch')]),
    ...(fold === null || rows.length === folds ? [] : [`${rows.length} of ${folds} folds`]),
  ];
  const processor = rows.map(({ processorSeconds }) => processorSeconds);
  return [
    said.join(', '),
    String(codes),
    ...figureCells(rows.map(({ figures }) => figures)),
    cell(mean(rows.map(({ seconds }) => seconds)), 0),
    cell(mean(processor), 0),
    device,
  ];
}

/** PCA and the mean image say the same beside every model; they are taken from the model that has most folds. */
function referenceCells(groups: Row[][]): string[][] {
  const rows = groups.reduce((most, group) => (group.length > most.length ? group : most));
  const cells = (name: string, figures: Figures[]) => [
    name,
    String(rows[0]!.codes),
    ...figureCells(figures),
    none,
    none,
    none,
  ];
  return [
    cells(
      'PCA',
      rows.map(({ pca }) => pca),
    ),
    cells(
      'mean image',
      rows.map(({ meanImage }) => meanImage),
    ),
  ];
}

function figureCells(figures: readonly Figures[]): string[] {
  const of = (name: keyof Figures) => mean(figures.map((one) => one[name]));
  const percent = (share: number | null) => cell(share === null ? null : 100 * share, 1);
  return [cell(of('mse'), 5), cell(of('psnr'), 2), percent(of('knn')), percent(of('probe'))];
}

function variationalLines(rows: readonly Row[]): string[] {
  const lines = rows.flatMap(({ variational, codes, fold, run }) => {
    if (variational === null) return [];
    const { beta, kl, activeUnits } = variational;
    const where = fold === null ? '' : `, fold ${fold}`;
    return [
      `- variational, ${codes} codes${where}: β ${beta}, KL ${kl.toFixed(1)} nats, ${activeUnits} of ${codes} units active (run ${run})`,
    ];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}

function machineLines(rows: readonly Row[]): string[] {
  const machines = Map.groupBy(rows, ({ machine }) => describe(machine));
  const loads = (of: Row[]) => of.map(({ machine }) => machine.load);
  return [
    '',
    ...[...machines].map(
      ([machine, of]) =>
        `Measured on ${machine}; load ${Math.min(...loads(of))} to ${Math.max(...loads(of))} when a row was done.`,
    ),
  ];
}

function describe({ cpu, cores, memory, system }: Machine): string {
  return `${cpu}, ${cores} cores, ${memory}, ${system}`;
}

/** Null where any is missing. */
function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length < values.length ? null : known.reduce((a, b) => a + b, 0) / known.length;
}

function cell(value: number | null, digits: number): string {
  return value === null ? none : value.toFixed(digits);
}

function markdown([head, ...lines]: readonly string[][]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head!), `|${head!.map(() => '---|').join('')}`, ...lines.map(row)].join('\n');
}
