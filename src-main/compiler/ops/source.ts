// Ops without inputs: graph inputs and constants.
import { PinholeError } from '../../contract/errors.ts';
import type { Tensor, TensorType } from '../graph.ts';
import { invalid, type Op } from './op.ts';
import { elements, isValidShape } from './shapes.ts';
import { tfTypes } from './tensorflow.ts';

export interface SourceParams {
  input: { readonly name: string; readonly type: TensorType };
  constant: Tensor;
}

const input: Op<SourceParams['input']> = {
  infer({ name, type }) {
    if (!isValidShape(type.shape)) throw invalid(`input ${name}`, 'whole dimensions with the open batch first', [type]);
    return type;
  },
  gradient: () => [],
  onnx: (_, { params }) => params.name,
  tensorflow: (_, { params }) => refuse(params),
  reference: (params) => refuse(params),
};

/** An input that was not fed. */
function refuse({ name, type }: SourceParams['input']): never {
  throw new PinholeError(
    'internal',
    `internal: expected a tensor for input ${name} [${type.shape.join(', ')}], received none`,
  );
}

const constant: Op<SourceParams['constant']> = {
  infer({ dtype, shape, data }) {
    if (!isValidShape(shape) || elements(shape) !== data.length) {
      throw invalid('constant', `a shape of ${data.length} elements`, [{ dtype, shape }]);
    }
    return { dtype, shape };
  },
  gradient: () => [],
  onnx: (emit, { params, type }) => emit.tensor(type, params.data),
  tensorflow: (tf, { params: { dtype, data }, shape }) => tf.tensor(data.slice(), shape, tfTypes[dtype]),
  reference: ({ data }) => Float64Array.from(data),
};

export const sourceOps = { input, constant };
