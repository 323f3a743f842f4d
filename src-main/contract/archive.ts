// What can be asked of archives and what is answered: compress, decompress, inspect, verify. Plain data only.
import type { ImageBlock, ItemTable } from './views.ts';

/**
 * How much may be lost: decibels over all images together, bytes of the whole archive, or a quality of 0–100, which is 100 where
 * rounding of codes costs 0.05 dB of what the model can do, and each point less 0.05 dB more.
 */
export type CompressGoal =
  | { kind: 'quality'; quality: number }
  | { kind: 'psnr'; psnr: number }
  | { kind: 'bytes'; bytes: number };

export interface CompressSettings {
  /** Absolute path of the archive. */
  file: string;
  goal: CompressGoal;
  /** In dB, kept by every single image; null for none. */
  maxError: number | null;
  /** Also the files themselves, as far as they are files of their own. */
  keepOriginals: boolean;
  /** Also measure what other formats take for the same pixels, which takes about a minute. */
  compare: boolean;
}

/** Bytes of a decoder that has to come along are not in those of an image. */
export interface RivalPoint {
  bytesPerImage: number;
  decoderBytes: number;
  /** Pooled, at the model's size; null where nothing is lost. */
  psnr: number | null;
}

/** Another way to keep the same pixels. `reduced` is a mosaic at half the width and height. Points are from few bytes to many. */
export interface Rival {
  name: 'png' | 'webp' | 'jpeg' | 'avif' | 'pca';
  layout: 'files' | 'mosaic' | 'reduced' | 'codes';
  points: RivalPoint[];
}

/** A rival at the error of the archive. */
export interface Compared extends Rival {
  /** Null where it is never so good. */
  at: RivalPoint | null;
  /** From so many images on, the archive's codes and decoder are smaller; null for never, 1 where the rival is never so good. */
  smallerFrom: number | null;
}

/** Of what comes back, beside the images at the model's size. `Low` is the 5th percentile, `Worst` the worst image. */
export interface ArchiveQuality {
  /** In dB, pooled; null where nothing is lost. */
  psnr: number | null;
  psnrLow: number | null;
  psnrWorst: number | null;
  /** Mean, −1 to 1. */
  ssim: number;
  ssimLow: number;
  ssimWorst: number;
}

/** Bytes of members are as they lie in the archive; quality is decoded from the file. */
export interface CompressResult extends ArchiveQuality {
  file: string;
  images: number;
  bytes: number;
  decoderBytes: number;
  decoderNumbers: 'float16' | 'int8';
  codeBytes: number;
  residualBytes: number;
  indexBytes: number;
  /** All of it, the decoder too. */
  bytesPerImage: number;
  withResidual: number;
  storedWhole: number;
  /** Files that were no readable image; the archive lists them. */
  unread: number;
  size: { height: number; width: number; channels: 1 | 3 };
  /** Points that were tried on a sample, from fine to coarse: codes alone. */
  curve: { bytesPerImage: number; psnr: number }[];
  /** Null where it was not asked for. */
  rivals: Compared[] | null;
  seconds: number;
}

/** What an archive would take and lose at one quality. */
export interface CurvePoint {
  quality: number;
  decoderBytes: number;
  decoderNumbers: 'float16' | 'int8';
  /** Of the codes of all images. */
  codeBytes: number;
  /** Of what else the archive holds, as long as no image needs more: names, dates, thumbnails, texts. */
  besideBytes: number;
  /** In dB, pooled over the sample, as are all figures of errors here. */
  psnr: number;
  /** Of each image of the sample, from the worst on; Infinity where nothing is lost. */
  psnrs: Float32Array;
  /** Ids of the worst images, and what comes back of them: uint8 N×H×W×C. */
  worst: Int32Array;
  worstImages: Uint8Array;
  /** What each of the rivals takes at this error, and from how many images on it takes more; see `Compared`. */
  compared: Pick<Compared, 'at' | 'smallerFrom'>[];
}

/** Points are from the best quality to the worst; a model whose codes are whole numbers has only one. */
export interface CompressionCurve {
  runId: string;
  /** ISO 8601. */
  measured: string;
  images: number;
  /** So many of them tell the errors. */
  sampled: number;
  size: { height: number; width: number; channels: 1 | 3 };
  points: CurvePoint[];
  /** Empty where it was not asked for. */
  rivals: Rival[];
  seconds: number;
}

/** Of an archive's images, as columns; row n of every column is one image. */
export type ArchiveTable = Pick<ItemTable, 'paths' | 'offsets' | 'labels' | 'label' | 'width' | 'height'> & {
  /** In dB, of what comes back; Infinity where nothing is lost. */
  psnr: Float32Array;
  /** 0 as a code, 1 with a residual, 2 whole. */
  kept: Uint8Array;
};

/** An archive that was opened for looking in. */
export interface ArchiveView {
  description: ArchiveDescription;
  /** Null where the index is damaged. */
  table: ArchiveTable | null;
  /** The data set of the run that it was made by, where that is in this workspace. */
  datasetId: string | null;
}

/** Ids are rows of the archive. */
export interface ArchiveImages extends ImageBlock {
  /** 1 for each image that cannot be had; its pixels are 0. */
  lost: Uint8Array;
}

export interface AppendSettings {
  /** Absolute path of an archive that is there. */
  file: string;
  keepOriginals: boolean;
}

export interface AppendResult {
  file: string;
  /** In the archive now; of them, those that came to it, and those that it had already. */
  images: number;
  appended: number;
  known: number;
  bytes: number;
  /** Of those that came to it; null where none did. */
  quality: ArchiveQuality | null;
  seconds: number;
}

export const restoredFormats = ['png', 'webp', 'jpeg'] as const;
export type RestoredFormat = (typeof restoredFormats)[number];

export interface DecompressResult {
  folder: string;
  /** Files that were written. */
  files: number;
  /** Of them, as they were kept whole. */
  whole: number;
  /** Images that could not be had. */
  lost: number;
  /** Files whose name a system reserves or that would collide. */
  renamed: { path: string; file: string }[];
  /** What is damaged, in words. */
  problems: string[];
  seconds: number;
}

export interface ArchivedImage {
  /** Below the folder that it came from. */
  path: string;
  label: string | null;
  /** Of the original, in pixels. */
  width: number;
  height: number;
  /** Of what comes back, in dB, rounded down to a tenth; null where nothing is lost. */
  psnr: number | null;
  kept: 'code' | 'residual' | 'whole';
}

export interface ArchiveDescription {
  file: string;
  bytes: number;
  /** Null where the manifest is damaged. */
  name: string | null;
  created: string | null;
  pinhole: string | null;
  model: { run: string; preset: string; codeSize: number } | null;
  images: number;
  size: { height: number; width: number; channels: number } | null;
  psnr: number | null;
  psnrWorst: number | null;
  maxError: number | null;
  withResidual: number;
  storedWhole: number;
  unread: { path: string; reason: string }[];
  members: { name: string; bytes: number }[];
  /** From the worst to the best; null where it was not asked for, or the index is damaged. */
  list: ArchivedImage[] | null;
  problems: string[];
}

export interface VerifyResult {
  file: string;
  images: number;
  /** With images of a folder; 0 where none was named. */
  compared: number;
  /** Null where nothing was compared. */
  quality: ArchiveQuality | null;
  /** Images of the archive that the folder does not have. */
  absent: number;
  wrong: { path: string; reason: string }[];
  problems: string[];
  seconds: number;
}
