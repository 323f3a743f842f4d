// The commands: how each is written, what it offers, and which function of commands.ts does it.
import { InvalidArgumentError, Option } from 'commander';
import { restoredFormats } from '../../contract/archive.ts';
import { columnKeys } from '../../contract/columns.ts';
import { overlapNeighbours, usualClusters } from '../../contract/explore.ts';
import { presetNames } from '../../contract/settings.ts';
import { exportFormats, isMapColor, mapColors, mapMethods } from '../../contract/tasks.ts';
import { sampleDefaults } from '../../dataset/samples.ts';
import { itemGroupings } from '../image-groups.ts';
import * as archives from './archives.ts';
import { columns, label } from './columns.ts';
import * as commands from './commands.ts';
import { copy } from './copy.ts';
import * as explore from './explore.ts';
import { listOption, settingOption, settingOptions, settingOptionsBut } from './options.ts';
import { repeat } from './repeat.ts';
import * as search from './search.ts';

type Arguments = readonly (string | string[] | undefined)[];

export interface CommandDescription {
  /** Name and arguments in commander's notation. */
  usage: string;
  description: string;
  /** Each without `pinhole`. */
  examples: string[];
  options: Option[];
  /** Settings without a default are as the preset has them: said in the help. */
  hasPreset?: boolean;
  /** Works while another process holds the workspace. */
  readsOnly?: boolean;
  /** Exactly one of the two: with the workspace opened, or without one. */
  run?: (work: commands.Work, options: commands.Options, given: Arguments) => Promise<void>;
  runAlone?: (work: commands.LoneWork, options: commands.Options, given: Arguments) => Promise<void>;
}

/** `defaultWorkspace` is shown in the help. Options belong to one program, so every call makes new ones. */
export function describeCommands(defaultWorkspace: string): CommandDescription[] {
  const workspace = new Option('--workspace <dir>', `folder of data sets and runs (default: ${defaultWorkspace})`);
  const jsonMeaning = 'last line on standard output is one JSON object; everything else goes to standard error';
  const json = new Option('--json', jsonMeaning);
  const out = new Option('--out <dir>', 'folder to write to').makeOptionMandatory();
  const picture = new Option('--out <file>', 'PNG to write').makeOptionMandatory();
  const fresh = new Option('--fresh', 'train anew even if the same was trained before');
  const common = [workspace, json];
  return [
    {
      usage: 'reduce [source...]',
      description: 'The whole job in one line: images in, learned features out.',
      examples: [
        'reduce photos --out features',
        'reduce train --test test --codes 30 --seconds 60 --out features',
        'reduce --samples --out my-first-features',
      ],
      options: [out, drawnSamples(), fresh, ...settingOptions('import', 'train'), ...common],
      hasPreset: true,
      run: (work, options, [sources]) => commands.reduce(work, sources as string[], options),
    },
    {
      usage: 'import <source...>',
      description: 'Reads folders, single images, ZIP and TAR archives, IDX, NPY and NPZ files into a data set.',
      examples: [
        'import photos',
        'import mnist/train --test mnist/test --name mnist',
        'import scans.zip --size 64 --color grey',
      ],
      options: [...settingOptions('import'), ...common],
      run: (work, options, [sources]) => commands.importImages(work, sources as string[], options),
    },
    {
      usage: 'train [dataset]',
      description: 'Trains on a data set (the newest, if none is named), or resumes what was interrupted.',
      examples: [
        'train',
        'train mnist --codes 30 --epochs 20',
        'train photos --preset resconv --augment crop=0.8,flip=true --seconds 600',
      ],
      options: [fresh, ...settingOptions('train'), ...common],
      hasPreset: true,
      run: (work, options, [dataset]) => commands.train(work, dataset as string | undefined, options),
    },
    {
      usage: 'sweep [source...]',
      description:
        'Trains a grid of runs on a data set (the newest, if nothing is named) or on images, and compares them.',
      examples: [
        'sweep mnist --codes 8,16,32 --presets recommended,conv --seeds 1,2',
        'sweep photos --size 64 --presets resconv --codes 16,64 --seconds 60',
      ],
      options: [
        listOption('--codes <list>', 'learned features per image', 'codeSize', search.usualGrid.codes.join()),
        listOption('--presets <list>', 'models to begin from', 'preset', search.usualGrid.presets.join()),
        listOption('--seeds <list>', 'seeds of the runs', 'seed', search.usualGrid.seeds.join()),
        ...settingOptionsBut(['codes', 'preset', 'seed'], 'import', 'train'),
        ...common,
      ],
      hasPreset: true,
      run: (work, options, [sources]) => search.sweep(work, sources as string[], options),
    },
    {
      usage: 'compare [run...]',
      description: 'Sets runs of one data set, or a sweep (the newest, if none is named), beside each other.',
      examples: [
        'compare',
        'compare recommended-1a2b3c4d5e conv-1a2b3c4d5e --out comparison',
        'compare sweep-1a2b3c4d5e --json',
      ],
      options: [
        new Option(
          '--out <dir>',
          'also write comparison.svg (error by code size) and comparison.png (the same images)',
        ),
        ...common,
      ],
      run: (work, options, [runs]) => search.compare(work, runs as string[], options),
    },
    {
      usage: 'advise [source...]',
      description: 'Says how many numbers a code needs, on a data set (the newest, if nothing is named) or on images.',
      examples: ['advise mnist', 'advise photos --size 64 --preset resconv'],
      options: [...settingOptionsBut(['codes', 'spec'], 'import', 'train'), ...common],
      hasPreset: true,
      run: (work, options, [sources]) => search.advise(work, sources as string[], options),
    },
    {
      usage: 'encode <run> [source...]',
      description: "Encodes the images that a run was trained on, or other images with the run's model.",
      examples: ['encode recommended-1a2b3c4d5e', 'encode recommended-1a2b3c4d5e new-photos --out new-features'],
      options: [new Option('--out <dir>', 'also write the features (CSV, NPY, Parquet) to this folder'), ...common],
      run: (work, options, [run, sources]) => commands.encode(work, run as string, sources as string[], options),
    },
    {
      usage: 'decode <run> <codes>',
      description: 'Turns codes (CSV or NPY, edited or not) back into images.',
      examples: ['decode recommended-1a2b3c4d5e features/features.csv --out decoded'],
      options: [out, ...common],
      run: (work, options, [run, codes]) => commands.decode(work, run as string, codes as string, options),
    },
    {
      usage: 'export [run]',
      description: 'Writes features, model and pictures of a run (the newest, if none is named).',
      examples: [
        'export --out features',
        'export recommended-1a2b3c4d5e --formats csv,tensorboard --out features',
        'export --map umap --clusters --formats csv,parquet --out features',
        'export --map umap --clusters --duplicates --formats html --out report',
      ],
      options: [
        out,
        exportedFormats(),
        new Option(
          '--map <name>',
          'also the place of each image on that map, as map_x and map_y; the map that html, map-svg and map-png show',
        ).choices(mapMethods),
        mapColor('what the colours of that map tell'),
        new Option('--clusters', 'also the group of each image, as cluster; in html with its most central images'),
        new Option('--duplicates', 'also find near-duplicates, for html'),
        new Option('--bom', 'begin the CSV with a byte-order mark, which Excel needs to show letters beyond ASCII'),
        ...common,
      ],
      run: (work, options, [run]) => commands.exportFeatures(work, run as string | undefined, options),
    },
    {
      usage: 'repeat <file> [source...]',
      description:
        'Trains a run again from its record (export --formats run-record), and says whether it came out the same.',
      examples: [
        'repeat features/run.pinhole-run.json',
        'repeat run.pinhole-run.json photos --test held-out-photos --json',
      ],
      options: [
        settingOption('import', 'testSources'),
        new Option('--other-data', 'train alike on the sources that are named, even if these are other images'),
        settingOption('train', 'device', 'cpu|webgpu|tensorflow|auto; default: the recorded one'),
        settingOption('train', 'threads', 'whole number 1–256; default: as recorded, or as many as this machine has'),
        ...common,
      ],
      run: (work, options, [file, sources]) => repeat(work, file as string, sources as string[], options),
    },
    {
      usage: 'compress [source...]',
      description:
        'Writes images as one archive of codes with the decoder that gives them back, and says what is lost.',
      examples: [
        'compress photos --out photos.pinhole',
        'compress --run recommended-1a2b3c4d5e --psnr 25 --max-error 20 --out photos.pinhole',
        'compress new-photos --run recommended-1a2b3c4d5e --bytes 500000 --out new.pinhole',
        'compress more-photos --append --out photos.pinhole',
      ],
      options: [
        new Option('--out <file>', 'archive to write').makeOptionMandatory(),
        new Option('--run <run>', 'model to use (default: one is trained on the images)'),
        new Option('--append', 'add the images to the archive that is there, with its own model and bound').conflicts([
          ...['run', 'quality', 'psnr', 'bytes', 'maxError', 'compare', 'fresh'],
        ]),
        decimal('--quality <q>', '100 is as good as the model is', [0, 100], archives.usualQuality).conflicts([
          'psnr',
          'bytes',
        ]),
        decimal('--psnr <db>', 'error over all images, in dB', [1, 100]).conflicts('bytes'),
        wholeNumber('--bytes <n>', 'size of the archive', [1, 2 ** 32 - 1], 'as the quality needs'),
        decimal('--max-error <db>', 'error that no single image exceeds, in dB', [1, 100]),
        new Option('--keep-originals', 'store the files themselves, too'),
        new Option('--compare', 'also say what PNG, WebP, JPEG, AVIF and PCA codes take for the same pixels'),
        fresh,
        ...settingOptions('import', 'train'),
        ...common,
      ],
      hasPreset: true,
      run: (work, options, [sources]) => archives.compress(work, sources as string[], options),
    },
    {
      usage: 'decompress <file> [path...]',
      description: 'Brings the images of an archive back, in the folders that they came from; with paths, only those.',
      examples: [
        'decompress photos.pinhole --out photos-again',
        'decompress photos.pinhole cats dogs/9.jpg --format webp --out again',
      ],
      options: [
        out,
        new Option('--format <name>', 'of images that are not kept whole').choices(restoredFormats).default('png'),
        json,
      ],
      runAlone: (work, options, [file, paths]) => archives.decompress(work, file as string, paths as string[], options),
    },
    {
      usage: 'inspect <file>',
      description: 'Shows what an archive holds and what it says of its loss.',
      examples: ['inspect photos.pinhole', 'inspect photos.pinhole --images'],
      options: [new Option('--images', 'list every image, from the worst to the best'), json],
      runAlone: (work, options, [file]) => archives.inspect(work, file as string, options),
    },
    {
      usage: 'verify <file>',
      description: 'Decodes all of an archive and compares every checksum; with --against, every image too.',
      examples: ['verify photos.pinhole', 'verify photos.pinhole --against photos'],
      options: [new Option('--against <source>', 'the images that it was made of'), json],
      runAlone: (work, options, [file]) => archives.verify(work, file as string, options),
    },
    {
      usage: 'map [run]',
      description:
        'Lays out the codes of a run (the newest, if none is named) in two dimensions, and says how true that is.',
      examples: [
        'map --method umap --picture map.svg',
        'map recommended-1a2b3c4d5e --method tsne --perplexity 50 --json',
      ],
      options: [
        new Option('--method <name>', 'how').choices(mapMethods).default('umap'),
        wholeNumber('--neighbours <k>', 'neighbours of each image (umap)', [2, 200], 15),
        decimal('--min-distance <x>', 'how tightly points may lie together (umap)', [0, 1], 0.1),
        wholeNumber('--seed <n>', 'seed of everything random (umap)', [0, 2 ** 32 - 1], 1),
        decimal('--perplexity <p>', 'about how many neighbours count (tsne)', [2, 100], 30),
        new Option('--picture <file>', 'also draw it there for print, as .svg or .png').argParser(pictureFile),
        mapColor('what the colours of the picture tell'),
        ...common,
      ],
      run: (work, options, [run]) => explore.map(work, run as string | undefined, options),
    },
    {
      usage: 'place <run> <source...>',
      description: 'Places new images on a map of the run that is there: each among the images with the nearest codes.',
      examples: ['place recommended-1a2b3c4d5e new-photos --out places.csv'],
      options: [
        new Option('--method <name>', 'which map').choices(mapMethods).default('umap'),
        new Option('--out <file>', 'also write the places as CSV'),
        ...common,
      ],
      run: (work, options, [run, sources]) => explore.place(work, run as string, sources as string[], options),
    },
    {
      usage: 'neighbours <run>',
      description: 'Shows the images whose codes are nearest to that of an image.',
      examples: ['neighbours recommended-1a2b3c4d5e --of cats/1.jpg', 'neighbours conv-1a2b3c4d5e --of 17 --count 50'],
      options: [
        new Option('--of <image>', 'its path in the data set, or its image_id').makeOptionMandatory(),
        wholeNumber('--count <k>', 'neighbours', [1, 10_000], 15),
        ...common,
      ],
      run: (work, options, [run]) => explore.neighbours(work, run as string, options),
    },
    {
      usage: 'overlap <run> <other>',
      description:
        'Says how alike two runs see the same images: the share of the nearest codes of each image that both have in common.',
      examples: [
        'overlap recommended-1a2b3c4d5e conv-1a2b3c4d5e',
        'overlap recommended-1a2b3c4d5e conv-1a2b3c4d5e --k 50 --json',
      ],
      options: [wholeNumber('--k <n>', 'nearest codes of each image', [1, 1000], overlapNeighbours), ...common],
      run: (work, options, [run, other]) => explore.overlap(work, run as string, other as string, options),
    },
    {
      usage: 'clusters [run]',
      description:
        'Finds groups of images on the graph of nearest codes (PhenoGraph), each with its most central images.',
      examples: [
        'clusters',
        'clusters recommended-1a2b3c4d5e --resolution 2 --out clusters.csv',
        'clusters --copy-to sorted',
      ],
      options: [
        wholeNumber('--neighbours <k>', 'neighbours of each image in the graph', [2, 200], usualClusters.neighbours),
        decimal('--resolution <r>', 'above 1 clusters are more and smaller', [0.01, 100], usualClusters.resolution),
        wholeNumber('--seed <n>', 'seed of everything random', [0, 2 ** 32 - 1], usualClusters.seed),
        new Option('--out <file>', 'also write the cluster of every image as CSV'),
        new Option('--copy-to <dir>', 'also copy the original images there, into a folder for each cluster'),
        ...common,
      ],
      run: (work, options, [run]) => explore.clusters(work, run as string | undefined, options),
    },
    {
      usage: 'copy [run]',
      description:
        'Copies the original images of a run (the newest, if none is named) into folders; the originals stay as they are.',
      examples: ['copy --by label --out sorted', 'copy recommended-1a2b3c4d5e --by split --out splits --json'],
      options: [
        new Option('--by <what>', 'a folder for each').choices(itemGroupings).makeOptionMandatory(),
        out,
        ...common,
      ],
      run: (work, options, [run]) => copy(work, run as string | undefined, options),
    },
    {
      usage: 'columns <dataset> [file]',
      description:
        'Brings further columns to the images of a data set from a CSV, by path or id; without a file, lists them.',
      examples: [
        'columns photos about.csv',
        'columns photos sizes.csv --by id --key number --json',
        'columns photos --remove age',
      ],
      options: [
        new Option('--by <what>', 'how rows name their images (default: as the file looks)').choices(columnKeys),
        new Option('--key <column>', 'column that does so (default: path, image_id or id)'),
        new Option('--remove <column...>', 'remove columns that were imported before'),
        ...common,
      ],
      run: (work, options, [dataset, file]) => columns(work, dataset as string, file as string | undefined, options),
    },
    {
      usage: 'label <dataset> [label]',
      description: 'Gives images of a data set a label, takes labels away or renames them; by itself, lists them.',
      examples: [
        'label photos cats --ids 1,2,3',
        'label photos cats --paths-from cats.txt',
        'label photos --remove --ids 7',
        'label photos --rename kittens cats',
      ],
      options: [
        new Option('--ids <list>', 'images by their image_id (e.g. 1,2,3)')
          .argParser((text: string) => text.split(',').map((id) => id.trim()))
          .conflicts(['pathsFrom', 'rename']),
        new Option('--paths-from <file>', 'images by their paths, one a line').conflicts('rename'),
        new Option('--remove', 'take the label away').conflicts('rename'),
        new Option('--rename <labels...>', 'the old label and the new; where that is there, they become one'),
        ...common,
      ],
      run: (work, options, [dataset, name]) => label(work, dataset as string, name as string | undefined, options),
    },
    {
      usage: 'duplicates [run]',
      description: 'Finds images that are nearly the same, confirmed on their pixels, and says which to keep.',
      examples: ['duplicates', 'duplicates recommended-1a2b3c4d5e --out duplicates.csv --json'],
      options: [new Option('--out <file>', 'also write all groups as CSV'), ...common],
      run: (work, options, [run]) => explore.duplicates(work, run as string | undefined, options),
    },
    {
      usage: 'outliers [run]',
      description: 'Ranks images that the model does not give back well, or whose codes lie far from all others.',
      examples: ['outliers', 'outliers recommended-1a2b3c4d5e --count 100 --out outliers.csv'],
      options: [
        wholeNumber('--count <n>', 'images', [1, 1_000_000], 20),
        new Option('--out <file>', 'also write them as CSV'),
        ...common,
      ],
      run: (work, options, [run]) => explore.outliers(work, run as string | undefined, options),
    },
    {
      usage: 'sample <run>',
      description: 'Draws new images from what a run has learned of the distribution of its images (variational, wae).',
      examples: [
        'sample variational-1a2b3c4d5e --out samples.png',
        'sample wae-1a2b3c4d5e --count 100 --seed 7 --out new.png',
      ],
      options: [
        picture,
        wholeNumber('--count <n>', 'images', [1, 4096], 64),
        wholeNumber('--seed <n>', 'seed of everything random', [0, 2 ** 32 - 1], 1),
        ...common,
      ],
      run: (work, options, [run]) => commands.sample(work, run as string, options),
    },
    {
      usage: 'walk <run>',
      description: 'Shows the images between two images, by going from the code of one to that of the other.',
      examples: [
        'walk variational-1a2b3c4d5e --from 3 --to 17 --out walk.png',
        'walk recommended-1a2b3c4d5e --from cats/1.jpg --to dogs/9.jpg --steps 16 --out walk.png',
      ],
      options: [
        picture,
        new Option('--from <image>', 'its path in the data set, or its image_id').makeOptionMandatory(),
        new Option('--to <image>', 'the same for the other end').makeOptionMandatory(),
        wholeNumber('--steps <n>', 'images, both ends included', [2, 256], 10),
        ...common,
      ],
      run: (work, options, [run]) => commands.walk(work, run as string, options),
    },
    {
      usage: 'presets [name]',
      description: 'Lists the presets, or prints one as a spec of layers, to be changed and trained with --spec.',
      examples: ['presets', 'presets conv --image 64x64x3 --codes 32 > mine.json'],
      options: [
        new Option('--image <size>', 'height×width×channels of the images (e.g. 64x64x3; default: 28x28x1)').argParser(
          readImageSize,
        ),
        wholeNumber('--codes <k>', 'learned features per image', [1, 65536], "the preset's own"),
        json,
      ],
      runAlone: (work, options, [name]) => commands.showPresets(work, name as string | undefined, options),
    },
    {
      usage: 'info [id]',
      description: 'Shows what the workspace holds, or all about one data set or run.',
      examples: ['info', 'info mnist --json'],
      options: common,
      readsOnly: true,
      run: (work, _, [id]) => commands.showInfo(work, id as string | undefined),
    },
    {
      usage: 'devices',
      description: 'Shows what can train here, and why other things cannot.',
      examples: ['devices', 'devices --preset conv --size 64 --color rgb', 'devices --json'],
      options: [
        new Option('--preset <name>', 'model to measure them on').choices(presetNames).default('recommended'),
        wholeNumber('--codes <k>', 'its learned features per image', [1, 65536], "the preset's"),
        wholeNumber('--size <px>', 'side of its images', [2, 1024], '28'),
        new Option('--color <mode>', 'its images').choices(['grey', 'rgb']).default('grey'),
        ...common,
      ],
      runAlone: commands.listDevices,
    },
    {
      usage: 'serve',
      description: 'Opens Pinhole for browsers on this machine, at an address with a secret that is printed.',
      examples: ['serve --open', 'serve --port 5000 --root /data/images --workspace features'],
      options: [
        new Option('--open', 'open it in the browser'),
        wholeNumber('--port <n>', 'port on 127.0.0.1', [1, 65535], '4747, or another one that is free'),
        new Option(
          '--root <dir>',
          'folder that may be read and written; may be repeated (default: the home folder)',
        ).argParser((dir: string, previous: string[] | undefined) => [...(previous ?? []), dir]),
        ...common,
      ],
      runAlone: (work, options) => commands.serveBrowsers(work, options),
    },
    {
      usage: 'samples <dir>',
      description: 'Draws sample images: coloured shapes in class folders, the same on every machine.',
      examples: ['samples shapes', 'samples shapes --count 500 --size 64 --seed 7'],
      options: [
        wholeNumber('--count <n>', 'images', [1, 1_000_000], sampleDefaults.count),
        wholeNumber('--size <px>', 'side of an image', [8, 1024], sampleDefaults.size),
        wholeNumber('--seed <n>', 'seed of everything random', [0, 2 ** 32 - 1], sampleDefaults.seed),
        json,
      ],
      runAlone: (work, options, [folder]) => commands.samples(work, folder as string, options),
    },
  ];
}

function readImageSize(text: string): { height: number; width: number; channels: number } {
  const [, height, width, channels] = (/^(\d+)[x×](\d+)[x×]([13])$/.exec(text) ?? []).map(Number);
  if (height && width && channels) return { height, width, channels };
  throw new InvalidArgumentError('Expected height×width×channels, e.g. 64x64x3.');
}

function drawnSamples(): Option {
  const what = 'draw sample images into the output folder and reduce them';
  return wholeNumber('--samples [n]', what, [1, 1_000_000], sampleDefaults.count);
}

function exportedFormats(): Option {
  const others = exportFormats.filter((format) => !commands.exportFormats.includes(format));
  const known: readonly string[] = [...commands.exportFormats, ...others];
  const range = `any of ${known.join(',')}; default: ${commands.exportFormats.join(',')}`;
  return new Option('--formats <list>', `what to write (${range})`).argParser((text) => {
    const formats = text.split(',');
    if (formats.every((format) => known.includes(format))) return formats;
    throw new InvalidArgumentError(`Expected ${range}.`);
  });
}

function decimal(flags: string, what: string, [low, high]: [number, number], standard?: number): Option {
  const range = `number ${low}–${high}`;
  const hint = standard === undefined ? range : `${range}; default: ${standard}`;
  return new Option(flags, `${what} (${hint})`).argParser((text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected ${range}.`);
  });
}

function wholeNumber(flags: string, what: string, [low, high]: [number, number], standard: number | string): Option {
  const range = `whole number ${low}–${high}`;
  return new Option(flags, `${what} (${range}; default: ${standard})`).argParser((text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected ${range}.`);
  });
}

function mapColor(what: string): Option {
  const choices = [...mapColors, 'column:NAME'].join('|');
  return new Option('--color <what>', `${what} (${choices}; default: label, or mse without labels)`).argParser(
    (text) => {
      if (isMapColor(text)) return text;
      throw new InvalidArgumentError(`Allowed choices are ${mapColors.join(', ')}, column:NAME.`);
    },
  );
}

function pictureFile(path: string): string {
  if (/\.(svg|png)$/i.test(path)) return path;
  throw new InvalidArgumentError('Expected the name of a file that ends in .svg or .png.');
}
