// Columns of a data set as buttons bring and remove them, and what is said of it.
import type { ColumnReport } from '../../../src-main/contract/columns.ts';
import type { Dataset } from '../../../src-main/contract/records.ts';
import { host } from '../../host/index.ts';
import { t } from '../../language/index.svelte.ts';
import { go } from '../../navigation.svelte.ts';
import { attempt, notify } from '../../notices.svelte.ts';
import { lendFile } from '../../service/borrowed-file.ts';
import { service } from '../../service/connection.svelte.ts';
import { workspace } from '../../service/workspace.svelte.ts';

/** From the system's own dialog; of several files the first. */
export async function pickColumns(dataset: Dataset): Promise<void> {
  await attempt(async () => {
    const [file] = (await host.pick?.files()) ?? [];
    if (file) say(dataset, await service.importColumns(dataset.id, file, {}));
  });
}

export async function sendColumns(dataset: Dataset, file: File): Promise<void> {
  await attempt(async () => say(dataset, await lendFile(file, (path) => service.importColumns(dataset.id, path, {}))));
}

export async function removeColumn({ id }: Dataset, name: string): Promise<void> {
  await attempt(async () => {
    await service.removeColumn(id, name);
    const undo = { label: t('word.undo'), run: () => void attempt(() => service.restoreColumn(id, name)) };
    notify('info', t('import.columns.removed', { name }), { action: undo });
  });
}

function say(dataset: Dataset, report: ColumnReport): void {
  const { matched, byEnding, unmatched, columns, labels } = report;
  const passedOver = report.passedOver.filter((name) => name !== '');
  const given = [...columns.map(({ name }) => name), ...(labels ? [t('import.columns.label')] : [])];
  const message = t('import.columns.done', { names: given.join(', '), count: matched, all: dataset.count });
  const advice = [
    unmatched > 0 ? t('import.columns.unmatched', { count: unmatched }) : '',
    byEnding > 0 ? t('import.columns.byEnding', { count: byEnding }) : '',
    passedOver.length > 0 ? t('import.columns.passedOver', { names: passedOver.join(', ') }) : '',
  ];
  notify('good', message, { advice: advice.filter(Boolean).join(' '), action: next(dataset, report) });
}

/** Labels that were there can be had back; columns are for looking at. */
function next({ id }: Dataset, { labels }: ColumnReport) {
  if (labels && labels.former.length > 0)
    return {
      label: t('import.columns.undoLabels'),
      run: () => void attempt(() => service.labelImages(id, labels.former)),
    };
  const run = workspace.newestRuns.find(({ datasetId, report }) => datasetId === id && report !== null);
  return run
    ? { label: t('import.columns.explore'), run: () => go({ screen: 'explore', datasetId: id, runId: run.id }) }
    : null;
}
