// Named float32 values on their way into and out of a trainer: checked, copied, replaced.

import { elements } from '../compiler/ops/shapes.ts';
import type { NamedShape, TrainingProgram } from '../compiler/training-step.ts';

type Values = ReadonlyMap<string, Float32Array>;

/** Everything that lives on the device during training. */
export function residents({ parameters, constants, state, buffers }: TrainingProgram): NamedShape[] {
  return [...parameters, ...constants, ...state, ...buffers];
}

/** Throws where a parameter or constant is missing, or a value has the wrong length. State and buffers may be missing: zeros. */
export function expectValues(program: TrainingProgram, values: Values): void {
  for (const { name, shape } of [...program.parameters, ...program.constants]) {
    if (!values.has(name))
      throw new Error(`internal: expected a value for ${name} (${shape.join('×')}), received none`);
  }
  for (const { name, shape } of residents(program)) {
    const value = values.get(name);
    if (value) expectLength(name, value.length, elements(shape));
  }
}

function expectLength(name: string, received: number, expected: number): void {
  if (received !== expected)
    throw new Error(`internal: expected ${expected} numbers for ${name}, received ${received}`);
}

export function copyValues(values: Values): Map<string, Float32Array> {
  return new Map([...values].map(([name, value]) => [name, value.slice()]));
}

/** Throws where a replacement has an unknown name or the wrong length. */
export function expectReplacements(shapes: readonly NamedShape[], replacements: Values): void {
  const known = new Map(shapes.map(({ name, shape }) => [name, elements(shape)]));
  for (const [name, value] of replacements) {
    if (!known.has(name)) throw new Error(`internal: expected the name of a resident value, received ${name}`);
    expectLength(name, value.length, known.get(name)!);
  }
}

export function writeValues(live: Values, replacements: Values): void {
  for (const [name, value] of replacements) live.get(name)!.set(value);
}
