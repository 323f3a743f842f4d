// The catalogue of a workspace: data sets, items, import failures and runs in one SQLite database. Pixels lie beside it.
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { Run } from '../contract/api.ts';
import { type ColumnInfo, type ImageCell, type ImportedColumn, noSuchColumn } from '../contract/columns.ts';
import { PinholeError } from '../contract/errors.ts';
import type {
  Dataset,
  Division,
  ImportFailure,
  Item,
  LabelledImages,
  Preprocessing,
  Report,
} from '../contract/records.ts';
import type { ImportSettings } from '../contract/settings.ts';

/** Statements that bring a database from version i to version i + 1. Never edit one that was released: append. */
const migrations = [
  `CREATE TABLE datasets (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, sources TEXT NOT NULL,
     state TEXT NOT NULL, hash TEXT NOT NULL, preprocessing TEXT NOT NULL, created TEXT NOT NULL) STRICT;
   CREATE TABLE items (
     dataset INTEGER NOT NULL REFERENCES datasets(number), id INTEGER NOT NULL, path TEXT NOT NULL, label TEXT,
     split TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, bytes INTEGER NOT NULL,
     sha256 TEXT NOT NULL, modified REAL NOT NULL, gone INTEGER NOT NULL, PRIMARY KEY (dataset, id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE containers (
     dataset INTEGER NOT NULL REFERENCES datasets(number), file TEXT NOT NULL, bytes INTEGER NOT NULL,
     modified REAL NOT NULL, prefix TEXT NOT NULL, labels INTEGER NOT NULL, PRIMARY KEY (dataset, prefix, file)) STRICT, WITHOUT ROWID;
   CREATE TABLE failures (
     dataset INTEGER NOT NULL REFERENCES datasets(number), path TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL
   ) STRICT;
   CREATE INDEX failures_of_dataset ON failures (dataset);
   CREATE TABLE runs (
     id TEXT PRIMARY KEY, dataset TEXT NOT NULL, preset TEXT NOT NULL, state TEXT NOT NULL, code_size INTEGER NOT NULL,
     epochs INTEGER NOT NULL, device TEXT NOT NULL, folder TEXT NOT NULL, created TEXT NOT NULL,
     settings TEXT NOT NULL, report TEXT) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE datasets ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE runs ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;`,
  // Where the sources lay at the first import, once they have moved.
  'ALTER TABLE datasets ADD COLUMN origin TEXT;',
  // How the images were divided; null in data sets that an older Pinhole imported.
  'ALTER TABLE datasets ADD COLUMN division TEXT;',
  // What the last import of it was asked for; unknown for those of before.
  'ALTER TABLE datasets ADD COLUMN request TEXT;',
  // Labels that a person gave; null takes away the one of the source. An import never touches them.
  `CREATE TABLE labels (
     dataset INTEGER NOT NULL REFERENCES datasets(number), id INTEGER NOT NULL, label TEXT, PRIMARY KEY (dataset, id)
   ) STRICT, WITHOUT ROWID;`,
  // Columns that a person brought; an import of images never touches them. Aside: removed, until Pinhole is opened again.
  `CREATE TABLE columns (
     number INTEGER PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES datasets(number), name TEXT NOT NULL,
     kind TEXT NOT NULL, aside INTEGER NOT NULL DEFAULT 0, UNIQUE (dataset, name)) STRICT;
   CREATE TABLE cells (
     column INTEGER NOT NULL REFERENCES columns(number), id INTEGER NOT NULL, value ANY NOT NULL, PRIMARY KEY (column, id)
   ) STRICT, WITHOUT ROWID;`,
];

/** An item with what the import needs to find it again. */
export interface StoredItem extends Item {
  /** When its file was changed, in milliseconds since 1970; 0 inside archives. */
  modified: number;
  /** Its file is not there any more (or has other content); id and row stay taken. */
  gone: boolean;
}

/** An archive or array file whose members were all imported, so that it need not be opened again while unchanged. */
export interface Container {
  file: string;
  bytes: number;
  modified: number;
  /** Paths of its items begin with this. */
  prefix: string;
  /** Whether labels were taken over. */
  labels: boolean;
}

export interface RunRecord extends Run {
  /** The settings it was started with, as JSON-compatible data. */
  settings: unknown;
}

export interface MovedDataset {
  id: string;
  sources: string[];
  /** Where they lay when it was first imported, which its id is made of. */
  origin: string[];
}

export interface NewDataset {
  id: string;
  name: string;
  sources: string[];
  preprocessing: Preprocessing;
}

/**
 * Opens (or creates) `catalogue.sqlite` in the workspace; `readOnly` beside a process that writes.
 * Errors: `file-damaged`, or `usage` if another version of Pinhole wrote it: a newer one, or, `readOnly`, an older one.
 */
export function openCatalogue(workspaceFolder: string, { readOnly = false } = {}): Catalogue {
  if (!readOnly) mkdirSync(workspaceFolder, { recursive: true });
  const file = join(workspaceFolder, 'catalogue.sqlite');
  const database = openDatabase(file, readOnly);
  try {
    migrate(database, file, readOnly);
    return new Catalogue(database, workspaceFolder);
  } catch (error) {
    database.close();
    throw error;
  }
}

export class Catalogue {
  readonly #database: DatabaseSync;
  readonly #workspaceFolder: string;
  readonly #statements = new Map<string, StatementSync>();
  /** What was counted, and of which state of the database. */
  #counted = { state: '', counts: new Map<string, number>() };

  constructor(database: DatabaseSync, workspaceFolder: string) {
    this.#database = database;
    this.#workspaceFolder = workspaceFolder;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  /** All or nothing: an error inside leaves the catalogue as it was. One within another is a part of that. */
  transaction<T>(work: () => T): T {
    if (this.#database.isTransaction) return work();
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // After some errors (a full disk) SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  listDatasets(): Dataset[] {
    return this.#all('SELECT * FROM datasets WHERE deleted = 0 ORDER BY created, number').map((row) =>
      this.#dataset(row),
    );
  }

  /** Undefined where there is none with this id. */
  findDataset(id: string): Dataset | undefined {
    const row = this.#all('SELECT * FROM datasets WHERE id = ?', id)[0];
    return row && this.#dataset(row);
  }

  getDataset(id: string): Dataset {
    const dataset = this.findDataset(id);
    if (dataset === undefined) throw this.#notFound('data set', id, 'pinhole info lists what this workspace holds.');
    return dataset;
  }

  insertDataset({ id, name, sources, preprocessing }: NewDataset): void {
    this.#run(
      `INSERT INTO datasets (id, name, sources, state, hash, preprocessing, created)
       VALUES (?, ?, ?, 'importing', '', ?, ?)`,
      ...[id, name, JSON.stringify(sources), JSON.stringify(preprocessing), new Date().toISOString()],
    );
  }

  updateDataset(id: string, { state, hash, name }: Pick<Dataset, 'state' | 'hash' | 'name'>): void {
    this.#run('UPDATE datasets SET state = ?, hash = ?, name = ? WHERE id = ?', state, hash, name, id);
  }

  /** How its images were divided by the last import; null where an older Pinhole imported it. */
  division(id: string): Division | null {
    const row = this.#all('SELECT division FROM datasets WHERE id = ?', id)[0];
    return row?.division ? (JSON.parse(row.division as string) as Division) : null;
  }

  updateDivision(id: string, { validation, fold, seed }: Division): void {
    this.#run('UPDATE datasets SET division = ? WHERE id = ?', JSON.stringify({ validation, fold, seed }), id);
  }

  /** What an import of this data set is asked for, so that it can go on when everybody else has forgotten it. */
  keepImportSettings(id: string, settings: ImportSettings): void {
    this.#run('UPDATE datasets SET request = ? WHERE id = ?', JSON.stringify(settings), id);
  }

  /** Null where it was imported before they were kept. */
  importSettings(id: string): ImportSettings | null {
    const request = this.#all('SELECT request FROM datasets WHERE id = ?', id)[0]?.request;
    return typeof request === 'string' ? (JSON.parse(request) as ImportSettings) : null;
  }

  /** The same images, somewhere else. */
  updateSources(id: string, sources: readonly string[]): void {
    const sql = 'UPDATE datasets SET origin = coalesce(origin, sources), sources = ? WHERE id = ?';
    this.#run(sql, JSON.stringify(sources), id);
  }

  /** Data sets whose sources have moved, ones put aside included. */
  movedDatasets(): MovedDataset[] {
    const rows = this.#all('SELECT id, sources, origin FROM datasets WHERE origin IS NOT NULL');
    return rows.map(({ id, sources, origin }) => ({
      id: id as string,
      sources: JSON.parse(sources as string),
      origin: JSON.parse(origin as string),
    }));
  }

  /** Puts a data set aside, or back: one that is aside is in no list. Its runs go along. */
  setDatasetAside(id: string, aside: boolean): void {
    this.#run('UPDATE datasets SET deleted = ? WHERE id = ?', aside ? 1 : 0, id);
    this.#run('UPDATE runs SET deleted = ? WHERE dataset = ? AND deleted = ?', aside ? 2 : 0, id, aside ? 0 : 2);
  }

  setRunAside(id: string, aside: boolean): void {
    this.#run('UPDATE runs SET deleted = ? WHERE id = ?', aside ? 1 : 0, id);
  }

  datasetsAside(): Dataset[] {
    return this.#all('SELECT * FROM datasets WHERE deleted <> 0').map((row) => this.#dataset(row));
  }

  runsAside(): RunRecord[] {
    return this.#all('SELECT * FROM runs WHERE deleted <> 0').map((row) => this.#toRun(row));
  }

  deleteRun(id: string): void {
    this.#run('DELETE FROM runs WHERE id = ?', id);
  }

  /** Images of each label, most frequent first. */
  labelCounts(id: string): { label: string; count: number }[] {
    const sql = `SELECT label, count(*) AS count FROM (${labelledItems}) WHERE label IS NOT NULL
                 GROUP BY label ORDER BY count DESC, label`;
    return this.#all(sql, this.datasetNumber(id)) as unknown as { label: string; count: number }[];
  }

  splitCounts(id: string): Map<string, number> {
    const sql = 'SELECT split, count(*) AS count FROM items WHERE dataset = ? AND gone = 0 GROUP BY split';
    return new Map(
      this.#all(sql, this.datasetNumber(id)).map(({ split, count }) => [split as string, count as number]),
    );
  }

  /** With everything that belongs to it; its folder is the caller's. */
  deleteDataset(id: string): void {
    const number = this.datasetNumber(id);
    this.transaction(() => {
      this.#run('DELETE FROM cells WHERE column IN (SELECT number FROM columns WHERE dataset = ?)', number);
      for (const table of ['columns', 'labels', 'items', 'containers', 'failures'])
        this.#run(`DELETE FROM ${table} WHERE dataset = ?`, number);
      this.#run('DELETE FROM datasets WHERE number = ?', number);
    });
  }

  insertItem(datasetNumber: number, item: StoredItem): void {
    const { id, path, label, split, width, height, bytes, sha256, modified, gone } = item;
    this.#run(
      'INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[datasetNumber, id, path, label, split, width, height, bytes, sha256, modified, gone ? 1 : 0],
    );
  }

  /** Takes over what may change without new pixels: label, split, modification time, whether it is there. */
  updateItem(datasetNumber: number, { id, label, split, modified, gone }: StoredItem): void {
    this.#run(
      'UPDATE items SET label = ?, split = ?, modified = ?, gone = ? WHERE dataset = ? AND id = ?',
      ...[label, split, modified, gone ? 1 : 0, datasetNumber, id],
    );
  }

  /** The items that are there, in id order. */
  items(datasetId: string): Item[] {
    const statement = this.#statement(`${labelledItems} ORDER BY items.id`);
    // A million rows as objects of the database take 12 s; as arrays, made into objects of one shape, 2 s.
    statement.setReturnArrays(true);
    const rows = statement.iterate(this.datasetNumber(datasetId)) as Iterable<unknown> as Iterable<ItemRow>;
    return Array.from(rows, ([id, path, label, split, width, height, bytes, sha256]): Item => {
      return { id, path, label, split, width, height, bytes, sha256 };
    });
  }

  /**
   * Id, path, label, split and size of the items that are there, in id order, each as one text in UTF-8: SQLite joins
   * them itself, as a million rows would take seconds to cross one by one. Paths and labels (empty for none) are
   * separated by a zero byte, which neither can have; splits are digits, 0 train, 1 validation, 2 test.
   */
  itemColumns(datasetId: string): ItemColumns {
    const sql = `SELECT ${columnTexts} FROM (${labelledItems} ORDER BY items.id)`;
    return this.#all(sql, this.datasetNumber(datasetId))[0] as unknown as ItemColumns;
  }

  /** Undefined where there is none with this id. */
  findItem(datasetId: string, id: number): Item | undefined {
    return this.#item(this.datasetNumber(datasetId), id);
  }

  /**
   * Gives images a label, in place of that of their source, or takes it away. Ids that are no image are left out. Gives
   * what the images had before, by label: given back, it undoes this.
   */
  labelItems(datasetId: string, groups: readonly LabelledImages[]): LabelledImages[] {
    const number = this.datasetNumber(datasetId);
    const before = new Map<string | null, number[]>();
    this.transaction(() => {
      for (const { label, ids } of groups) {
        for (const id of ids) {
          const item = this.#item(number, id);
          if (item === undefined || item.label === label) continue;
          if (!before.get(item.label)?.push(id)) before.set(item.label, [id]);
          this.#run('INSERT OR REPLACE INTO labels VALUES (?, ?, ?)', number, id, label);
        }
      }
      // What the source says anyway is said by nobody else.
      this.#run(
        `DELETE FROM labels WHERE dataset = ? AND EXISTS (SELECT * FROM items
         WHERE items.dataset = labels.dataset AND items.id = labels.id AND items.label IS labels.label)`,
        number,
      );
    });
    return Array.from(before, ([label, ids]) => ({ label, ids: Int32Array.from(ids) }));
  }

  /** In the order in which they came. */
  columns(datasetId: string): ColumnInfo[] {
    const sql = 'SELECT name, kind FROM columns WHERE dataset = ? AND aside = 0 ORDER BY number';
    return this.#all(sql, this.datasetNumber(datasetId)) as unknown as ColumnInfo[];
  }

  /** With the values of the images that are there; `not-found` where there is no column of this name. */
  column(datasetId: string, name: string): ImportedColumn {
    const { number, kind } = this.#column(datasetId, name, false);
    const sql = `SELECT cells.id, value FROM cells JOIN items ON items.dataset = ? AND items.id = cells.id AND gone = 0
                 WHERE column = ? ORDER BY cells.id`;
    const rows = this.#all(sql, this.datasetNumber(datasetId), number!);
    return { name, kind, values: new Map(rows.map(({ id, value }) => [id, value])) } as unknown as ImportedColumn;
  }

  /** What all of them say of one image. */
  imageCells(datasetId: string, id: number): ImageCell[] {
    const sql = `SELECT name, value FROM columns LEFT JOIN cells ON cells.column = columns.number AND cells.id = ?
                 WHERE dataset = ? AND aside = 0 ORDER BY number`;
    return this.#all(sql, id, this.datasetNumber(datasetId)) as unknown as ImageCell[];
  }

  /** In place of one of that name. */
  putColumn(datasetId: string, { name, kind, values }: ImportedColumn): void {
    const dataset = this.datasetNumber(datasetId);
    this.#deleteColumns('dataset = ? AND name = ?', dataset, name);
    this.#run('INSERT INTO columns (dataset, name, kind) VALUES (?, ?, ?)', dataset, name, kind);
    const { number } = this.#column(datasetId, name, false);
    for (const [id, value] of values) this.#run('INSERT INTO cells VALUES (?, ?, ?)', number!, id, value);
  }

  /** Puts a column aside, or back; `not-found` where there is none of this name. */
  setColumnAside(datasetId: string, name: string, aside: boolean): void {
    const { number } = this.#column(datasetId, name, !aside);
    this.#run('UPDATE columns SET aside = ? WHERE number = ?', aside ? 1 : 0, number!);
  }

  deleteColumnsAside(): void {
    this.transaction(() => this.#deleteColumns('aside = 1'));
  }

  #deleteColumns(where: string, ...values: SQLInputValue[]): void {
    this.#run(`DELETE FROM cells WHERE column IN (SELECT number FROM columns WHERE ${where})`, ...values);
    this.#run(`DELETE FROM columns WHERE ${where}`, ...values);
  }

  #column(datasetId: string, name: string, aside: boolean): Row {
    const sql = 'SELECT number, kind FROM columns WHERE dataset = ? AND name = ? AND aside = ?';
    const [found] = this.#all(sql, this.datasetNumber(datasetId), name, aside ? 1 : 0);
    if (found) return found;
    throw noSuchColumn(name);
  }

  /** Every item there ever was, in id order, with the label of its source. */
  storedItems(datasetId: string): StoredItem[] {
    const sql = `SELECT id, path, label, ${otherFields}, modified, gone FROM items WHERE dataset = ? ORDER BY id`;
    const rows = this.#all(sql, this.datasetNumber(datasetId));
    for (const row of rows) row.gone = (row.gone !== 0) as never;
    return rows as unknown as StoredItem[];
  }

  /** Rows of `pixels.npy` that are taken, by items that are there and by ones that are gone. */
  takenIds(datasetId: string): number {
    const sql = 'SELECT coalesce(max(id) + 1, 0) AS taken FROM items WHERE dataset = ?';
    return this.#all(sql, this.datasetNumber(datasetId))[0]!.taken as number;
  }

  containers(datasetId: string): Container[] {
    const sql = 'SELECT file, bytes, modified, prefix, labels FROM containers WHERE dataset = ?';
    const rows = this.#all(sql, this.datasetNumber(datasetId));
    return rows.map((row) => ({ ...row, labels: row.labels !== 0 }) as unknown as Container);
  }

  replaceContainers(datasetNumber: number, containers: readonly Container[]): void {
    this.#run('DELETE FROM containers WHERE dataset = ?', datasetNumber);
    for (const { file, bytes, modified, prefix, labels } of containers) {
      const values = [datasetNumber, file, bytes, modified, prefix, labels ? 1 : 0];
      this.#run('INSERT INTO containers VALUES (?, ?, ?, ?, ?, ?)', ...values);
    }
  }

  failures(datasetId: string): ImportFailure[] {
    const sql = 'SELECT path, code, reason FROM failures WHERE dataset = ? ORDER BY rowid';
    return this.#all(sql, this.datasetNumber(datasetId)) as unknown as ImportFailure[];
  }

  replaceFailures(datasetNumber: number, failures: readonly ImportFailure[]): void {
    this.#run('DELETE FROM failures WHERE dataset = ?', datasetNumber);
    for (const { path, code, reason } of failures) {
      this.#run('INSERT INTO failures VALUES (?, ?, ?, ?)', datasetNumber, path, code, reason);
    }
  }

  /** The key that items and failures refer to; only the import needs it. */
  datasetNumber(datasetId: string): number {
    const row = this.#all('SELECT number FROM datasets WHERE id = ?', datasetId)[0];
    if (row === undefined) throw this.#notFound('data set', datasetId, 'pinhole info lists what this workspace holds.');
    return row.number as number;
  }

  /** Oldest first. */
  listRuns(): RunRecord[] {
    return this.#all('SELECT * FROM runs WHERE deleted = 0 ORDER BY created, id').map((row) => this.#toRun(row));
  }

  /** Whether a run has this id, even one that was put aside. */
  hasRun(id: string): boolean {
    return this.#all('SELECT id FROM runs WHERE id = ?', id).length > 0;
  }

  /** Undefined where there is none with this id; one that was put aside counts as none. */
  findRun(id: string): RunRecord | undefined {
    const row = this.#all('SELECT * FROM runs WHERE id = ? AND deleted = 0', id)[0];
    return row && this.#toRun(row);
  }

  getRun(id: string): RunRecord {
    const run = this.findRun(id);
    if (run === undefined) throw this.#notFound('run', id, 'pinhole info lists the runs of this workspace.');
    return run;
  }

  insertRun(run: RunRecord): void {
    this.#run(
      `INSERT INTO runs (id, dataset, preset, state, code_size, epochs, device, folder, created, settings, report)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[run.id, run.datasetId, run.preset, run.state, run.codeSize, run.epochs, run.device, run.folder, run.created],
      ...[JSON.stringify(run.settings), run.report && JSON.stringify(run.report)],
    );
  }

  /** Changes the named fields of a run; `not-found` if there is no such run. */
  updateRun(id: string, changes: Partial<Omit<RunRecord, 'id'>>): void {
    const run = { ...this.getRun(id), ...changes };
    this.#run(
      `UPDATE runs SET dataset = ?, preset = ?, state = ?, code_size = ?, epochs = ?, device = ?, folder = ?,
       created = ?, settings = ?, report = ? WHERE id = ?`,
      ...[run.datasetId, run.preset, run.state, run.codeSize, run.epochs, run.device, run.folder, run.created],
      ...[JSON.stringify(run.settings), run.report && JSON.stringify(run.report), id],
    );
  }

  /** Its folder is in this workspace: what was written down is where the workspace lay when the run began. */
  #toRun(row: Row): RunRecord {
    return {
      id: row.id as string,
      datasetId: row.dataset as string,
      preset: row.preset as string,
      state: row.state as Run['state'],
      codeSize: row.code_size as number,
      epochs: row.epochs as number,
      device: row.device as string,
      folder: join(this.#workspaceFolder, 'runs', basename(row.folder as string)),
      created: row.created as string,
      settings: JSON.parse(row.settings as string),
      report: row.report === null ? null : (JSON.parse(row.report as string) as Report),
    };
  }

  #item(datasetNumber: number, id: number): Item | undefined {
    return this.#all(`${labelledItems} AND items.id = ?`, datasetNumber, id)[0] as unknown as Item | undefined;
  }

  #dataset(row: Row): Dataset {
    const preprocessing = JSON.parse(row.preprocessing as string) as Preprocessing;
    const { width, height, channels } = preprocessing;
    return {
      id: row.id as string,
      name: row.name as string,
      sources: JSON.parse(row.sources as string) as string[],
      state: row.state as Dataset['state'],
      count: this.#count('SELECT count(*) AS count FROM items WHERE dataset = ? AND gone = 0', row),
      skipped: this.#count('SELECT count(*) AS count FROM failures WHERE dataset = ?', row),
      ...{ height, width, channels },
      hash: row.hash as string,
      preprocessing,
      created: row.created as string,
    };
  }

  /** Counting a million rows takes a tenth of a second, and screens ask with every picture: counted again after a change only. */
  #count(sql: string, { number }: Row): number {
    const { version } = this.#all('SELECT data_version AS version FROM pragma_data_version')[0]!;
    const { changes } = this.#all('SELECT total_changes() AS changes')[0]!;
    const state = `${version} ${changes}`;
    if (state !== this.#counted.state) this.#counted = { state, counts: new Map() };
    const key = `${number} ${sql}`;
    const count = this.#counted.counts.get(key) ?? (this.#all(sql, number!)[0]!.count as number);
    this.#counted.counts.set(key, count);
    return count;
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#statement(sql).run(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #notFound(what: string, id: string, advice: string): PinholeError {
    return new PinholeError('not-found', `Expected a ${what} of this workspace, received “${id}”.`, advice);
  }
}

const otherFields = 'split, width, height, bytes, sha256';

/** The items of a data set that are there, with the labels that a person gave in front of those of their sources. */
const labelledItems = `
  SELECT items.id, path, CASE WHEN labels.id IS NULL THEN items.label ELSE labels.label END AS label, ${otherFields}
  FROM items LEFT JOIN labels ON labels.dataset = items.dataset AND labels.id = items.id
  WHERE items.dataset = ? AND gone = 0`;

/** A text with a zero byte in it is whole only as a blob. group_concat keeps the order of the rows below it. */
const columnTexts = [
  'group_concat(id) AS BLOB) AS ids',
  'group_concat(path, char(0)) AS BLOB) AS paths',
  "group_concat(ifnull(label, ''), char(0)) AS BLOB) AS labels",
  "group_concat(CASE split WHEN 'train' THEN 0 WHEN 'validation' THEN 1 ELSE 2 END, '') AS BLOB) AS splits",
  'group_concat(width) AS BLOB) AS widths',
  'group_concat(height) AS BLOB) AS heights',
]
  .map((text) => `CAST(${text}`)
  .join(', ');

/** Null where there are no items. */
export type ItemColumns = Record<'ids' | 'paths' | 'labels' | 'splits' | 'widths' | 'heights', Uint8Array | null>;

type Row = Record<string, SQLInputValue>;
/** Of `labelledItems`. */
type ItemRow = [
  id: number,
  path: string,
  label: string | null,
  split: Item['split'],
  width: number,
  height: number,
  bytes: number,
  sha256: string,
];

function openDatabase(file: string, readOnly: boolean): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 5000, readOnly });
    if (readOnly) return database;
    // WAL: readers never wait, and a killed process loses nothing committed. NORMAL: a power cut may lose the last
    // commits but never damages the file.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    return database;
  } catch (cause) {
    database?.close();
    throw catalogueError(file, cause);
  }
}

function migrate(database: DatabaseSync, file: string, readOnly: boolean): void {
  const version = database.prepare('PRAGMA user_version').get()!.user_version as number;
  if (version > migrations.length) {
    const message = `Expected a catalogue of version ${migrations.length} or older for ${file}, received version ${version}.`;
    throw new PinholeError('usage', message, 'A newer Pinhole wrote this workspace: open it with that one.');
  }
  if (readOnly && version < migrations.length) {
    const message = `Expected a catalogue of version ${migrations.length} for ${file}, received version ${version}.`;
    throw new PinholeError('usage', message, 'An older Pinhole has this workspace open: end that one first.');
  }
  for (let next = version; next < migrations.length; next++) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[next]}; PRAGMA user_version = ${next + 1}; COMMIT`);
  }
}

/** SQLite's full-disk error (code 13) as `disk-full`, a file that is no database as `file-damaged`. */
export function catalogueError(file: string, cause: unknown): PinholeError {
  const { errcode } = cause as { errcode?: number };
  if (errcode === 13) {
    const advice = 'Free some space and run the same again; what was written is kept.';
    return new PinholeError('disk-full', `The disk is full: could not write ${file}`, advice, { cause });
  }
  if (errcode === 26 || errcode === 11) {
    const advice = 'Another program damaged it: restore it from a backup, or move it away and import again.';
    return new PinholeError(
      'file-damaged',
      `Expected a SQLite database for ${file}, received a damaged file.`,
      advice,
      {
        cause,
      },
    );
  }
  return PinholeError.from(cause);
}
