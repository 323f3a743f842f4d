// Reverse-mode differentiation. The walk knows no op by name: every rule comes from the table.
import { PinholeError } from '../contract/errors.ts';
import type { GraphBuilder, Value } from './builder.ts';
import { add, broadcastTo } from './functions.ts';
import { isOpen } from './ops/shapes.ts';
import { opOf } from './ops/table.ts';

/**
 * The gradients of a scalar `loss` with respect to `wrt`, each of its value's shape; zeros for a value that the loss does
 * not depend on. Throws `spec-invalid` for a loss that is no scalar or depends on an open batch.
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  const { builder } = loss;
  if (loss.shape.length !== 0 || loss.type.dtype !== 'float32') {
    throw new PinholeError(
      'spec-invalid',
      `Expected a scalar loss to differentiate, received shape [${loss.shape.join(', ')}].`,
      'Take its mean first.',
    );
  }
  const dependent = dependents(builder, loss.id, new Set(wrt.map(({ id }) => id)));
  const adjoints = new Map<number, Value>([[loss.id, builder.constant(1)]]);
  // The ids up to the loss: what the rules add along the way is not walked.
  for (let id = loss.id; id >= 0; id--) {
    const adjoint = adjoints.get(id);
    if (adjoint === undefined || !dependent.has(id)) continue;
    for (const [input, contribution] of contributions(builder, id, adjoint)) {
      const sum = adjoints.get(input.id);
      if (dependent.has(input.id)) adjoints.set(input.id, sum === undefined ? contribution : add(sum, contribution));
    }
  }
  return wrt.map((value) => adjoints.get(value.id) ?? broadcastTo(builder.constant(0), value.shape));
}

/** The ids of all nodes up to `last` through which one of `sources` is reached. */
function dependents(builder: GraphBuilder, last: number, sources: ReadonlySet<number>): Set<number> {
  const found = new Set(sources);
  for (let id = 0; id <= last; id++) {
    const node = builder.node(id);
    if (!node.inputs.some((input) => found.has(input))) continue;
    found.add(id);
    if (isOpen(node.type.shape)) {
      throw new PinholeError(
        'spec-invalid',
        `Expected a fixed batch size to differentiate, received [${node.type.shape.join(', ')}] in ${node.op}.`,
        'Build the training graph with a batch size.',
      );
    }
  }
  return found;
}

function contributions(builder: GraphBuilder, id: number, gradient: Value): [Value, Value][] {
  const node = builder.node(id);
  const custom = builder.customGradient(id);
  const inputs = custom?.inputs ?? node.inputs.map((input) => builder.value(input));
  const rule =
    custom?.rule(gradient) ?? opOf(node).gradient({ params: node.params, inputs, output: builder.value(id), gradient });
  return inputs.flatMap((input, index): [Value, Value][] => (rule[index] ? [[input, rule[index]]] : []));
}
