import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { GraphBuilder, type Value } from '../../src-main/compiler/builder.ts';
import { buildModel, countParameters, type ImageShape, scaledPixels } from '../../src-main/compiler/model.ts';
import { interpret } from '../../src-main/compiler/reference.ts';
import { type ModelSpec, modelSpecSchema } from '../../src-main/contract/spec.ts';

const grey: ImageShape = { height: 4, width: 6, channels: 1 };
const colour: ImageShape = { height: 8, width: 8, channels: 3 };
const spec = (changes: object): ModelSpec =>
  v.parse(modelSpecSchema, {
    name: 'test',
    codeSize: 3,
    encoder: [{ type: 'dense', units: 3 }],
    decoder: [{ type: 'dense', units: 24 }],
    ...changes,
  });

/** Codes and reconstructions of random images, all parameters drawn at random. */
function runModel(modelSpec: ModelSpec, image: ImageShape) {
  const model = buildModel(modelSpec, image);
  const builder = new GraphBuilder();
  const size = image.height * image.width * image.channels;
  const images = builder.input('images', { dtype: 'uint8', shape: [2, image.height, image.width, image.channels] });
  const inputs = new Map<string, Value>();
  const shapes = new Map([...model.parameters, ...model.constants].map(({ name, shape }) => [name, shape]));
  const lookup = (name: string) => {
    const input = inputs.get(name) ?? builder.input(name, { dtype: 'float32', shape: shapes.get(name)! });
    inputs.set(name, input);
    return input;
  };
  const codes = model.encode(lookup, scaledPixels(images));
  const graph = builder.build('model', { codes, reconstruction: model.decode(lookup, codes) });
  const feeds = Object.fromEntries(
    [...shapes].map(([name, shape]) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length }, (_, index) => 0.5 + Math.sin(index * 7 + name.length) / 2);
      return [name, { dtype: 'float32' as const, shape, data }];
    }),
  );
  const pixels = Uint8Array.from({ length: 2 * size }, (_, index) => (index * 37) % 256);
  const imageFeed = { dtype: 'uint8' as const, shape: [2, image.height, image.width, image.channels], data: pixels };
  return { model, pixels, values: feeds, result: interpret(graph, { images: imageFeed, ...feeds }) };
}

describe('a dense model', () => {
  test('computes what its layers say', () => {
    const { model, pixels, values, result } = runModel(spec({}), grey);
    expect(countParameters(model)).toBe(24 * 3 + 3 + 3 * 24 + 24);
    const weight = values['encoder.0.weight']!.data;
    const bias = values['encoder.0.bias']!.data;
    for (let unit = 0; unit < 3; unit++) {
      let sum = bias[unit]!;
      for (let pixel = 0; pixel < 24; pixel++) sum += (pixels[pixel]! / 255) * weight[pixel * 3 + unit]!;
      expect(result.codes!.data[unit]).toBeCloseTo(sum, 4);
    }
    expect(result.reconstruction!.shape).toEqual([2, 24]);
  });

  test('with a silent network and a PCA start it is PCA', () => {
    const silent = { start: 'zero' };
    const { pixels, values, result } = runModel(
      spec({
        pcaStart: true,
        encoder: [{ type: 'dense', units: 3, ...silent }],
        decoder: [{ type: 'dense', units: 24, ...silent }],
      }),
      grey,
    );
    // runModel draws even the parameters that start at zero, so the network's own part is taken off again.
    const basis = values['pca.basis']!.data;
    const mean = values['pca.mean']!.data;
    const deviation = values['pca.deviation']!.data;
    for (let unit = 0; unit < 3; unit++) {
      let projection = 0;
      let learned = values['encoder.0.bias']!.data[unit]!;
      for (let pixel = 0; pixel < 24; pixel++) {
        projection += (pixels[pixel]! / 255 - mean[pixel]!) * basis[pixel * 3 + unit]!;
        learned += (pixels[pixel]! / 255) * values['encoder.0.weight']!.data[pixel * 3 + unit]!;
      }
      expect(result.codes!.data[unit]).toBeCloseTo(projection + deviation[unit]! * learned, 3);
    }
  });

  test('a clipped output stays within the range of pixels', () => {
    const { result } = runModel(spec({ output: 'clip' }), grey);
    expect(Math.max(...result.reconstruction!.data)).toBeLessThanOrEqual(1);
    expect(Math.min(...result.reconstruction!.data)).toBeGreaterThanOrEqual(0);
  });
});

describe('a convolutional model', () => {
  const layers = {
    encoder: [
      { type: 'conv', filters: 4, stride: 2 },
      { type: 'residual' },
      { type: 'groupNorm', groups: 2 },
      { type: 'activation', activation: 'relu' },
      { type: 'dense', units: 3 },
    ],
    decoder: [
      { type: 'dense', units: 64, activation: 'tanh' },
      { type: 'layerNorm' },
      { type: 'reshape', height: 4, width: 4, channels: 4 },
      { type: 'upsample', filters: 4 },
      { type: 'conv', filters: 3 },
    ],
  };

  test('keeps the shapes that its summary states', () => {
    const { model, result } = runModel(spec(layers), colour);
    expect(model.layers.map(({ layer, output }) => `${layer} ${output.join('×')}`)).toEqual([
      'conv 4×4×4',
      'residual 4×4×4',
      'groupNorm 4×4×4',
      'activation 4×4×4',
      'dense 3',
      'dense 64',
      'layerNorm 64',
      'reshape 4×4×4',
      'upsample 8×8×4',
      'conv 8×8×3',
    ]);
    expect(result.codes!.shape).toEqual([2, 3]);
    expect(result.reconstruction!.shape).toEqual([2, 192]);
    expect(result.reconstruction!.data.every(Number.isFinite)).toBe(true);
  });

  test('odd sizes halve upwards and colours stay apart', () => {
    const odd = { height: 5, width: 7, channels: 3 };
    const { model } = runModel(
      spec({
        encoder: [
          { type: 'conv', filters: 2, stride: 2 },
          { type: 'dense', units: 3 },
        ],
        decoder: [{ type: 'dense', units: 105 }],
      }),
      odd,
    );
    expect(model.layers[0]!.output).toEqual([3, 4, 2]);
  });
});

describe('a spec that cannot work names the layer and the shapes', () => {
  test.each([
    [
      'an encoder of the wrong size',
      { encoder: [{ type: 'dense', units: 5 }] },
      grey,
      'Model "test": the encoder must end in the code size 3, but its last layer (dense) gives 5.',
    ],
    [
      'a decoder of the wrong size',
      { decoder: [{ type: 'dense', units: 25 }] },
      grey,
      'Model "test": the decoder must end in 4×6×1 pixels, but its last layer (dense) gives 25.',
    ],
    [
      'no encoder',
      { encoder: [] },
      grey,
      'Model "test": the encoder must end in the code size 3, but it has no layers.',
    ],
    [
      'a convolution on a flat code',
      { decoder: [{ type: 'conv', filters: 1 }] },
      grey,
      'Layer decoder.0 (conv): it needs height×width×channels, and receives 3 values without a place.',
    ],
    [
      'an impossible reshape',
      { decoder: [{ type: 'reshape', height: 2, width: 2, channels: 1 }] },
      grey,
      'Layer decoder.0 (reshape): 3 values cannot become 2×2×1.',
    ],
    [
      'groups that do not divide',
      {
        encoder: [
          { type: 'conv', filters: 3 },
          { type: 'groupNorm', groups: 2 },
        ],
      },
      grey,
      'Layer encoder.1 (groupNorm): 3 channels cannot be divided into 2 groups.',
    ],
    [
      'a PCA start wider than the image',
      { codeSize: 30, pcaStart: true, encoder: [{ type: 'dense', units: 30 }] },
      grey,
      'The code size 30 is larger than the image (24 values), so nothing would be reduced.',
    ],
  ])('%s', (_, changes, image, message) => {
    expect(() => buildModel(spec(changes), image)).toThrow(expect.objectContaining({ code: 'spec-invalid', message }));
  });
});
