// Images into an archive and back, with a model that a test trains in a second.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { append } from '../../src-main/archive/append.ts';
import { openArchive, openArchiveDecoder } from '../../src-main/archive/archive-file.ts';
import { type CompressInput, compress as compressImages } from '../../src-main/archive/compress.ts';
import { measureCurve } from '../../src-main/archive/curve.ts';
import { describeArchive } from '../../src-main/archive/inspect.ts';
import { dequantise } from '../../src-main/archive/quantiser.ts';
import { decompress } from '../../src-main/archive/restore.ts';
import { verify } from '../../src-main/archive/verify.ts';
import { type CompactNumbers, type CompactTensor, compactTensor } from '../../src-main/compiler/onnx/compact.ts';
import { fewNumbers } from '../../src-main/compiler/onnx/lower.ts';
import type { CompressSettings, RestoredFormat } from '../../src-main/contract/archive.ts';
import type { Context, Progress } from '../../src-main/contract/records.ts';
import { openCatalogue, openDataset } from '../../src-main/dataset/index.ts';
import { drawSamples } from '../../src-main/dataset/samples.ts';
import { createOnnxExecutor } from '../../src-main/engine/onnx-runtime.ts';
import { openModel, toOrt } from '../../src-main/engine/onnx-session.ts';
import { decompressArchive, verifyArchive } from '../../src-main/host/archive-jobs.ts';
import { createService } from '../../src-main/host/service.ts';
import { imageQuality } from '../../src-main/numerics/image-quality.ts';
import { createRandom } from '../../src-main/numerics/random.ts';
import { decoderGraph } from '../../src-main/training/graphs.ts';
import { loadModel } from '../../src-main/training/model-files.ts';
import { runPaths } from '../../src-main/training/run-files.ts';
import { handmadeZip } from '../dataset/support/archives.ts';
import { needDevice, openTestDevice, testDevices } from '../engine/devices-under-test.ts';
import { chooseSoftwareVulkan } from '../support/resources.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { unzip } from '../support/unzip.ts';
import { damageOnce } from './corruption.ts';

chooseSoftwareVulkan();

const side = 16;
const count = 120;
let images: string;
let workspace: string;
let input: Omit<CompressInput, 'settings'>;
let close: () => Promise<void>;

beforeAll(async () => {
  images = join(temporaryFolder(), 'images');
  await drawSamples({ count, size: side, seed: 5 }, images);
  await writeFile(join(images, 'notes.png'), 'This is no image.');
  const [first] = globSync('**/*.png', { cwd: images }).sort();
  await utimes(join(images, first!), 1_000_000_000, 1_000_000_000);
  workspace = temporaryFolder();
  const service = await createService({ workspace, command: 'test' });
  const { dataset } = await service.import({ sources: [images] });
  const training = { codeSize: 12, hidden: [16], epochs: 2, batchSize: 16, device: 'cpu' as const, threads: 1 };
  const { run } = await service.train(dataset.id, training);
  await service.close();
  // From here on in this process, where starting costs nothing: jobs have tests of their own.
  const catalogue = openCatalogue(workspace);
  const executor = await createOnnxExecutor({ device: 'cpu', threads: 1 });
  const opened = openDataset(catalogue, workspace, dataset.id);
  input = {
    executor,
    saved: await loadModel(runPaths(run.folder).model),
    dataset: opened,
    items: catalogue.storedItems(dataset.id),
    failures: catalogue.failures(dataset.id),
    run,
    pinhole: '1.2.3',
    threads: 1,
    fileOf: ({ path }) => join(images, path),
  };
  close = async () => {
    opened.close();
    catalogue.close();
    await executor.dispose();
  };
}, 120_000);
afterAll(() => close());

const usual = { goal: { kind: 'quality', quality: 90 }, maxError: null, keepOriginals: false, compare: false } as const;

async function compress(changes: Partial<CompressSettings> = {}, context: Context = {}) {
  const file = join(temporaryFolder(), 'images.pinhole');
  return compressImages({ ...input, settings: { ...usual, file, ...changes } }, context);
}

const restore = (file: string, folder: string, format: RestoredFormat = 'png') =>
  decompress({ file, folder, format, only: [], threads: 1 }, {});
const verifyBeside = (file: string) => verify({ file, threads: 1, against: input.dataset }, {});

describe('an archive', { timeout: 60_000 }, () => {
  test('gives back every image as close as it says, under its own name and time', async () => {
    const result = await compress();
    expect(result).toMatchObject({ images: count, unread: 1, storedWhole: 0, bytes: statSync(result.file).size });
    expect(result.psnr!).toBeGreaterThan(10);
    expect(readdirSync(join(result.file, '..'))).toEqual(['images.pinhole']);

    const folder = join(temporaryFolder(), 'again');
    const restored = await restore(result.file, folder);
    expect(restored).toMatchObject({ files: count, whole: 0, lost: 0, renamed: [], problems: [] });
    const names = globSync('**/*.png', { cwd: images }).filter((name) => name !== 'notes.png');
    expect(globSync('**/*.*', { cwd: folder }).sort()).toEqual(names.sort());
    expect(statSync(join(folder, names[0]!)).mtimeMs).toBe(1_000_000_000_000);

    const [errors, similarities]: number[][] = [[], []];
    for (const name of names) {
      const [one, other] = await Promise.all([images, folder].map((root) => rawPixels(join(root, name))));
      const { mse, ssim } = imageQuality(one!, other!, { height: side, width: side, channels: 3 });
      errors!.push(mse);
      similarities!.push(ssim);
    }
    const inDecibels = (mse: number) => -10 * Math.log10(mse);
    expect(inDecibels(errors!.reduce((sum, error) => sum + error) / count)).toBeCloseTo(result.psnr!, 6);
    expect(similarities!.reduce((sum, similarity) => sum + similarity) / count).toBeCloseTo(result.ssim, 6);
    // Of 120 images, 6 are a twentieth.
    const [low, worst] = [5, 0].map((rank) => errors!.toSorted((a, b) => b - a)[rank]!);
    expect([result.psnrLow, result.psnrWorst]).toEqual([low, worst].map((mse) => expect.closeTo(inDecibels(mse!), 6)));
    const [lowSimilarity, leastSimilarity] = [5, 0].map((rank) => similarities!.toSorted((a, b) => a - b)[rank]!);
    expect(result.ssimLow).toBeCloseTo(lowSimilarity!, 6);
    expect(result.ssimWorst).toBeCloseTo(leastSimilarity!, 6);
  });

  test('opens in any archiver, and says what it is', async () => {
    const { file } = await compress();
    const members = await unzip(file);
    expect([...members.keys()]).toEqual([
      'README.txt',
      'manifest.json',
      'decoder.onnx',
      'index.json',
      'codes.bin',
      'thumbnails.webp',
    ]);
    expect(members.get('README.txt')!.toString()).toContain("come back at the model's size (16×16, colour)");
    expect(JSON.parse(members.get('index.json')!.toString()).unread).toEqual([
      { path: 'notes.png', reason: expect.any(String) },
    ]);
    expect(await describeArchive(file)).toMatchObject({
      images: count,
      size: { height: side, width: side },
      problems: [],
    });
  });

  test('holds to a size, and to an error', async () => {
    const best = await compress({ goal: { kind: 'quality', quality: 100 } });
    const least = await compress({ goal: { kind: 'quality', quality: 0 } });
    expect(least.codeBytes).toBeLessThan(best.codeBytes);
    const bytes = Math.round((best.bytes + least.bytes) / 2);
    const sized = await compress({ goal: { kind: 'bytes', bytes } });
    expect(statSync(sized.file).size).toBeLessThanOrEqual(bytes);
    expect(sized.codeBytes).toBeGreaterThan(least.codeBytes);
    const psnr = (best.psnr! + least.psnr!) / 2;
    expect((await compress({ goal: { kind: 'psnr', psnr } })).psnr!).toBeGreaterThanOrEqual(psnr);
  });

  test('says what cannot be, and leaves what was there', async () => {
    const { file } = await compress();
    const before = readFileSync(file);
    await expect(compress({ file, goal: { kind: 'psnr', psnr: 90 } })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/^Expected at most \d+\.\d dB, which is what this model can do, received 90\.$/),
    });
    await expect(compress({ file, goal: { kind: 'bytes', bytes: 100 } })).rejects.toMatchObject({ code: 'usage' });
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(join(file, '..'))).toEqual(['images.pinhole']);
  });

  test('keeps a bound for every image, with what is added or the pixels as they are', async () => {
    for (const maxError of [22, 60]) {
      const result = await compress({ maxError });
      expect(result.psnrWorst ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(maxError);
      expect(result.withResidual + result.storedWhole).toBeGreaterThan(0);
      const verified = await verifyBeside(result.file);
      expect(verified).toMatchObject({ compared: count, absent: 0, wrong: [], problems: [] });
      expect(verified.quality).toMatchObject({ psnr: result.psnr, ssimWorst: result.ssimWorst });
    }
  });

  test('keeps the files themselves where that is asked for', async () => {
    const result = await compress({ keepOriginals: true });
    expect(result).toMatchObject({ storedWhole: count, psnr: null });
    const folder = temporaryFolder();
    await restore(result.file, folder, 'jpeg');
    for (const name of globSync('**/*.png', { cwd: folder })) {
      expect(readFileSync(join(folder, name)).equals(readFileSync(join(images, name)))).toBe(true);
    }
    expect(globSync('**/*.png', { cwd: folder })).toHaveLength(count);
  });

  test('a cancel leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'x.pinhole');
    for (const stage of ['encode', 'decode', 'evaluate']) {
      const controller = new AbortController();
      const onProgress = (progress: Progress) => progress.stage === stage && controller.abort();
      await expect(compress({ file }, { signal: controller.signal, onProgress })).rejects.toMatchObject({
        code: 'cancelled',
      });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test('goes through the service and jobs of its own, too', async () => {
    const file = join(temporaryFolder(), 'images.pinhole');
    const settings = { ...usual, file, maxError: 20 };
    const service = await createService({ workspace, command: 'test' });
    const result = await service.compress(input.run.id, settings);
    const again = await service.append(input.run.id, { file, keepOriginals: false });
    expect(again).toMatchObject({ images: count, known: count, appended: 0 });
    await service.close();
    const folder = temporaryFolder();
    expect(await decompressArchive({ file, folder, format: 'png', only: [] }, {})).toMatchObject({
      files: count,
      problems: [],
    });
    expect(await verifyArchive(file, images, {})).toMatchObject({
      compared: count,
      quality: { psnr: result.psnr, ssimLow: result.ssimLow },
      wrong: [],
    });
    const others = join(temporaryFolder(), 'others');
    await drawSamples({ count, size: side, seed: 6 }, others);
    expect((await verifyArchive(file, others, {})).wrong.length).toBeGreaterThan(0);
  });

  test('gives back only some, by their names or their folders, as they are among all', async () => {
    const { file } = await compress({ maxError: 25 });
    const paths = input.items.map(({ path }) => path);
    const folderOf = (path: string) => path.split('/')[0]!;
    const [single, inFolder] = [paths.at(-1)!, folderOf(paths[0]!)];
    expect(folderOf(single)).not.toBe(inFolder);
    const wanted = paths.filter((path) => path === single || folderOf(path) === inFolder);
    const [all, some] = [temporaryFolder(), temporaryFolder()];
    await restore(file, all);
    const only = [`${inFolder}/`, `./${single}`];
    const result = await decompress({ file, folder: some, format: 'png', only, threads: 1 }, {});
    expect(result).toMatchObject({ files: wanted.length, lost: 0, renamed: [] });
    expect(globSync('**/*.*', { cwd: some }).sort()).toEqual(wanted.toSorted());
    for (const path of wanted) expect(readFileSync(join(some, path))).toEqual(readFileSync(join(all, path)));

    const nowhere = join(temporaryFolder(), 'none');
    // The beginning of a name is no folder.
    for (const name of ['nothing.png', inFolder.slice(0, -1), '']) {
      const attempt = decompress({ file, folder: nowhere, format: 'png', only: [single, name], threads: 1 }, {});
      await expect(attempt).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining(`"${name}"`) });
    }
    expect(existsSync(nowhere)).toBe(false);
  });

  test('lists its images from the worst, with how each is kept', async () => {
    const { file, psnrWorst, withResidual, storedWhole } = await compress({ maxError: 25 });
    const { list } = await describeArchive(file, { images: true });
    expect((await describeArchive(file)).list).toBeNull();
    expect(list!.map(({ path }) => path).toSorted()).toEqual(input.items.map(({ path }) => path).toSorted());
    const errors = list!.map(({ psnr }) => psnr ?? Number.POSITIVE_INFINITY);
    expect(errors).toEqual(errors.toSorted((a, b) => a - b));
    expect(errors[0]).toBeCloseTo(Math.floor(psnrWorst! * 10) / 10, 6);
    const kept = Object.groupBy(list!, ({ kept }) => kept);
    expect([kept.residual?.length ?? 0, kept.whole?.length ?? 0]).toEqual([withResidual, storedWhole]);
    expect(withResidual + storedWhole).toBeGreaterThan(0);
    expect(list![0]).toMatchObject({ width: side, height: side, label: expect.any(String) });
  });

  test('webp loses nothing on the way, jpeg little', async () => {
    const { file } = await compress();
    const [png, webp, jpeg] = await Promise.all(
      (['png', 'webp', 'jpeg'] as const).map(async (format) => {
        const folder = join(temporaryFolder(), format);
        await mkdir(folder);
        await restore(file, folder, format);
        const [name] = globSync('**/*.*', { cwd: folder }).sort();
        return rawPixels(join(folder, name!));
      }),
    );
    expect(webp!.equals(png!)).toBe(true);
    expect(Math.max(...jpeg!.map((value, place) => Math.abs(value - png![place]!)))).toBeLessThan(60);
  });
});

describe('the curve', { timeout: 60_000 }, () => {
  test('foretells size and error of an archive at each of its points, and which images will be the worst', async () => {
    const curve = await measureCurve({ ...input, compare: false }, {});
    expect(curve).toMatchObject({ images: count, sampled: count, rivals: [], size: { height: side, width: side } });
    expect(curve.points.map(({ quality }) => quality)).toEqual([100, 95, 90, 80, 70, 60, 45, 30, 15, 0]);
    const errors = curve.points.map(({ psnr }) => psnr);
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
    for (const point of [curve.points[2]!, curve.points[5]!]) {
      const result = await compress({ goal: { kind: 'quality', quality: point.quality } });
      const foretold = point.decoderBytes + point.codeBytes + point.besideBytes;
      expect(Math.abs(foretold / result.bytes - 1)).toBeLessThan(0.02);
      expect(Math.abs(point.psnr - result.psnr!)).toBeLessThan(0.2);
      expect(Math.abs(point.psnrs[0]! - result.psnrWorst!)).toBeLessThan(0.3);
      expect([...point.psnrs]).toEqual([...point.psnrs].sort((a, b) => a - b));
      // Steps differ a little: who is among the worst is much the same, whose turn it is not.
      const { list } = await describeArchive(result.file, { images: true });
      const pathsOfWorst = [...point.worst].map((id) => input.items.find((item) => item.id === id)!.path);
      const least = list!.slice(0, 2 * pathsOfWorst.length).map(({ path }) => path);
      expect(pathsOfWorst.filter((path) => !least.includes(path))).toEqual([]);
    }
  });

  test('shows what comes back of the worst images', async () => {
    const { points, size } = await measureCurve({ ...input, compare: false }, {});
    const { worst, worstImages, psnrs } = points[0]!;
    const originals = new Uint8Array(worstImages.length);
    input.dataset.pixels.read(Uint32Array.from(worst), originals);
    const length = originals.length / worst.length;
    for (const place of worst.keys()) {
      const [from, to] = [place * length, (place + 1) * length];
      const { psnr } = imageQuality(originals.subarray(from, to), worstImages.subarray(from, to), size);
      expect(psnr).toBeCloseTo(psnrs[place]!, 3);
    }
  });

  test('stands beside other formats, by what each takes at the same error, and is cancelled at any stage', async () => {
    const { points, rivals } = await measureCurve({ ...input, compare: true }, {});
    expect(new Set(rivals.map(({ name }) => name))).toEqual(new Set(['png', 'webp', 'jpeg', 'avif', 'pca']));
    for (const { compared, codeBytes, decoderBytes, psnr } of points) {
      expect(compared).toHaveLength(rivals.length);
      for (const [place, { at, smallerFrom }] of compared.entries()) {
        if (at === null) continue;
        expect(at.psnr ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(psnr - 1e-9);
        if (smallerFrom === null || smallerFrom === 1) continue;
        const own = (images: number) => decoderBytes + (images * codeBytes) / count;
        const theirs = (images: number) => at.decoderBytes + images * at.bytesPerImage;
        expect(own(smallerFrom), rivals[place]!.name).toBeLessThan(theirs(smallerFrom));
        expect(own(smallerFrom - 1)).toBeGreaterThanOrEqual(theirs(smallerFrom - 1));
      }
    }
    for (const stage of ['encode', 'evaluate']) {
      const controller = new AbortController();
      const onProgress = (progress: Progress) => progress.stage === stage && controller.abort();
      const measured = measureCurve({ ...input, compare: true }, { signal: controller.signal, onProgress });
      await expect(measured).rejects.toMatchObject({ code: 'cancelled' });
    }
  });
});

describe('images that are added', { timeout: 60_000 }, () => {
  const half = count / 2;

  async function compressHalf(changes: Partial<CompressSettings> = {}) {
    const file = join(temporaryFolder(), 'images.pinhole');
    const items = input.items.slice(0, half);
    return compressImages({ ...input, items, settings: { ...usual, file, ...changes } }, {});
  }
  const add = (file: string, changes: Partial<CompressInput> = {}, context: Context = {}) =>
    append({ ...input, ...changes, settings: { file, keepOriginals: false } }, context);

  test('leave those that are there as they are, and hold to the same bound', async () => {
    // Of so many, some have a residual and some are kept whole.
    const { file } = await compressHalf({ maxError: 24 });
    const before = temporaryFolder();
    await restore(file, before);
    const result = await add(file);
    expect(result).toMatchObject({ images: count, appended: half, known: half, bytes: statSync(file).size });
    expect(result.quality!.psnrWorst).toBeGreaterThanOrEqual(24);

    const after = temporaryFolder();
    expect(await restore(file, after)).toMatchObject({ files: count, lost: 0, renamed: [], problems: [] });
    for (const { path } of input.items.slice(0, half)) {
      expect(readFileSync(join(after, path))).toEqual(readFileSync(join(before, path)));
    }
    const verified = await verifyBeside(file);
    expect(verified).toMatchObject({ compared: count, absent: 0, wrong: [], problems: [] });
    expect(verified.quality!.psnrWorst).toBeGreaterThanOrEqual(24);
    const described = await describeArchive(file, { images: true });
    expect(described.psnr).toBeCloseTo(verified.quality!.psnr!, 1);
    expect(described.withResidual).toBeGreaterThan(0);
    expect(described.unread).toHaveLength(1);
    const labels = new Map(described.list!.map(({ path, label }) => [path, label]));
    for (const { path, label } of input.items) expect(labels.get(path)).toBe(label);
    expect(readdirSync(join(file, '..'))).toEqual(['images.pinhole']);
  });

  test('come beside originals that are kept, and are kept themselves where that is asked for', async () => {
    const { file } = await compressHalf({ keepOriginals: true });
    const result = await append({ ...input, settings: { file, keepOriginals: true } }, {});
    expect(result).toMatchObject({ appended: half, quality: { psnr: null } });
    const folder = temporaryFolder();
    expect(await restore(file, folder)).toMatchObject({ files: count, whole: count });
    for (const { path } of input.items)
      expect(readFileSync(join(folder, path))).toEqual(readFileSync(join(images, path)));
  });

  test('and of which none is new change nothing', async () => {
    const { file } = await compress();
    const before = readFileSync(file);
    expect(await add(file)).toMatchObject({ images: count, appended: 0, known: count, quality: null });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('are refused, and the archive stays, where names, model or archive are not right, or it is cancelled', async () => {
    const { file } = await compressHalf();
    const before = readFileSync(file);
    const [first, last] = [input.items[0]!, input.items.at(-1)!];
    const renamed = [...input.items.slice(0, -1), { ...last, path: first.path }];
    const { saved } = input;
    const other = { ...saved, info: { ...saved.info, weightsHash: 'other' } };
    const stop = new AbortController();
    // While it is being read back.
    const stopLate = { signal: stop.signal, onProgress: ({ stage }: Progress) => stage === 'evaluate' && stop.abort() };
    const refused = [
      [{ items: renamed.slice(1) }, {}, 'usage', 'another image of the path'],
      [{ saved: other }, {}, 'usage', 'with other weights'],
      [{}, { signal: AbortSignal.abort() }, 'cancelled', ''],
      [{}, stopLate, 'cancelled', ''],
    ] as const;
    for (const [changes, context, code, message] of refused) {
      await expect(add(file, changes, context)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
    }
    expect(readFileSync(file).equals(before)).toBe(true);

    const damaged = Buffer.from(before);
    damaged[Math.floor(before.length / 2)]! ^= 1;
    await writeFile(file, damaged);
    await expect(add(file)).rejects.toMatchObject({
      code: 'file-damaged',
      message: expect.stringContaining('nothing was added'),
    });
    expect(readFileSync(file).equals(damaged)).toBe(true);
    expect(readdirSync(join(file, '..'))).toEqual(['images.pinhole']);
  });
});

describe('from device to device', { timeout: 600_000 }, () => {
  test.for(testDevices)(
    'encoded on %s: the same integers and, within 1 of 255, pixels in one, two and four threads',
    async (device, context) => {
      needDevice(context, device);
      const executor = await openTestDevice(device);
      let file: string;
      try {
        ({ file } = await compressImages(
          { ...input, executor, settings: { ...usual, file: join(temporaryFolder(), 'a.pinhole') } },
          {},
        ));
      } finally {
        await executor.dispose();
      }
      const archive = await openArchive(file);
      const { packed, quantiser } = archive.codes!;
      // All of them: so few are one block.
      const integers = packed.unpackBlock(0);
      // What a code is on this device, and on the processor: at most a rounding apart.
      const here = await openArchive((await compress()).file);
      const others = here.codes!.packed.unpackBlock(0);
      expect(integers).toHaveLength(count * 12);
      for (const [place, value] of integers.entries()) expect(Math.abs(value - others[place]!)).toBeLessThanOrEqual(1);

      const pixels: Uint8Array[] = [];
      for (const threads of [1, 2, 4]) {
        const again = await openArchive(file);
        expect(again.codes!.packed.unpackBlock(0)).toEqual(integers);
        const decoder = await openArchiveDecoder(again, threads);
        pixels.push(await decoder!.decode(dequantise(quantiser, integers)));
        await decoder!.release();
        expect(again.problems).toEqual([]);
      }
      for (const other of pixels.slice(1)) expect(furthest(pixels[0]!, other)).toBeLessThanOrEqual(1);
    },
  );

  test('decoded on a graphics card, pixels are within 1 of 255 of those of the processor', async (context) => {
    needDevice(context, 'webgpu');
    const archive = await openArchive((await compress()).file);
    const codes = dequantise(archive.codes!.quantiser, archive.codes!.packed.unpackBlock(0));
    const decode = async (device: 'cpu' | 'webgpu') => {
      const session = await openModel(archive.decoder!, { device, threads: 1 });
      const { image } = await session.run({
        code: toOrt({ dtype: 'float32', shape: [count, 12], data: codes.slice() }),
      });
      const data = new Uint8Array((await image!.getData()) as Uint8Array);
      await session.release();
      return data;
    };
    const [here, there] = [await decode('cpu'), await decode('webgpu')];
    expect(here.some((value) => value > 100)).toBe(true);
    expect(furthest(here, there)).toBeLessThanOrEqual(1);
  });

  test.for(testDevices)(
    'the decoder that is stored, run on %s: pixels within 1 of 255 of those of the processor',
    async (device, context) => {
      needDevice(context, device);
      const { file, decoderNumbers } = await compress();
      const archive = await openArchive(file);
      const codes = dequantise(archive.codes!.quantiser, archive.codes!.packed.unpackBlock(0));
      const decoder = await openArchiveDecoder(archive, 1);
      const here = await decoder!.decode(codes.slice());
      await decoder!.release();
      const executor = await openTestDevice(device);
      try {
        const runner = await executor.compile(decoderGraph(input.saved.model), storedValues(decoderNumbers));
        const { image } = await runner.run({ code: { dtype: 'float32', shape: [count, 12], data: codes.slice() } });
        expect(furthest(here, image!.data as Uint8Array)).toBeLessThanOrEqual(1);
        await runner.dispose();
      } finally {
        await executor.dispose();
      }
    },
  );

  /** Weights as the archive has them: those of many numbers in fewer bytes. */
  function storedValues(numbers: CompactNumbers): Map<string, Float32Array> {
    const values = new Map<string, Float32Array>();
    const { inputs, nodes } = decoderGraph(input.saved.model);
    for (const { name, id } of inputs) {
      const data = input.saved.values.get(name);
      const shape = nodes[id]!.type.shape as number[];
      if (data && data.length < fewNumbers) values.set(name, data);
      else if (data) values.set(name, restored(compactTensor(shape, data, numbers), shape));
    }
    return values;
  }

  const furthest = (some: Uint8Array, others: Uint8Array) =>
    some.reduce((most, value, place) => Math.max(most, Math.abs(value - others[place]!)), 0);
});

/** What a runtime makes of numbers that are stored in fewer bytes. */
function restored({ stored, scale }: CompactTensor, shape: readonly number[]): Float32Array {
  if (!scale) {
    const { buffer, byteOffset, byteLength } = stored;
    return Float32Array.from(new Float16Array(buffer as ArrayBuffer, byteOffset, byteLength / 2));
  }
  const axis = Math.max(
    0,
    scale.shape.findIndex((length) => length > 1),
  );
  const stride = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  return Float32Array.from(
    stored as Int8Array,
    (value, place) => value * scale.data[Math.floor(place / stride) % scale.data.length]!,
  );
}

describe('a damaged archive', { timeout: 120_000 }, () => {
  test('gives a clear error and what can be saved, whatever was done to it', async () => {
    const whole = await compress({ maxError: 22 });
    const folder = temporaryFolder();
    await restore(whole.file, folder);
    const images = new Map(
      globSync('**/*.png', { cwd: folder }).map((name) => [name, readFileSync(join(folder, name))]),
    );
    const random = createRandom(11);
    const bytes = readFileSync(whole.file);
    let saved = 0;
    const trials = 24;
    for (let trial = 0; trial < trials; trial++) {
      const outcome = await damageOnce(bytes, images, random, temporaryFolder());
      expect(outcome.fault).toBeNull();
      // What no checksum has caught may not be told as whole; a lost index takes the residuals with it, which is told.
      if (!outcome.told) expect(outcome).toMatchObject({ saved: count, changed: 0 });
      saved += outcome.saved;
    }
    expect(saved).toBeGreaterThan((trials * count) / 4);
  });

  test('says which block of the codes is broken', async () => {
    const { file } = await compress();
    const bytes = readFileSync(file);
    // The name stands in the directory at the end and in the header behind the codes.
    const end = bytes.lastIndexOf('thumbnails.webp', bytes.lastIndexOf('thumbnails.webp') - 1) - 30;
    bytes[end - 40]! ^= 255;
    await writeFile(file, bytes);
    await expect(restore(file, temporaryFolder())).rejects.toMatchObject({
      code: 'file-damaged',
      message: expect.stringContaining('block 1 of 1 of codes.bin'),
    });
    const { problems, wrong } = await verify({ file, threads: 1, against: null }, {});
    expect(problems.join()).toContain('codes.bin');
    expect(wrong).toHaveLength(count);
  });

  test('whose members were swapped is refused', async () => {
    const [one, other] = [await compress(), await compress({ goal: { kind: 'quality', quality: 10 } })];
    const [first, second] = await Promise.all([one, other].map(({ file }) => unzip(file)));
    const entries = [...first!].map(([name, data]) => ({
      name,
      data: name === 'index.json' ? second!.get(name)! : data,
    }));
    await writeFile(one.file, handmadeZip(...entries));
    const { problems } = await restore(one.file, temporaryFolder());
    expect(problems).toEqual(['Expected the content that manifest.json names for index.json, received other content.']);
  });

  test('that names files outside of the folder writes them inside', async () => {
    const { file } = await compress();
    const members = await unzip(file);
    const index = JSON.parse(members.get('index.json')!.toString());
    const evil = ['../../evil.png', '/etc/evil.png', 'C:\\evil.png', 'con', 'a/b.png', 'A/B.jpg'];
    const rest = Array.from(index.label, (_, place) => evil[place] ?? `${place}.png`);
    index.paths = { shared: rest.map(() => 0), rest };
    members.set('index.json', Buffer.from(JSON.stringify(index)));
    const manifest = JSON.parse(members.get('manifest.json')!.toString());
    manifest.members['index.json'].sha256 = createHash('sha256').update(members.get('index.json')!).digest('hex');
    members.set('manifest.json', Buffer.from(JSON.stringify(manifest)));
    await writeFile(file, handmadeZip(...[...members].map(([name, data]) => ({ name, data }))));
    const parent = temporaryFolder();
    const { renamed, problems } = await restore(file, join(parent, 'deep', 'target'));
    expect(problems).toEqual([]);
    expect(renamed.map((one) => one.file)).toEqual([
      'evil.png',
      'etc/evil.png',
      'C_/evil.png',
      '_con.png',
      'A/B-2.png',
    ]);
    expect(readdirSync(parent)).toEqual(['deep']);
    expect(readdirSync(join(parent, 'deep'))).toEqual(['target']);
  });

  test('or a file that is none is told from one that is not there', async () => {
    await expect(describeArchive(join(images, 'notes.png'))).rejects.toMatchObject({ code: 'file-damaged' });
    await expect(describeArchive(join(images, 'nowhere'))).rejects.toMatchObject({ code: 'source-missing' });
  });
});

const rawPixels = (file: string) => sharp(file).removeAlpha().toColourspace('srgb').raw().toBuffer();
