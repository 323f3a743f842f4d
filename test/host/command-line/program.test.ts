// The command line over a fake service: requests, output, JSON, errors, interrupts and exit codes.
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { buildModel } from '../../../src-main/compiler/model.ts';
import type { DeviceReport, Service } from '../../../src-main/contract/api.ts';
import { PinholeError } from '../../../src-main/contract/errors.ts';
import { modelSpecSchema } from '../../../src-main/contract/spec.ts';
import { runCommandLine } from '../../../src-main/host/command-line/program.ts';
import { handmadeZip } from '../../dataset/support/archives.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { dataset, fakeService, fakeSurroundings, report, run, untilCancelled } from './fake-service.ts';

async function pinhole(words: string[], overrides: Partial<Service> = {}, options: { isTTY?: boolean } = {}) {
  const service = fakeService(overrides);
  const { surroundings, printed, opened } = fakeSurroundings(service, options);
  const code = await runCommandLine(words, surroundings);
  return { code, ...printed, opened, calls: service.calls };
}

const commandNames = [
  ...['reduce', 'import', 'train', 'sweep', 'compare', 'advise', 'encode', 'decode', 'export', 'sample', 'walk'],
  ...['columns', 'label'],
  ...['compress', 'decompress', 'inspect', 'verify'],
  ...['presets', 'info', 'devices', 'serve', 'samples'],
];

describe('help', () => {
  test('lists every command and the exit codes', async () => {
    const { code, output } = await pinhole(['--help']);
    expect(code).toBe(0);
    for (const name of commandNames) expect(output).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(output).toContain('4 workspace in use by another process');
    expect(output).toContain('PINHOLE_WORKSPACE');
  });

  test.each(commandNames)('%s has examples', async (name) => {
    const { code, output } = await pinhole([name, '--help']);
    expect(code).toBe(0);
    expect(output).toContain(`Examples:\n  pinhole ${name}`);
  });

  test('ranges and defaults are shown', async () => {
    const { output } = await pinhole(['reduce', '--help']);
    const text = output.replace(/\s+/g, ' ');
    expect(text).toContain('(whole number 2–1024 or auto; default: auto)');
    expect(text).toContain(
      '(recommended|deep|conv|resconv|denoising|sparse|variational|vq|fsq|wae|agarap2019; default: recommended)',
    );
    expect(text).toContain('(number 0–30; default: 20)');
  });

  test('a preset is printed as the spec that --spec takes', async () => {
    const { code, output } = await pinhole(['presets', 'conv', '--image', '32x48x3', '--codes', '5']);
    expect(code).toBe(0);
    const spec = v.parse(modelSpecSchema, JSON.parse(output));
    expect(buildModel(spec, { height: 32, width: 48, channels: 3 }).spec).toMatchObject({ name: 'conv', codeSize: 5 });
    expect((await pinhole(['presets'])).output).toMatch(/^recommended: Starts at the PCA solution/);
    const unknown = await pinhole(['presets', 'magic']);
    expect([unknown.code, unknown.errors]).toEqual([2, expect.stringContaining('There is no preset "magic".')]);
    const image = await pinhole(['presets', 'conv', '--image', '32']);
    expect([image.code, image.errors]).toEqual([2, expect.stringContaining('Expected height×width×channels')]);
  });

  test('the version is that of the package', async () => {
    expect((await pinhole(['--version'])).output).toBe('1.2.3\n');
  });
});

test('samples and walks go to the picture that was named', async () => {
  const sampled = await pinhole(['sample', run.id, '--count', '9', '--seed', '4', '--out', 'new.png']);
  expect(sampled.calls).toContainEqual(['sample', run.id, { count: 9, seed: 4 }, resolve('new.png')]);
  const walked = await pinhole(['walk', run.id, '--from', 'a/1.png', '--to', '7', '--out', 'walk.png', '--json']);
  const options = { from: 'a/1.png', to: '7', steps: 10 };
  expect(walked.calls).toContainEqual(['walk', run.id, options, resolve('walk.png')]);
  expect(JSON.parse(walked.output)).toEqual({ run: run.id, ...options, file: resolve('walk.png') });
});

describe('wrong use', () => {
  const lines = [
    [['fly'], "unknown command 'fly'"],
    [['import'], "missing required argument 'source'"],
    [['reduce', 'photos'], "required option '--out <dir>' not specified"],
    [['import', 'photos', '--size', 'big'], 'Expected whole number 2–1024 or auto.'],
    [['train', '--epochs', '1.5'], 'Expected whole number 0–1000000.'],
    [['train', '--optimizer', 'adamw,speed=3'], 'Expected e.g. adamw,weightDecay=0.05,clipNorm=1.'],
    [['train', '--preset', 'magic'], 'Expected recommended|deep|conv|resconv|'],
    [['train', '--pca-start', 'maybe'], 'Expected yes or no.'],
    [['import', 'photos', '--fold', '6'], 'Expected e.g. 1/5.'],
    [
      ['export', '--out', 'x', '--formats', 'csv,exe'],
      'Expected any of csv,npy,parquet,model,contact-sheet,loss-plot,map-svg,map-png,html,tensorboard,projector,run-record; default: csv,npy,parquet,model,contact-sheet,loss-plot',
    ],
    [['reduce', '--samples', 'photos', '--out', 'x'], 'Expected whole number 1–1000000.'],
    [['samples', 'x', '--count', '0'], 'Expected whole number 1–1000000.'],
  ] as const;

  test.each(lines)('%j exits with 2 and says why', async (words, reason) => {
    const { code, errors, opened } = await pinhole([...words]);
    expect(code).toBe(2);
    expect(errors).toContain(reason);
    expect(opened).toEqual([]);
  });

  test.each(lines)('%j with --json says why on standard output too', async (words, reason) => {
    const { output } = await pinhole([...words, '--json']);
    const { error } = JSON.parse(output);
    expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining(reason) });
    expect(error.message).not.toMatch(/^error/);
  });

  test.each([
    ['output folder', ['reduce', 'photos', '--out', 'photos']],
    ['output folder', ['reduce', 'others', '--test', 'photos', '--out', 'photos/features']],
    ['output folder', ['encode', run.id, 'photos', '--out', 'photos/..features']],
    ['workspace', ['import', '/']],
  ])('the %s may not lie inside a source: %j', async (what, words) => {
    const { code, errors, calls } = await pinhole(words);
    expect(code).toBe(2);
    expect(errors).toContain(`The ${what} `);
    expect(errors).toContain('lies inside the source');
    expect(calls.map(([name]) => name)).not.toContain('import');
    expect(existsSync('photos')).toBe(false);
  });

  test('a source inside the output folder, or beside it, is fine', async () => {
    const out = temporaryFolder();
    for (const source of [join(out, 'images'), `${out}-images`, join(out, '..images')])
      expect((await pinhole(['reduce', source, '--out', out])).code).toBe(0);
  });

  test('reduce without any source says what to do', async () => {
    const { code, errors } = await pinhole(['reduce', '--out', temporaryFolder()]);
    expect(code).toBe(2);
    expect(errors).toBe('Error: No source was named.\nName folders or files of images, or draw some with --samples.\n');
  });
});

describe('requests', () => {
  test('reduce passes settings to import and training, and the seed to both', async () => {
    const out = join(temporaryFolder(), 'features');
    const words = ['reduce', 'a', 'b', '--test', 'c', '--test', 'd', '--size', '32', '--codes', '30', '--seed', '7'];
    const more = ['--labels', 'no', '--optimizer', 'sgd,momentum=0.9,nesterov=true', '--hidden', '512,256', '--fresh'];
    const { code, calls } = await pinhole([...words, ...more, '--out', out]);
    expect(code).toBe(0);
    expect(existsSync(out)).toBe(true);
    const sources = { sources: [resolve('a'), resolve('b')], testSources: [resolve('c'), resolve('d')] };
    const optimizer = { type: 'sgd', momentum: 0.9, nesterov: true };
    expect(calls).toEqual([
      ['import', { ...sources, size: 32, labels: false, seed: 7 }],
      ['train', dataset.id, { codeSize: 30, seed: 7, optimizer, hidden: [512, 256] }, { fresh: true }],
      ['encode', run.id, {}],
      ['export', run.id, out, ['csv', 'npy', 'parquet', 'model', 'contact-sheet', 'loss-plot']],
      ['close'],
    ]);
  });

  test('reduce --samples draws into the output folder and reduces that', async () => {
    const out = temporaryFolder();
    const { calls } = await pinhole(['reduce', '--samples', '16', '--out', out]);
    expect(existsSync(join(out, 'samples/circle/00000.png'))).toBe(true);
    expect(calls[0]).toEqual(['import', { sources: [join(out, 'samples')] }]);
  });

  test('the lock is told the command, and the workspace can be chosen', async () => {
    const { opened } = await pinhole(['train', '--workspace', 'elsewhere']);
    expect(opened).toEqual([{ workspace: resolve('elsewhere'), command: 'pinhole train --workspace elsewhere' }]);
    expect((await pinhole(['info'])).opened[0]!.workspace).toBe(resolve('/workspace'));
  });

  test('info only reads, and devices opens no workspace', async () => {
    expect((await pinhole(['info'])).opened).toEqual([
      { workspace: resolve('/workspace'), command: 'pinhole info', readsOnly: true },
    ]);
    expect((await pinhole(['devices'])).opened).toEqual([]);
  });

  test('devices are measured on the model that is asked for, and described with what is known of them', async () => {
    const words = ['devices', '--preset', 'conv', '--codes', '32', '--size', '64', '--color', 'rgb'];
    const gpu: DeviceReport = {
      ...{ kind: 'webgpu', name: 'NVIDIA T4 (Vulkan)', software: false, usable: true, reason: 'Self-test passed.' },
      ...{ driver: 'nvidia 550.54', memory: 15 * 2 ** 30, stepsPerSecond: 12.5, imagesPerSecond: 1600 },
      measuredOn: 'conv, 32 codes',
    };
    const cuda = { kind: 'tensorflow', name: 'TensorFlow', software: false, usable: false, reason: 'Not installed.' };
    const { calls, output } = await pinhole(words, { devices: async () => [gpu, cuda] });
    const model = { preset: 'conv', codeSize: 32, size: 64, channels: 3 };
    expect(calls.find(([name]) => name === 'findDevices')).toEqual(['findDevices', model]);
    expect(output).toBe(
      [
        'webgpu: NVIDIA T4 (Vulkan): usable',
        '  Self-test passed.',
        '  driver: nvidia 550.54; memory: 15.0 GB',
        '  1,600 images/s, 12.5 training steps/s (conv, 32 codes)',
        'tensorflow: TensorFlow: not usable',
        '  Not installed.',
        '  driver: unknown; memory: unknown\n',
      ].join('\n'),
    );
  });

  test('train takes the newest data set, a name, or the beginning of an id', async () => {
    const older = { ...dataset, id: 'older-9', name: 'mnist', created: '2025-01-01T00:00:00.000Z' };
    const trainedOn = async (...words: string[]) =>
      (await pinhole(['train', ...words], { datasets: async () => [older, dataset] })).calls.find(
        ([name]) => name === 'train',
      )?.[1];
    expect(await trainedOn()).toBe(dataset.id);
    expect(await trainedOn('mnist')).toBe(older.id);
    expect(await trainedOn('old')).toBe(older.id);
  });

  test('new images are brought to the pixels that the model was trained on', async () => {
    const { calls } = await pinhole(['encode', run.id, 'new']);
    const { preprocessing } = dataset;
    expect(calls).toContainEqual(['import', { sources: [resolve('new')], preprocessing, validation: 0 }]);
    expect(calls).toContainEqual(['encode', run.id, { datasetId: dataset.id }]);
  });

  test('features of new images are written where a folder is named', async () => {
    const out = temporaryFolder();
    const { calls } = await pinhole(['encode', run.id, 'new', '--out', out]);
    expect(calls).toContainEqual(['export', run.id, out, ['csv', 'npy', 'parquet'], { datasetId: dataset.id }]);
  });

  test('decode names run, codes and folder', async () => {
    const out = temporaryFolder();
    const { calls } = await pinhole(['decode', run.id, 'codes.csv', '--out', out]);
    expect(calls).toContainEqual(['decode', run.id, resolve('codes.csv'), out]);
  });

  test('export encodes first, and writes what is asked for', async () => {
    const out = temporaryFolder();
    const { calls } = await pinhole(['export', '--out', out, '--formats', 'csv,tensorboard']);
    const nothing = { bom: false, map: null, color: null, clusters: null, duplicates: false };
    expect(calls.slice(1, 3)).toEqual([
      ['encode', run.id, {}],
      ['export', run.id, out, ['csv', 'tensorboard'], nothing],
    ]);
    const marked = await pinhole(['export', '--out', out, '--formats', 'csv', '--bom']);
    expect(marked.calls).toContainEqual(['export', run.id, out, ['csv'], { ...nothing, bom: true }]);
    const map = { method: 'tsne', perplexity: 30 };
    const clusters = { neighbours: 15, resolution: 1, seed: 1 };
    const more = await pinhole(['export', '--out', out, '--formats', 'csv', '--map', 'tsne', '--clusters']);
    expect(more.calls).toContainEqual(['export', run.id, out, ['csv'], { ...nothing, map, clusters }]);
    // Colours of clusters need clusters.
    const words = ['--formats', 'html,map-svg', '--color', 'cluster', '--duplicates'];
    const drawn = await pinhole(['export', '--out', out, ...words]);
    const wanted = { ...nothing, color: 'cluster', clusters, duplicates: true };
    expect(drawn.calls).toContainEqual(['export', run.id, out, ['html', 'map-svg'], wanted]);
  });
});

describe('output', () => {
  test('with --json the only line on standard output is one object with the fields that scripts rely on', async () => {
    const { output, errors } = await pinhole(['reduce', 'a', '--json', '--out', temporaryFolder()]);
    expect(output.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(output)).toMatchObject({
      images: 100,
      skipped: 1,
      size: 64,
      codes: 64,
      preset: 'recommended',
      device: 'cpu',
      epochs: 10,
      importSeconds: 1.5,
      trainSeconds: 75,
      encodeSeconds: 0.5,
      exportSeconds: 0.1,
      heldOutMse: 0.003,
      pcaMse: 0.009,
      meanImageMse: 0.067,
      psnr: 25.2,
      ssim: 0.95,
      knn: 0.974,
      pcaKnn: 0.976,
      rawKnn: 0.969,
      warnings: ['2 of 64 codes never change. Ask for 62 codes.'],
      findings: [{ code: 'dead-units', figures: { dead: 2, units: 64 }, remedy: { codeSize: 62 } }],
    });
    expect(errors).toContain('Imported 100 images');
  });

  test('notices that warn are in the JSON too', async () => {
    const { output, errors } = await pinhole(['reduce', 'a', '--json', '--out', temporaryFolder()], {
      async train(_, __, ___, context) {
        context?.onNotice?.({ level: 'warning', message: 'Went back.' });
        context?.onNotice?.({ level: 'info', message: 'By the way.' });
        return { run, trained: true, seconds: 1 };
      },
    });
    expect(JSON.parse(output).warnings).toEqual([expect.stringContaining('2 of 64'), 'Went back.']);
    expect(errors).toContain('Warning: Went back.\nBy the way.\n');
  });

  test('the summary of reduce reads as it should', async () => {
    const { output } = await pinhole(['reduce', 'a', '--out', temporaryFolder()]);
    expect(output).toBe(`Imported 100 images (60 new, 40 known) as 64×64 colour in 1.5 s.
1 file skipped:
  bad\\n.png: Expected an image, received text.
Trained recommended, 64 codes, 10 epochs on cpu in 1 min 15 s.
Encoded 100 images in 0.5 s.
Held-out error on 10 images (validation):
                   MSE     PSNR   SSIM    5-NN
  recommended  0.00300  25.2 dB  0.950  97.4 %
  PCA          0.00900  20.4 dB  0.900  97.6 %
  mean image    0.0670  11.7 dB  0.100
  raw pixels                            96.9 %
Warning: 2 of 64 codes never change. Ask for 62 codes.
  To try it: --codes 62
Wrote 100 rows in 0.1 s:
  /out/features.csv
`);
  });

  test('figures of images that it learned from are not called held out; no error at all is infinitely far above noise', async () => {
    const perfect = { ...run, report: { ...report, heldOut: 'none' as const, model: { mse: 0, psnr: null, ssim: 1 } } };
    const encode = async () => ({ run: perfect, images: 1, codesFile: '', seconds: 1, evaluateSeconds: 0 });
    const { output } = await pinhole(['export', '--out', temporaryFolder()], { encode });
    expect(output).toContain('Error on the 10 images that it learned from (none were held out):\n');
    expect(output).toMatch(/recommended +0\.00 +∞ dB/);
    expect(output).not.toContain('Held-out');
  });

  test('without labels there is no column for neighbours', async () => {
    const unlabelled = { ...run, report: { ...report, knn: null, pcaKnn: null, rawKnn: null } };
    const encode = async () => ({ run: unlabelled, images: 1, codesFile: '', seconds: 1, evaluateSeconds: 0 });
    const { output } = await pinhole(['export', '--out', temporaryFolder()], { encode });
    expect(output).not.toContain('5-NN');
    expect(output).not.toContain('raw pixels');
  });

  test.each([['info'], ['info', dataset.id], ['info', run.id], ['devices']])(
    '%s %s gives JSON and words',
    async (...words) => {
      const { output, errors } = await pinhole([...words, '--json']);
      expect(JSON.parse(output)).toBeTypeOf('object');
      expect(errors).not.toBe('');
      expect((await pinhole(words)).output).toBe(errors);
    },
  );
});

describe('errors', () => {
  async function failWith(error: Error, ...words: string[]) {
    return pinhole(['info', ...words], {
      datasets: async () => {
        throw error;
      },
    });
  }

  test.each([
    ['usage', 2],
    ['spec-invalid', 2],
    ['workspace-locked', 4],
    ['source-empty', 1],
    ['disk-full', 1],
  ] as const)('%s exits with %i, with message and advice and no stack', async (code, exitCode) => {
    const result = await failWith(new PinholeError(code, 'It went wrong.', 'Do better.'));
    expect(result.code).toBe(exitCode);
    expect(result.errors).toBe('Error: It went wrong.\nDo better.\n');
    expect(result.calls.at(-1)).toEqual(['close']);
  });

  test('with --json the error is the last line', async () => {
    const { output } = await failWith(new PinholeError('disk-full', 'Full.', 'Free some.'), '--json');
    expect(JSON.parse(output)).toEqual({ error: { code: 'disk-full', message: 'Full.', advice: 'Free some.' } });
  });

  test('our own bugs show where they are', async () => {
    const { code, errors } = await failWith(new RangeError('surprise'));
    expect(code).toBe(1);
    expect(errors).toContain('internal: surprise');
    expect(errors).toContain('program.test.ts');
  });

  test('an unknown id says how to find the known ones', async () => {
    const { code, errors } = await pinhole(['train', 'nothing']);
    expect(code).toBe(1);
    expect(errors).toContain('There is no data set "nothing" in this workspace.\n"pinhole info" lists');
  });
});

describe('interrupts', () => {
  const cancelled = new PinholeError('cancelled', 'Stopped.', 'Run the same again to go on from here.');

  async function interruptTraining(signals: ('SIGINT' | 'SIGTERM')[], pause: number) {
    const service = fakeService();
    const { surroundings, printed, interrupt } = fakeSurroundings(service);
    service.train = async (_, __, ___, context) => {
      queueMicrotask(async () => {
        for (const signal of signals) {
          interrupt(signal);
          await new Promise((resume) => setTimeout(resume, pause));
        }
      });
      await untilCancelled(context, cancelled).catch(() => {});
      await new Promise((resume) => setTimeout(resume, (pause + 10) * signals.length));
      throw cancelled;
    };
    return { code: await runCommandLine(['train'], surroundings), ...printed };
  }

  test('Ctrl-C stops, says how to go on, and exits with 130', async () => {
    const { code, errors, exits } = await interruptTraining(['SIGINT'], 0);
    expect(code).toBe(130);
    expect(errors).toBe(
      'Stopping. Press Ctrl-C again to end at once.\nStopped. Run the same again to go on from here.\n',
    );
    expect(exits).toEqual([]);
  });

  test('the same Ctrl-C heard twice is one', async () => {
    expect((await interruptTraining(['SIGINT', 'SIGINT'], 5)).exits).toEqual([]);
  });

  test('a second Ctrl-C ends at once', async () => {
    expect((await interruptTraining(['SIGINT', 'SIGINT'], 350)).exits).toEqual([130]);
  });

  test('SIGTERM exits with 143', async () => {
    expect((await interruptTraining(['SIGTERM'], 0)).code).toBe(143);
  });
});

describe('compress', () => {
  const settingsOf = (calls: unknown[][]) => calls.find(([method]) => method === 'compress')!.slice(1, 4);

  test('trains on the images unless a run is named, and says what is lost', async () => {
    const { code, output, calls } = await pinhole(['compress', 'photos', '--out', 'photos.pinhole', '--codes', '30']);
    expect(code).toBe(0);
    expect(calls.map(([method]) => method)).toEqual(['import', 'train', 'compress', 'close']);
    expect(settingsOf(calls)).toEqual([
      run.id,
      {
        file: resolve('photos.pinhole'),
        goal: { kind: 'quality', quality: 90 },
        maxError: null,
        keepOriginals: false,
        compare: false,
      },
      { datasetId: dataset.id },
    ]);
    expect(output).toContain('Images come back at 64×64, colour');
    expect(output).toContain('50,000 bytes, 500.0 an image (100.0 without the decoder)');
    expect(output).toContain('PSNR 24.12 dB (5th percentile 20.00 dB, worst 18.00 dB), SSIM 0.900 (0.800, 0.700)');
    expect(output).toContain('2 images with a residual, 1 image kept whole, 1 file that could not be read listed');
  });

  test('adds images to an archive by the model that it was made with', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'photos.pinhole');
    const manifest = {
      format: 'pinhole-archive',
      version: 1,
      pinhole: '1.2.3',
      created: '2026-01-01T00:00:00.000Z',
      name: 'photos',
      images: 100,
      image: { height: 64, width: 64, channels: 3 },
      preprocessing: {},
      model: { run: run.id, preset: 'recommended', codeSize: 64, weights: 'ab', decoderNumbers: 'int8' },
      psnr: 24,
      psnrWorst: 18,
      maxError: 18,
      members: {},
    };
    const write = (changes: object) => {
      const data = Buffer.from(JSON.stringify({ ...manifest, ...changes }));
      writeFileSync(file, handmadeZip({ name: 'manifest.json', data }));
    };
    write({});
    const words = ['compress', 'more', '--append', '--keep-originals', '--out', file];
    const { code, output, calls } = await pinhole(words);
    expect([code, calls.map(([method]) => method)]).toEqual([0, ['runs', 'datasets', 'import', 'append', 'close']]);
    expect(calls.find(([method]) => method === 'append')).toEqual([
      ...['append', run.id],
      { file, keepOriginals: true },
      { datasetId: dataset.id },
    ]);
    expect(output).toContain('Added 8 images');
    expect(output).toContain('2 images were there already');
    expect(output).toContain('110 images now, 51,000 bytes');

    write({ model: { ...manifest.model, run: 'gone-1234567890' } });
    const gone = await pinhole(words);
    expect([gone.code, gone.errors]).toEqual([1, expect.stringContaining('gone-1234567890')]);
    expect((await pinhole(['compress', 'more', '--append', '--out', join(folder, 'none')])).code).not.toBe(0);
  });

  test('takes the images of the run, or others', async () => {
    const words = ['compress', '--run', 'recommended', '--out', 'x.pinhole', '--bytes', '9000', '--keep-originals'];
    const own = await pinhole([...words, '--max-error', '20.5', '--json']);
    expect(own.calls.map(([method]) => method)).toEqual(['runs', 'datasets', 'compress', 'close']);
    expect(settingsOf(own.calls)[1]).toMatchObject({
      goal: { kind: 'bytes', bytes: 9000 },
      maxError: 20.5,
      keepOriginals: true,
      compare: false,
    });
    expect(JSON.parse(own.output)).toMatchObject({ images: 100, bytes: 50_000, storedWhole: 1, run: run.id });
    const others = await pinhole(['compress', 'new', ...words.slice(1, 5), '--psnr', '25']);
    expect(others.calls.find(([method]) => method === 'import')![1]).toMatchObject({ validation: 0 });
    expect(settingsOf(others.calls)[1]).toMatchObject({ goal: { kind: 'psnr', psnr: 25 } });
  });

  test.each([
    [['--quality', '90', '--psnr', '20'], 'cannot be used with'],
    [['--quality', '101'], 'Expected number 0–100.'],
    [['--bytes', 'many'], 'Expected whole number'],
    [['--append', '--psnr', '20'], 'cannot be used with'],
  ])('refuses %j', async (words, said) => {
    const { code, errors, calls } = await pinhole(['compress', 'photos', '--out', 'x.pinhole', ...words]);
    expect([code, errors]).toEqual([2, expect.stringContaining(said)]);
    expect(calls).toEqual([]);
  });
});
