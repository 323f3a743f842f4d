// `pinhole repeat`: a recorded run trained again, and in words whether it came out the same.
import { resolve } from 'node:path';
import type { TrainingSettings } from '../../contract/settings.ts';
import { readRunRecord } from '../../exports/run-record.ts';
import { expectSourcesOutside, type Options, type Work } from './commands.ts';
import { type Repetition, repeatRun } from './repeat-run.ts';
import { describeReport } from './summary.ts';
import { alignTable, formatCount, formatDuration } from './words.ts';

export async function repeat(work: Work, file: string, given: string[], options: Options): Promise<void> {
  const record = await readRunRecord(resolve(file));
  const { test, otherData, device, threads } = options as {
    test?: string[];
    otherData?: boolean;
    device?: TrainingSettings['device'];
    threads?: number;
  };
  const sources = given.map((source) => resolve(source));
  const testSources = (test ?? []).map((source) => resolve(source));
  expectSourcesOutside(work, { sources, testSources }, {});
  const { data, run } = record;
  work.terminal.say(`Training ${run.id} again, which learned from ${formatCount(data.images.train)} images.`);
  const repetition = await repeatRun(
    work.service,
    record,
    {
      ...{ sources, testSources, otherData: otherData === true },
      ...(device && { device }),
      ...(threads && { threads }),
    },
    work.context,
  );
  if (repetition.run.report) work.terminal.say(describeReport(repetition.run.report, repetition.run.preset));
  work.terminal.say(describeRepetition(repetition));
  work.terminal.result(repetition);
  if (repetition.verdict === 'differs') work.endAs('differs');
}

export function describeRepetition(repetition: Repetition): string {
  const { run, repeats, weights, bestMse, curve, changed, seconds } = repetition;
  const rows = [
    ['', 'recorded', 'repeated', 'difference'],
    ['best held-out MSE', bestMse.recorded.toPrecision(6), bestMse.repeated.toPrecision(6), share(bestMse.difference)],
    ['weights (SHA-256)', weights.recorded.slice(0, 12), weights.repeated.slice(0, 12), ''],
  ];
  const course = curve
    ? [
        `Largest difference of the error in ${curve.evaluations} evaluations: ${share(curve.difference)}, at step ${curve.step}.`,
      ]
    : [];
  return [
    `Run ${run.id}, trained in ${formatDuration(seconds)}, repeats ${repeats}.`,
    alignTable(rows).replaceAll(/^/gm, '  '),
    ...course,
    ...changed,
    judge(repetition),
  ].join('\n');
}

function judge({ verdict, tolerance }: Repetition): string {
  const limit = `${100 * tolerance} %`;
  switch (verdict) {
    case 'same':
      return 'The same weights, bit for bit.';
    case 'within-tolerance':
      return `Not the same bits, but the same within ${limit}.`;
    case 'differs':
      return `It differs by more than ${limit}.`;
    case 'other-data':
      return 'Trained alike on other images: its figures are not those of the recorded run.';
    default:
      return verdict satisfies never;
  }
}

const share = (difference: number) => (difference === 0 ? 'none' : `${(100 * difference).toPrecision(2)} %`);
