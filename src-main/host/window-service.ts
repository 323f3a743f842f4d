// The service that windows and browsers talk to: the main job, and all that is shown around it. Each part is in window/.
import type { Core, Service } from '../contract/api.ts';
import type { Context } from '../contract/records.ts';
import { openWorkspace, type ServiceOptions } from './service.ts';
import { archivePart } from './window/archives.ts';
import { Aside, removeAside } from './window/aside.ts';
import { codePart } from './window/codes.ts';
import { copyPart } from './window/copies.ts';
import { datasetPart } from './window/datasets.ts';
import { decodingPart } from './window/decoding.ts';
import { devicePart } from './window/devices.ts';
import { exportPart } from './window/exports.ts';
import { filePart } from './window/files.ts';
import { findingPart } from './window/findings.ts';
import { mapPart } from './window/maps.ts';
import { overlapPart } from './window/overlaps.ts';
import { type Surroundings, Topics } from './window/parts.ts';
import { taskPart } from './window/tasks.ts';
import { trainingPart } from './window/training.ts';
import { workspacePart } from './window/workspace.ts';

export interface WindowServiceOptions extends ServiceOptions {
  /** Folders that may be read and written beside the workspace. */
  roots?: readonly string[];
  /** Paths that a person picked or dropped; the front adds to it while the service runs. */
  allowed?: ReadonlySet<string>;
  /** Tasks that ran when the last worker died go on by themselves. */
  resumeTasks?: boolean;
  /** How long what was deleted can be taken back; the usual time where it is left out. */
  undoMilliseconds?: number;
}

/** Opens the workspace, making it where it is not there. Errors: `workspace-locked`, `file-damaged`. */
export async function createWindowService(options: WindowServiceOptions, context: Context = {}): Promise<Service> {
  const { core, catalogue } = await openWorkspace(options, context);
  const { workspace, roots = [], allowed = new Set<string>(), resumeTasks = false } = options;
  // Nobody is there any more who could undo what an earlier program deleted.
  if (!resumeTasks) removeAside({ workspace, catalogue });
  const topics = new Topics();
  const changed = () => topics.publish('workspace', { what: ['datasets', 'runs'] });
  const surroundings: Surroundings = {
    ...{ workspace, roots, allowed, resumeTasks, core, catalogue, topics },
    aside: new Aside({ workspace, catalogue }, changed, options.undoMilliseconds),
    written: new Set(),
    expectIdle: (about) => expectIdle(about),
    forgetTasks: (about) => forgetTasks(about),
  };
  const { endModel, closeModels, ...decoding } = decodingPart(surroundings);
  const maps = mapPart(surroundings);
  const findings = findingPart(surroundings);
  const { closeArchives, ...archives } = archivePart(surroundings);
  const parts = {
    ...workspacePart(surroundings),
    ...devicePart(surroundings),
    ...filePart(surroundings),
    ...datasetPart(surroundings),
    ...trainingPart(surroundings, endModel),
    ...decoding,
    ...maps,
    ...codePart(surroundings),
    ...exportPart(surroundings, { ...maps, ...findings }),
    ...copyPart(surroundings, findings),
    ...archives,
    ...findings,
    ...overlapPart(surroundings),
  };
  const main = mainJob(core);
  const { stop, expectIdle, forgetTasks, ...tasks } = taskPart(surroundings, { ...main, ...parts });
  return {
    ...main,
    ...parts,
    ...tasks,
    workspace: core.workspace,
    async close() {
      await stop();
      closeModels();
      closeArchives();
      surroundings.aside.close();
      await core.close();
    },
  };
}

function mainJob(core: Core): Omit<Core, 'workspace' | 'close' | 'devices'> {
  return {
    import: core.import.bind(core),
    train: core.train.bind(core),
    encode: core.encode.bind(core),
    decode: core.decode.bind(core),
    export: core.export.bind(core),
    compress: core.compress.bind(core),
    measureCurve: core.measureCurve.bind(core),
    append: core.append.bind(core),
    layOut: core.layOut.bind(core),
    place: core.place.bind(core),
    neighbours: core.neighbours.bind(core),
    neighbourOverlap: core.neighbourOverlap.bind(core),
    clusters: core.clusters.bind(core),
    duplicates: core.duplicates.bind(core),
    outliers: core.outliers.bind(core),
    copyImages: core.copyImages.bind(core),
    sample: core.sample.bind(core),
    walk: core.walk.bind(core),
    sweep: core.sweep.bind(core),
    sweeps: core.sweeps.bind(core),
    compare: core.compare.bind(core),
    advise: core.advise.bind(core),
    datasets: core.datasets.bind(core),
    labelImages: core.labelImages.bind(core),
    importColumns: core.importColumns.bind(core),
    columns: core.columns.bind(core),
    importedColumn: core.importedColumn.bind(core),
    removeColumn: core.removeColumn.bind(core),
    items: core.items.bind(core),
    contentHash: core.contentHash.bind(core),
    failures: core.failures.bind(core),
    runs: core.runs.bind(core),
    metrics: core.metrics.bind(core),
    warnings: core.warnings.bind(core),
  };
}
