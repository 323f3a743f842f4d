// What can be imported: folders, files, archives and arrays, with the paths and labels that come of them.
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ImportResult } from '../../src-main/contract/api.ts';
import { npyHeader, writeNpy } from '../../src-main/files/npy.ts';
import { mnistIdx, need } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { handmadeZip, tarWith } from './support/archives.ts';
import { flatPng, handmadeIdx, handmadePng, handmadeTiff, noise, scene } from './support/images.ts';
import { folderWith, openWorkspace, type Workspace } from './support/workspace.ts';

const png = flatPng(100);

/** `path: label`, in id order. */
function listing(workspace: Workspace, result: ImportResult): string[] {
  return workspace.catalogue.items(result.dataset.id).map(({ path, label }) => `${path}: ${label}`);
}

describe('folders', () => {
  test('the label is the folder that holds the file, but not the source itself', async () => {
    const folder = folderWith({ 'a.png': png, 'cats/b.png': png, 'cats/old/c.png': png, '犬/猫 🐈.png': png });
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folder] });
    const expected = ['a.png: null', 'cats/b.png: cats', 'cats/old/c.png: old', '犬/猫 🐈.png: 犬'];
    expect(listing(workspace, result)).toEqual(expected);
    const unlabelled = await workspace.import({ sources: [folder], labels: false });
    expect(unlabelled.decoded).toBe(0);
    expect(listing(workspace, unlabelled)).toContain('cats/b.png: null');
  });

  test('junk is ignored, quotes, commas and newlines are not', async () => {
    const odd = ['"quoted".png', "it's, well.png", 'two\nlines.png', ' #1 (a) %20 [x].png'];
    const files = Object.fromEntries(odd.map((name) => [name, png]));
    const junk = { 'Thumbs.db': 'x', '.DS_Store': 'x', 'desktop.ini': 'x', '._a.png': 'x', '.hidden/a.png': png };
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folderWith({ ...files, ...junk, '__MACOSX/a.png': png })] });
    expect([...workspace.images(result).keys()]).toEqual([...odd].sort());
    expect(result.failures).toEqual([]);
  });

  test('several sources are told apart, also ones of the same name', async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    folderWith({ 'cats/a.png': png, 'cats/b/c.png': png }, first);
    folderWith({ 'cats/a.png': flatPng(50), 'alone.png': png }, second);
    const workspace = openWorkspace();
    const result = await workspace.import({
      sources: [join(first, 'cats'), join(second, 'cats'), join(second, 'alone.png')],
    });
    const expected = ['alone.png: null', 'cats (2)/a.png: null', 'cats/a.png: null', 'cats/b/c.png: b'];
    expect(listing(workspace, result)).toEqual(expected);
  });

  test('a held-out source is the test split, whatever the seed', async () => {
    const train = folderWith(Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}.png`, png])));
    const held = folderWith({ 'x/a.png': png, 'x/b.png': png });
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [train], testSources: [held], validation: 0.5 });
    const items = workspace.catalogue.items(result.dataset.id);
    expect(items.filter(({ split }) => split === 'test').map(({ label }) => label)).toEqual(['x', 'x']);
    expect(items.filter(({ split }) => split === 'validation').length).toBeGreaterThan(0);
  });

  test('links are followed once, so that circles end', async (context) => {
    need(context, 'symlinks');
    const folder = folderWith({ 'a/x.png': png, 'b/y.png': png });
    const outside = folderWith({ 'z.png': png });
    symlinkSync(folder, join(folder, 'a', 'circle'));
    symlinkSync(outside, join(folder, 'linked'));
    symlinkSync(join(folder, 'b', 'y.png'), join(folder, 'file.png'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken.png'));
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folder] });
    expect(listing(workspace, result)).toEqual(['a/x.png: a', 'b/y.png: b', 'file.png: null', 'linked/z.png: linked']);
    expect(result.failures.map(({ path, code, reason }) => [path, code, reason])).toEqual([
      [
        'a/circle',
        'source-missing',
        expect.stringMatching(/^The folder was read before, as “.+”: links are followed once\.$/),
      ],
      ['broken.png', 'source-missing', 'The link leads nowhere: There is nothing of that name.'],
    ]);
  });
});

describe('archives', () => {
  test('ZIP: stored and deflated, labels, junk, members that climb out', async () => {
    const archive = handmadeZip(
      { name: 'a.png', data: png },
      { name: 'cats/b.png', data: png, deflate: true },
      { name: '__MACOSX/cats/._b.png', data: Buffer.from('x') },
      { name: '../outside.png', data: png },
      { name: 'dogs\\c.png', data: png },
      { name: '/etc/d.png', data: png },
      { name: 'C:/e.png', data: png },
      { name: 'empty/', data: Buffer.alloc(0) },
      { name: 'secret.png', data: png, flags: 1 },
      { name: 'odd.png', data: png, method: 12 },
      { name: 'bomb.png', data: png, deflate: true, statedSize: 4_000_000_000 },
      { name: 'damaged.png', data: png, checksum: 1 },
      { name: 'cats/b.png', data: png },
    );
    const folder = folderWith({ 'all.zip': archive });
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [join(folder, 'all.zip')] });
    expect(listing(workspace, result)).toEqual(['a.png: null', 'cats/b.png: cats', 'dogs/c.png: dogs']);
    const unsafe = 'The archive member would leave the target folder: skipped.';
    expect(result.failures).toEqual([
      { path: '../outside.png', code: 'archive-unsafe', reason: unsafe },
      { path: '/etc/d.png', code: 'archive-unsafe', reason: unsafe },
      { path: 'C:/e.png', code: 'archive-unsafe', reason: unsafe },
      {
        path: 'bomb.png',
        code: 'file-damaged',
        reason: expect.stringMatching(
          /^Expected at most \d+ unpacked bytes, received 4000000000\. Copy or download the archive again\.$/,
        ),
      },
      {
        path: 'cats/b.png',
        code: 'format-unsupported',
        reason: 'The name is there twice: only the first one is imported.',
      },
      {
        path: 'damaged.png',
        code: 'image-unreadable',
        reason: 'The checksum in the archive does not match: the file is damaged.',
      },
      {
        path: 'odd.png',
        code: 'format-unsupported',
        reason:
          'Expected a stored or deflated archive member, received compression method 12. Unpack the archive and import the folder.',
      },
      {
        path: 'secret.png',
        code: 'format-unsupported',
        reason: 'The archive member is encrypted. Unpack the archive and import the folder.',
      },
    ]);
  });

  test('TAR and TAR.GZ, also inside a folder', async () => {
    const tar = await tarWith({ './a.png': png, 'cats/b.png': flatPng(7), '../c.png': png }, { 'd.png': 'a.png' });
    const folder = folderWith({ 'plain.tar': tar, 'sub/packed.tgz': gzipSync(tar), 'sub/e.png': png });
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folder] });
    expect(listing(workspace, result)).toEqual([
      'plain.tar/a.png: null',
      'plain.tar/cats/b.png: cats',
      'sub/e.png: sub',
      'sub/packed.tgz/a.png: sub',
      'sub/packed.tgz/cats/b.png: cats',
    ]);
    expect(result.failures.map(({ path, code }) => `${path}: ${code}`)).toEqual([
      'plain.tar/../c.png: archive-unsafe',
      'plain.tar/d.png: format-unsupported',
      'sub/packed.tgz/../c.png: archive-unsafe',
      'sub/packed.tgz/d.png: format-unsupported',
    ]);
    const pixels = [...workspace.images(result).values()].map(({ pixels }) => pixels[0]);
    expect(pixels).toEqual([100, 7, 100, 100, 7]);
  });

  test('an unchanged archive is not opened again', async () => {
    const folder = folderWith({ 'a.tgz': gzipSync(await tarWith({ 'x/1.png': png, '../2.png': png })) });
    const workspace = openWorkspace();
    const request = { sources: [folder] };
    const first = await workspace.import(request);
    const again = await workspace.import(request);
    expect([again.decoded, again.reused, again.failures]).toEqual([0, 1, first.failures]);
    writeFileSync(join(folder, 'a.tgz'), gzipSync(await tarWith({ 'x/1.png': png, 'y/3.png': flatPng(9) })));
    const changed = await workspace.import(request);
    expect([changed.decoded, changed.reused, changed.failures]).toEqual([1, 1, []]);
    expect(changed.dataset.count).toBe(2);
  });
});

describe('arrays', () => {
  test('IDX with its labels, plain or gzipped', async () => {
    const images = handmadeIdx(8, [3, 2, 4], Buffer.from(Array.from({ length: 24 }, (_, i) => i)));
    const labels = handmadeIdx(8, [3], Buffer.of(7, 0, 7));
    const folder = folderWith({
      't10k-images-idx3-ubyte.gz': gzipSync(images),
      't10k-labels-idx1-ubyte.gz': gzipSync(labels),
      'plain/my-images.idx3-ubyte': images,
      'plain/my-labels.idx1-ubyte': labels,
    });
    const workspace = openWorkspace();
    const alone = await workspace.import({ sources: [join(folder, 't10k-images-idx3-ubyte.gz')] });
    expect(listing(workspace, alone)).toEqual(['00000: 7', '00001: 0', '00002: 7']);
    expect(alone.dataset).toMatchObject({ width: 4, height: 2, channels: 1, preprocessing: { intensity: null } });
    expect([...workspace.images(alone).get('00001')!.pixels]).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    const both = await workspace.import({ sources: [folder] });
    expect(listing(workspace, both)).toEqual([
      'plain/my-images.idx3-ubyte/00000: 7',
      'plain/my-images.idx3-ubyte/00001: 0',
      'plain/my-images.idx3-ubyte/00002: 7',
      't10k-images-idx3-ubyte.gz/00000: 7',
      't10k-images-idx3-ubyte.gz/00001: 0',
      't10k-images-idx3-ubyte.gz/00002: 7',
    ]);
    expect(both.failures).toEqual([]);
  });

  test('labels that do not fit are said, and the images come without', async () => {
    const folder = folderWith({
      'a-images-idx3-ubyte': handmadeIdx(8, [3, 2, 2], noise(12)),
      'a-labels-idx1-ubyte': handmadeIdx(8, [2], Buffer.of(1, 2)),
    });
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folder] });
    expect(result.dataset.count).toBe(3);
    expect(result.failures).toEqual([
      {
        path: 'a-images-idx3-ubyte/../a-labels-idx1-ubyte',
        code: 'file-damaged',
        reason:
          'Expected 3 labels for the array file, received 2. The file is incomplete or damaged: copy or download it again.',
      },
    ]);
  });

  test('an image with NaN or infinity is skipped, the others are not', async () => {
    const folder = temporaryFolder();
    const floats = new Float32Array(3 * 4).map((_, index) => index / 12);
    floats[5] = Number.NaN;
    floats[10] = Number.POSITIVE_INFINITY;
    await writeNpy(join(folder, 'floats.npy'), floats, [3, 2, 2]);
    const { dataset, failures } = await openWorkspace().import({ sources: [folder] });
    expect(dataset.count).toBe(1);
    expect(failures.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('Expected finite samples, received NaN or infinity.'),
      expect.stringContaining('Expected finite samples, received NaN or infinity.'),
    ]);
  });

  test('.npy of bytes and of floats, with labels beside', async () => {
    const folder = temporaryFolder();
    await writeNpy(join(folder, 'x_train.npy'), noise(2 * 3 * 3 * 3), [2, 3, 3, 3]);
    await writeNpy(join(folder, 'y_train.npy'), Int32Array.of(5, 6), [2]);
    const floats = Float32Array.from({ length: 2 * 9 }, (_, index) => index / 17);
    await writeNpy(join(folder, 'floats.npy'), floats, [2, 3, 3]);
    writeFileSync(join(folder, 'floats_labels.txt'), 'one\ntwo\n');
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folder], intensity: 'full', color: 'rgb' });
    expect(listing(workspace, result)).toEqual([
      'floats.npy/00000: one',
      'floats.npy/00001: two',
      'x_train.npy/00000: 5',
      'x_train.npy/00001: 6',
    ]);
    expect(result.dataset.preprocessing.intensity).toEqual({ mode: 'full', low: 0, high: 1 });
    const { pixels } = workspace.images(result).get('floats.npy/00001')!;
    expect(pixels.filter((_, index) => index % 3 === 0)).toEqual(
      new Uint8Array(Array.from(floats.subarray(9), (value) => Math.round(value * 255))),
    );
  });

  test('.npy in Fortran order, and truth values', async () => {
    const header = Buffer.from(npyHeader('|u1', [2, 2, 3])).toString('latin1');
    const fortran = Buffer.from(header.replace('False', 'True '), 'latin1');
    // Value = 100 · image + 10 · row + column, stored with the first axis running fastest.
    const stored: number[] = [];
    for (let x = 0; x < 3; x++)
      for (let y = 0; y < 2; y++) for (let n = 0; n < 2; n++) stored.push(100 * n + 10 * y + x);
    const folder = folderWith({ 'f.npy': Buffer.concat([fortran, Buffer.from(stored)]) });
    const workspace = openWorkspace();
    const images = workspace.images(await workspace.import({ sources: [join(folder, 'f.npy')] }));
    expect([...images.get('00001')!.pixels]).toEqual([100, 101, 102, 110, 111, 112]);
    const truth = folderWith({ 'b.npy': Buffer.concat([npyHeader('|b1', [1, 2, 2]), Buffer.of(0, 1, 1, 0)]) });
    const black = workspace.images(await workspace.import({ sources: [join(truth, 'b.npy')] }));
    expect([...black.get('00000')!.pixels]).toEqual([0, 255, 255, 0]);
  });

  test('.npz as Keras saves MNIST: images and labels in one archive, stored or deflated', async () => {
    const x = Buffer.concat([npyHeader('|u1', [2, 2, 2]), Buffer.of(1, 2, 3, 4, 5, 6, 7, 8)]);
    const y = Buffer.concat([npyHeader('|u1', [2]), Buffer.of(3, 9)]);
    const archive = handmadeZip(
      { name: 'x_test.npy', data: x },
      { name: 'x_train.npy', data: x, deflate: true },
      { name: 'y_test.npy', data: y },
      { name: 'y_train.npy', data: y, deflate: true },
    );
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [join(folderWith({ 'mnist.npz': archive }), 'mnist.npz')] });
    expect(listing(workspace, result)).toEqual([
      'x_test/00000: 3',
      'x_test/00001: 9',
      'x_train/00000: 3',
      'x_train/00001: 9',
    ]);
    expect([...workspace.images(result).get('x_train/00001')!.pixels]).toEqual([5, 6, 7, 8]);
  });

  test('MNIST as it is published', async (context) => {
    need(context, 'mnist-idx');
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [mnistIdx().testImages] });
    expect(result.dataset).toMatchObject({ count: 10_000, width: 28, height: 28, channels: 1 });
    const labels = workspace.catalogue.items(result.dataset.id).map(({ label }) => Number(label));
    expect(Buffer.from(labels)).toEqual(gunzipSync(readFileSync(mnistIdx().testLabels)).subarray(8));
  }, 60_000);
});

describe('pixels', () => {
  test('size: equal small images keep theirs, others become a square of the median shorter side', async () => {
    const workspace = openWorkspace();
    const equal = await workspace.import({
      sources: [folderWith({ 'a.png': flatPng(1, 20, 31), 'b.png': flatPng(2, 20, 31) })],
    });
    expect(equal.dataset).toMatchObject({ width: 20, height: 31 });
    const mixed = folderWith({ 'a.png': flatPng(1, 20, 31), 'b.png': flatPng(2, 40, 50), 'c.png': flatPng(3, 90, 45) });
    expect((await workspace.import({ sources: [mixed] })).dataset).toMatchObject({ width: 40, height: 40 });
    const large = folderWith({ 'a.png': flatPng(1, 300, 200), 'b.png': flatPng(2, 300, 200) });
    expect((await workspace.import({ sources: [large] })).dataset).toMatchObject({ width: 64, height: 64 });
    expect((await workspace.import({ sources: [large], size: 10 })).dataset).toMatchObject({ width: 10, height: 10 });
  });

  test('colour: grey if every image is, also one that is stored as colour', async () => {
    const greyAsColor = await scene(16, 16, 1).toColourspace('srgb').png().toBuffer();
    const folder = folderWith({ 'a.png': png, 'b.png': greyAsColor });
    const workspace = openWorkspace();
    expect((await workspace.import({ sources: [folder] })).dataset.channels).toBe(1);
    expect((await workspace.import({ sources: [folder], color: 'rgb' })).dataset.channels).toBe(3);
    const withColor = folderWith({ 'a.png': png, 'b.png': greyAsColor, 'c.png': await scene(16, 16).png().toBuffer() });
    const color = await workspace.import({ sources: [withColor] });
    expect(color.dataset.channels).toBe(3);
    expect([...workspace.images(color).get('a.png')!.pixels.subarray(0, 3)]).toEqual([100, 100, 100]);
    expect((await workspace.import({ sources: [withColor], color: 'grey' })).dataset.channels).toBe(1);
  });

  test('16 bits: percentiles over the whole set, or the full range', async () => {
    const values = Uint16Array.from({ length: 10_000 }, (_, index) => 1000 + index);
    values[0] = 0;
    values[9999] = 65535;
    const folder = folderWith({
      'a.tif': handmadeTiff({ width: 100, height: 50, data: values.slice(0, 5000) }),
      'b.tif': handmadeTiff({ width: 100, height: 50, data: values.slice(5000) }),
    });
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folder] });
    const { intensity } = result.dataset.preprocessing;
    expect(intensity!.mode).toBe('percentile');
    expect(Math.abs(intensity!.low - 1010)).toBeLessThan(3);
    expect(Math.abs(intensity!.high - 10_990)).toBeLessThan(3);
    const full = await workspace.import({ sources: [folder], intensity: 'full' });
    expect(full.dataset.preprocessing.intensity).toEqual({ mode: 'full', low: 0, high: 65535 });
  });

  test('pages of a TIFF are items of their own, and found again', async () => {
    const page = (value: number) => ({ width: 4, height: 4, data: new Uint8Array(16).fill(value) });
    const folder = folderWith({
      'stack.tif': handmadeTiff(page(10), page(20), page(30)),
      'one.tif': handmadeTiff(page(40)),
    });
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folder] });
    const pixels = [...workspace.images(result)].map(([path, image]) => `${path}: ${image.pixels[0]}`);
    expect(pixels).toEqual(['one.tif: 40', 'stack.tif#1: 10', 'stack.tif#2: 20', 'stack.tif#3: 30']);
    const again = await workspace.import({ sources: [folder] });
    expect([again.decoded, again.reused]).toEqual([0, 4]);
  });

  test('cover cuts, contain pads with the background, stretch does neither', async () => {
    const halves = Buffer.concat(
      Array.from({ length: 8 }, () => Buffer.concat([Buffer.alloc(8, 0), Buffer.alloc(8, 200)])),
    );
    const folder = folderWith({ 'a.png': handmadePng({ width: 16, height: 8, depth: 8, colorType: 0, rows: halves }) });
    const workspace = openWorkspace();
    const rowOf = async (fit: 'cover' | 'contain' | 'stretch', row: number) => {
      const result = await workspace.import({ sources: [folder], size: 8, fit, background: '#ff0000', color: 'rgb' });
      const { pixels } = workspace.images(result).get('a.png')!;
      return Array.from({ length: 8 }, (_, x) =>
        [...pixels.subarray((row * 8 + x) * 3, (row * 8 + x) * 3 + 3)].join(' '),
      );
    };
    const [black, light, red] = ['0 0 0', '200 200 200', '255 0 0'];
    expect(await rowOf('cover', 0)).toEqual([...new Array(4).fill(black), ...new Array(4).fill(light)]);
    expect(await rowOf('contain', 0)).toEqual(new Array(8).fill(red));
    expect((await rowOf('contain', 4))[0]).toBe(black);
    expect((await rowOf('stretch', 0))[0]).toBe(black);
    expect((await rowOf('stretch', 7))[7]).toBe(light);
  });

  test('alpha lies on the background', async () => {
    const clear = Buffer.from(Array.from({ length: 16 }, () => [200, 0, 0, 51]).flat());
    const folder = folderWith({ 'a.png': handmadePng({ width: 4, height: 4, depth: 8, colorType: 6, rows: clear }) });
    const workspace = openWorkspace();
    const result = await workspace.import({ sources: [folder], background: '#0000ff' });
    expect([...workspace.images(result).get('a.png')!.pixels.subarray(0, 3)]).toEqual([40, 0, 204]);
  });

  test('the pixels of a saved model can be asked for', async () => {
    const preprocessing = {
      width: 6,
      height: 4,
      channels: 1,
      fit: 'stretch',
      background: '#000000',
      intensity: null,
    } as const;
    const workspace = openWorkspace();
    const result = await workspace.import({
      sources: [folderWith({ 'a.png': await scene(30, 30).png().toBuffer() })],
      preprocessing,
    });
    expect(result.dataset).toMatchObject({ width: 6, height: 4, channels: 1, preprocessing });
  });
});
