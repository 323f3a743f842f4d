// What cannot be imported: each with its exact message, and never at the cost of the rest.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { npyHeader } from '../../src-main/files/npy.ts';
import { asOrdinaryUser, need } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { handmadeZip } from './support/archives.ts';
import { flatPng, handmadeIdx, handmadePng, pngChunk, scene } from './support/images.ts';
import { folderWith, openWorkspace } from './support/workspace.ts';

const good = flatPng(9);

/** Imports the files beside a good one and returns `code: reason` of each failure. */
async function failuresOf(files: Record<string, Uint8Array | string>, options: { pixelLimit?: number } = {}) {
  const workspace = openWorkspace();
  const result = await workspace.import({ sources: [folderWith({ ...files, 'good.png': good })], ...options });
  expect(result.dataset.count).toBe(1);
  expect(result.dataset.skipped).toBe(result.failures.length);
  return Object.fromEntries(result.failures.map(({ path, code, reason }) => [path, `${code}: ${reason}`]));
}

test('images that are none, or damaged', async () => {
  const jpeg = await scene(200, 200).jpeg().toBuffer();
  const png = Buffer.from(await scene(40, 40).png().toBuffer());
  const scrambled = Buffer.from(png);
  scrambled.fill(0xaa, scrambled.indexOf('IDAT') + 10, scrambled.indexOf('IDAT') + 40);
  const failures = await failuresOf({
    'zero.png': '',
    'text.png': 'This is a note, not an image.\n',
    'notes.txt': 'Just notes.',
    'page.jpg': '<!doctype html><html></html>',
    'archive.png': handmadeZip({ name: 'a.png', data: good }),
    'noise.jpeg': Buffer.from([1, 2, 3, 4, 5, 0, 0, 9]),
    'cut.jpg': jpeg.subarray(0, jpeg.length >> 1),
    'cut-early.jpg': jpeg.subarray(0, 100),
    'cut.png': png.subarray(0, png.length - 30),
    'scrambled.png': scrambled,
    'huge-claim.png': handmadePng({ width: 9, height: 9, depth: 8, colorType: 0, rows: Buffer.alloc(9) }),
    'no-size.png': handmadePng({ width: 0, height: 9, depth: 8, colorType: 0, rows: Buffer.alloc(0) }),
    'odd-depth.png': handmadePng({ width: 1, height: 1, depth: 3, colorType: 0, rows: Buffer.of(1) }),
    'cut.tif': Buffer.from([0x49, 0x49, 42, 0, 255, 255, 255, 127]),
    'cut.bmp': Buffer.concat([Buffer.from('BM'), Buffer.alloc(12), Buffer.of(40, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0)]),
  });
  expect(failures).toEqual({
    'zero.png': 'image-unreadable: The file is empty (0 bytes).',
    'text.png': 'image-unreadable: Expected an image for “text.png”, received a text file.',
    'notes.txt': 'format-unsupported: Expected an image for “notes.txt”, received a text file.',
    'page.jpg': 'image-unreadable: Expected an image for “page.jpg”, received a text file.',
    'archive.png': 'image-unreadable: Expected an image for “archive.png”, received a ZIP archive.',
    'noise.jpeg': 'image-unreadable: Expected an image for “noise.jpeg”, received data of an unknown kind.',
    'cut.jpg': 'image-unreadable: Expected a JPEG image, received damaged data: premature end of JPEG image.',
    'cut-early.jpg': 'image-unreadable: Expected a frame header for the JPEG, received none: the file ends early.',
    'cut.png': expect.stringMatching(
      /^image-unreadable: Expected at least \d+ bytes for the PNG, received \d+: the file ends early\.$/,
    ),
    'scrambled.png': expect.stringMatching(/^image-unreadable: The PNG data is damaged: .+\.$/),
    'huge-claim.png': 'image-unreadable: Expected 90 bytes of image data for the PNG, received 18.',
    'no-size.png': 'image-unreadable: Expected a size above zero for the PNG, received 0 × 9 pixels.',
    'odd-depth.png':
      'image-unreadable: Expected a colour type and depth of the PNG standard for the PNG, received type 0 with 3 bits.',
    'cut.tif': expect.stringMatching(/^image-unreadable: Expected a TIFF image, received damaged data: .+\.$/),
    'cut.bmp': expect.stringMatching(/^image-unreadable: The BMP data is damaged: .+\.$/),
  });
});

test('formats that are not decoded, with advice', async () => {
  const heic = Buffer.concat([Buffer.of(0, 0, 0, 24), Buffer.from('ftypheic'), Buffer.alloc(12)]);
  const advice = 'Export it as JPEG, PNG or TIFF and import that.';
  const failures = await failuresOf({
    'a.heic': heic,
    'b.NEF': Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8]),
    'c.psd': '8BPS....',
    'd.jxl': Buffer.of(0xff, 0x0a, 1, 2),
    'e.pdf': '%PDF-1.7',
    'f.mp4': Buffer.concat([Buffer.of(0, 0, 0, 24), Buffer.from('ftypisom')]),
  });
  expect(failures).toEqual({
    'a.heic': `format-unsupported: HEIC is not decoded for patent reasons. ${advice}`,
    'b.NEF': `format-unsupported: Camera RAW is not decoded. ${advice}`,
    'c.psd': `format-unsupported: Photoshop files are not decoded. ${advice}`,
    'd.jxl': `format-unsupported: JPEG XL is not decoded. ${advice}`,
    'e.pdf': 'format-unsupported: Expected an image for “e.pdf”, received a PDF document.',
    'f.mp4': 'format-unsupported: Expected an image for “f.mp4”, received a video.',
  });
});

test('decompression bombs are refused by their header, and the limit can be raised', async () => {
  // 30,000 × 30,000 grey pixels; the rows are never there, so decoding would fail otherwise.
  const bomb = handmadePng({ width: 30_000, height: 30_000, depth: 8, colorType: 0, rows: Buffer.alloc(0) });
  const small = await scene(100, 100).jpeg().toBuffer();
  const files = { 'bomb.png': bomb, 'small.jpg': small, 'small.webp': await scene(100, 100).webp().toBuffer() };
  expect(await failuresOf(files, { pixelLimit: 9999 })).toEqual({
    'bomb.png':
      'image-too-large: Expected at most 9,999 pixels for an image, received 30,000 × 30,000 = 900,000,000. Raise the pixel limit to import it.',
    'small.jpg':
      'image-too-large: Expected at most 9,999 pixels for an image, received 100 × 100 = 10,000. Raise the pixel limit to import it.',
    'small.webp':
      'image-too-large: Expected at most 9,999 pixels for an image, received 100 × 100 = 10,000. Raise the pixel limit to import it.',
  });
  const workspace = openWorkspace();
  const folder = folderWith(files);
  const { failures } = await workspace.import({ sources: [folder] });
  expect(failures).toEqual([
    {
      path: 'bomb.png',
      code: 'image-too-large',
      reason:
        'Expected at most 268,402,689 pixels for an image, received 30,000 × 30,000 = 900,000,000. Raise the pixel limit to import it.',
    },
  ]);
  const raised = await workspace.import({ sources: [folder], pixelLimit: 1e9 });
  expect(raised.failures).toEqual([
    {
      path: 'bomb.png',
      code: 'image-unreadable',
      reason: 'Expected 900030000 bytes of image data for the PNG, received 0.',
    },
  ]);
});

test('a PNG that unpacks to more than it says is refused without unpacking it', async () => {
  const honest = handmadePng({ width: 8, height: 8, depth: 8, colorType: 0, rows: Buffer.alloc(64) });
  const bomb = handmadePng({ width: 1000, height: 1000, depth: 8, colorType: 0, rows: Buffer.alloc(1_000_000) });
  const header = honest.subarray(0, 33);
  const failures = await failuresOf({ 'bomb.png': Buffer.concat([header, bomb.subarray(33)]) });
  expect(failures['bomb.png']).toBe('image-unreadable: Expected 72 bytes of image data for the PNG, received more.');
});

test('hostile numbers allocate nothing', async () => {
  const wide = npyHeader('|u1', [4_000_000_000, 60_000, 60_000]);
  const failures = await failuresOf({
    'a-images-idx3-ubyte': handmadeIdx(8, [4_000_000_000, 4_000_000_000, 4_000_000_000], Buffer.alloc(10)),
    'b.npy': Buffer.concat([wide, Buffer.alloc(10)]),
    'c.npy': Buffer.concat([npyHeader('|u1', [2, 3]), Buffer.alloc(6)]),
    'd.npy': Buffer.concat([npyHeader('|u1', [2, 3, 4, 7]), Buffer.alloc(168)]),
    'e.zip': Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(40)]),
    'f.npy': Buffer.concat([npyHeader('|u1', [5]), Buffer.alloc(5)]),
    'g.gz': Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]),
    'h.png': Buffer.concat([good.subarray(0, 33), pngChunk('IDAT', Buffer.alloc(2)).fill(0xff, 0, 4)]),
  });
  const incomplete = 'The file is incomplete or damaged: copy or download it again.';
  const again = 'Copy or download the archive again.';
  expect(failures).toEqual({
    'a-images-idx3-ubyte': `file-damaged: Expected 6.4e+28 bytes for shape (4000000000, 4000000000, 4000000000) for the array file, received 26. ${incomplete}`,
    'b.npy': expect.stringMatching(/^file-damaged: Expected .+ for .+, received .+/),
    'c.npy':
      'format-unsupported: Expected an array of images (N×H×W, or N×H×W×C with 1, 3 or 4 channels), received (2, 3). Reshape or transpose it in NumPy and save it again.',
    'd.npy':
      'format-unsupported: Expected an array of images (N×H×W, or N×H×W×C with 1, 3 or 4 channels), received (2, 3, 4, 7). Reshape or transpose it in NumPy and save it again.',
    'e.zip': expect.stringMatching(
      /^file-damaged: Expected a ZIP archive, received damaged data: .+\. Copy or download the archive again\.$/,
    ),
    'f.npy': 'format-unsupported: The file holds labels, not images.',
    'g.gz':
      'file-damaged: Expected compressed data, received damaged data: unexpected end of file. Copy or download the file again.',
    'h.png': expect.stringMatching(
      /^image-unreadable: Expected at least \d+ bytes for the PNG, received \d+: the file ends early\.$/,
    ),
  });
  expect(again).not.toBe('');
});

describe('nothing to import', () => {
  const advice = 'Choose a folder, archive or array file that holds images.';

  test('an empty folder', async () => {
    const folder = temporaryFolder();
    const importing = openWorkspace().import({ sources: [folder] });
    await expect(importing).rejects.toMatchObject({
      code: 'source-empty',
      message: `Expected at least one image in “${folder}”, received none: it is empty.`,
      advice,
    });
  });

  test('a folder of other things says what is there', async () => {
    const folder = folderWith({ 'a.txt': 'one', 'b.txt': 'two', 'c.md': 'three', 'd.pdf': '%PDF-' });
    const workspace = openWorkspace();
    await expect(workspace.import({ sources: [folder] })).rejects.toMatchObject({
      code: 'source-empty',
      message: `Expected at least one image in “${folder}”, received none: only 3 text files, 1 PDF document. For example “a.txt”: Expected an image for “a.txt”, received a text file.`,
    });
    expect(workspace.catalogue.listDatasets()).toEqual([]);
  });

  test('only images that turn out to be damaged', async () => {
    const jpeg = await scene(90, 90).jpeg().toBuffer();
    const folder = folderWith({ 'a.jpg': jpeg.subarray(0, 800) });
    const workspace = openWorkspace();
    await expect(workspace.import({ sources: [folder], size: 8, color: 'rgb' })).rejects.toMatchObject({
      code: 'source-empty',
      message: expect.stringContaining('only 1 JPEG image. For example “a.jpg”: Expected a JPEG image'),
    });
    expect(workspace.catalogue.listDatasets()).toEqual([]);
  });

  test('a source that is not there', async () => {
    const missing = join(temporaryFolder(), 'nowhere');
    await expect(openWorkspace().import({ sources: [missing] })).rejects.toMatchObject({
      code: 'source-missing',
      message: `Expected a folder or file that may be read, received “${missing}”: There is nothing of that name.`,
    });
  });

  test('a fold beside a test source', async () => {
    const folder = folderWith({ 'a.png': good });
    const importing = openWorkspace().import({ sources: [folder], testSources: [folder], fold: [1, 5] });
    await expect(importing).rejects.toMatchObject({
      code: 'usage',
      message: 'Expected a fold or a separate test source, received both.',
    });
  });

  test('a fold that does not exist', async () => {
    const importing = openWorkspace().import({ sources: [folderWith({ 'a.png': good })], fold: [6, 5] });
    await expect(importing).rejects.toMatchObject({
      code: 'usage',
      message: 'Expected a fold from 1 to 5, received 6.',
    });
  });
});

test('one image is enough to import', async () => {
  const result = await openWorkspace().import({ sources: [folderWith({ 'a.png': good })] });
  expect(result.dataset).toMatchObject({ count: 1, skipped: 0, state: 'ready' });
});

test('folders and files that may not be read are listed', async (context) => {
  need(context, 'ordinary-user');
  const folder = folderWith({ 'good.png': good, 'secret.png': good });
  const workspace = openWorkspace();
  mkdirSync(join(folder, 'locked'));
  writeFileSync(join(folder, 'locked', 'a.png'), good);
  chmodSync(folder, 0o755);
  chmodSync(join(folder, 'locked'), 0o000);
  chmodSync(join(folder, 'secret.png'), 0o000);
  chmodSync(workspace.folder, 0o777);
  for (const name of ['', '-wal', '-shm']) chmodSync(join(workspace.folder, `catalogue.sqlite${name}`), 0o666);
  try {
    const result = await asOrdinaryUser(() => workspace.import({ sources: [folder] }));
    expect(result.dataset.count).toBe(1);
    expect(result.failures).toEqual([
      { path: 'locked', code: 'source-missing', reason: 'The folder could not be read: Permission denied.' },
      { path: 'secret.png', code: 'image-unreadable', reason: 'Permission denied.' },
    ]);
  } finally {
    chmodSync(join(folder, 'locked'), 0o755);
  }
});
