// What a person chose to export, as plain values: remembered, restored, made into a request. Knows no screen.
import type { ExportFormat } from '../../../src-main/contract/api.ts';
import {
  type ExportColumn,
  exportColumns,
  exportFormats,
  isMapColor,
  type MapColor,
  type MapMethod,
  mapMethods,
} from '../../../src-main/contract/tasks.ts';
import type { Preferences } from '../../../src-main/contract/views.ts';

export interface Choices {
  formats: readonly ExportFormat[];
  columns: readonly ExportColumn[];
  /** Names of imported columns that are not wanted. */
  leaveOut: readonly string[];
  map: MapMethod;
  /** What the colours of the drawn map tell; null for labels where there are several, else errors. */
  color: MapColor | null;
  /** CSV begins with a byte-order mark. */
  bom: boolean;
  /** Null for the folder that each run has in the workspace. */
  out: string | null;
}

/** All that a run has by itself, as a selection that is saved from the map has; groups must be looked for first. */
export const usualColumns: readonly ExportColumn[] = exportColumns.filter((column) => column !== 'cluster');

export const firstChoices: Choices = {
  formats: ['csv', 'contact-sheet'],
  columns: usualColumns,
  leaveOut: [],
  map: 'pca',
  color: null,
  bom: true,
  out: null,
};

/** From the preferences; what another version wrote otherwise is left out. */
export function restoreChoices(last: Preferences['lastExport']): Choices {
  if (last === null) return firstChoices;
  const formats = exportFormats.filter((format) => last.formats.includes(format));
  return {
    formats: formats.length > 0 ? formats : firstChoices.formats,
    columns: exportColumns.filter((column) => last.columns.includes(column)),
    leaveOut: last.leaveOut ?? [],
    map: mapMethods.find((method) => method === last.map) ?? 'pca',
    color: isMapColor(last.color) ? last.color : null,
    bom: last.bom ?? true,
    out: last.out || null,
  };
}

export function rememberChoices({
  formats,
  columns,
  leaveOut,
  out,
  ...others
}: Choices): NonNullable<Preferences['lastExport']> {
  return { ...others, formats: [...formats], columns: [...columns], leaveOut: [...leaveOut], out: out?.trim() ?? '' };
}

/** With the member or without it, always in the order of all. */
export function toggled<T>(all: readonly T[], chosen: readonly T[], member: T, on: boolean): T[] {
  return all.filter((one) => (one === member ? on : chosen.includes(one)));
}

/** Tables with chosen columns. */
export function hasColumns(formats: readonly ExportFormat[]): boolean {
  return formats.includes('csv') || formats.includes('parquet');
}

/** Pictures of the map, and the report, which shows one. */
export function drawsMap(formats: readonly ExportFormat[]): boolean {
  return formats.includes('map-svg') || formats.includes('map-png') || formats.includes('html');
}

/** A map is drawn, or its places are columns of a table. */
export function needsMap({ formats, columns }: Pick<Choices, 'formats' | 'columns'>): boolean {
  return drawsMap(formats) || (hasColumns(formats) && columns.includes('map'));
}

/** Groups are colours of what is drawn, or a column of a table. */
export function needsGroups({ formats, columns, color }: Pick<Choices, 'formats' | 'columns' | 'color'>): boolean {
  return (drawsMap(formats) && color === 'cluster') || (hasColumns(formats) && columns.includes('cluster'));
}

/** Formats of chosen images; the others are of the run as a whole. */
export function hasRows(formats: readonly ExportFormat[]): boolean {
  return hasColumns(formats) || formats.includes('npy') || drawsMap(formats);
}

/** A run's folder is `WORKSPACE/runs/ID`; its exports go to `WORKSPACE/exports/ID`, where every window may write. */
export function usualFolder(runFolder: string): string {
  const separator = runFolder.includes('\\') ? '\\' : '/';
  const parts = runFolder.split(separator);
  return [...parts.slice(0, -2), 'exports', parts.at(-1)].join(separator);
}

/** Of the formats that are chosen; pictures, which are small, are not counted. */
export function estimatedBytes(formats: readonly ExportFormat[], bytes: Record<string, number>): number {
  return sumOf(formats.map((format) => bytes[format] ?? 0));
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Browsers take no folders: what lies in one has its name in front. */
export function downloadName(name: string): string {
  return name.replaceAll(/[\\/]/g, '-');
}

/** A file's path below the folder that was written to; the whole path where it lies elsewhere. */
export function nameIn(folder: string, file: string): string {
  const start = folder.replace(/[\\/]+$/, '');
  return file.startsWith(start) && /[\\/]/.test(file.charAt(start.length)) ? file.slice(start.length + 1) : file;
}
