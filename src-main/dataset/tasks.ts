// What the import and its decoding threads tell each other. Plain data that survives structured cloning.
import type { ImportFailure, Preprocessing } from '../contract/records.ts';
import type { Format } from './recognise.ts';

/** Where the bytes of an image lie. */
export interface Place {
  file: string;
  /** Byte range; `length` −1: to the end of the file. */
  offset: number;
  length: number;
  /** For a deflated ZIP member, its size when unpacked; null where the bytes lie there as they are. */
  inflated: number | null;
  /** CRC-32 of the unpacked bytes where an archive states it. */
  checksum: number | null;
}

/** How raw samples of an array (IDX, .npy) are to be read. */
export interface ArrayLayout {
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
  /** `bool` is 0 and 1 in a byte each. */
  type: 'bool' | 'uint8' | 'int8' | 'uint16' | 'int16' | 'int32' | 'float32' | 'float64' | 'int64';
  bigEndian: boolean;
}

/** One image, as a decoding thread knows it. */
export interface Subject {
  /** As in `Item.path`. */
  path: string;
  place: Place;
  /** Null for an encoded image. */
  array: ArrayLayout | null;
  /** Of a TIFF file, from 0. */
  page: number;
}

/** One image that may become an item. */
export interface Candidate extends Subject {
  label: string | null;
  /** From a held-out source. */
  test: boolean;
}

/** Images of a task, column by column: cloning many small objects from thread to thread costs more than decoding them. */
export interface Subjects {
  paths: string[];
  /** A whole file is just its name. */
  places: (string | Place)[];
  /** Null where all are encoded images. */
  arrays: (ArrayLayout | null)[] | null;
  /** Null where all are first pages. */
  pages: number[] | null;
}

/** What is known of an item from an earlier import. */
export interface KnownFile {
  bytes: number;
  modified: number;
  sha256: string;
}

export interface SurveyTask {
  kind: 'survey';
  subjects: Subjects;
  /** Null where nothing is known of any. */
  known: (KnownFile | null)[] | null;
  pixelLimit: number;
  /** Of images that are decoded at once. */
  background: string;
  /** Count the stored values of images with more than eight bits, for the percentile range. */
  countValues: boolean;
  /** Bytes that may be kept for decoding, so that small files are read once. */
  keepBytes: number;
}

/** What is learned of a new image before its pixels are stored. */
export interface NewSurvey {
  state: 'new';
  format: Format | 'array';
  /** As a person sees it. */
  width: number;
  height: number;
  /** Colour by its type; its pixels may still all be grey. */
  color: boolean;
  deep: boolean;
  pages: number;
  bytes: number;
  modified: number;
  /** A small image is decoded at once: what was kept are its pixels, at its own size, without alpha. */
  early: { channels: 1 | 3; sha256: string } | null;
}

export type Survey =
  | NewSurvey
  /** The file is as it was, or at least its content is. */
  | { state: 'same'; modified: number }
  | { state: 'failed'; failure: ImportFailure; format: Format | null };

/** Surveys column by column. */
export interface Surveys {
  /** The fields of `NewSurvey` that are numbers, side by side. */
  numbers: Float64Array;
  /** Hashes of those that were decoded at once, one after another. */
  hashes: string;
  /** Those that are not new, with their position. */
  others: [index: number, survey: Survey][];
}

/** Histogram of stored values: exact for 16-bit integers, in 2^20 steps of equal relative size for others. */
export interface ValueCounts {
  integers: Uint32Array | null;
  floats: Uint32Array | null;
  /** The smallest and the largest one; infinite if none were counted. */
  low: number;
  high: number;
}

export interface SurveyResult {
  kind: 'survey';
  surveys: Surveys;
  /** Contents of images, one after another, and where each lies; length −1: not kept. */
  kept: Uint8Array<ArrayBuffer>;
  offsets: Int32Array;
  lengths: Int32Array;
  values: ValueCounts;
}

export interface GreyTask {
  kind: 'grey';
  subjects: Subjects;
  pixelLimit: number;
}

export interface GreyResult {
  kind: 'grey';
  /** True if an image with colour in it was found. */
  color: boolean;
}

export interface DecodeTask {
  kind: 'decode';
  subjects: Subjects;
  preprocessing: Preprocessing;
  pixelLimit: number;
  kept: Uint8Array<ArrayBuffer>;
  offsets: Int32Array;
  lengths: Int32Array;
  /** Time of change of each candidate that was kept. */
  modified: Float64Array;
}

export type Decoded =
  | { state: 'decoded'; width: number; height: number; bytes: number; modified: number; sha256: string }
  | { state: 'failed'; failure: ImportFailure };

export interface DecodeResult {
  kind: 'decode';
  decoded: Decoded[];
  /** The rows of those that were decoded, in order. */
  rows: Uint8Array<ArrayBuffer>;
}

export type Task = SurveyTask | GreyTask | DecodeTask;
export type ResultOf<T extends Task> = T extends SurveyTask
  ? SurveyResult
  : T extends GreyTask
    ? GreyResult
    : DecodeResult;
export type Result = SurveyResult | GreyResult | DecodeResult;
