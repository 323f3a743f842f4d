// Colours of points: told apart also by colour-blind eyes, seen on both surfaces, and given to the labels that matter.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  assignLabelColors,
  bytesOf,
  labelColorCount,
  labelColors,
  labelPalette,
  missingIndex,
  otherColor,
  otherIndex,
  paletteBytes,
  scaleColors,
  scaleOf,
  scalePalette,
  scaleSize,
  type Theme,
} from '../../src-renderer/drawing/colors.ts';
import { repository } from '../support/resources.ts';

const themes: Theme[] = ['light', 'dark'];
const linear = (color: string) =>
  bytesOf(color).map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });

/** Machado, Oliveira and Fernandes 2009, severity 1; applied to linear RGB. */
const sights = {
  common: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

/** OKLab (Ottosson 2020) of a colour as an eye of that kind sees it. */
function seen(color: string, sight: keyof typeof sights): number[] {
  const m = sights[sight];
  const rgb = linear(color);
  const [r, g, b] = [0, 3, 6].map((at) =>
    Math.min(1, Math.max(0, m[at]! * rgb[0]! + m[at + 1]! * rgb[1]! + m[at + 2]! * rgb[2]!)),
  ) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * medium - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * medium + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * medium - 0.808675766 * s,
  ];
}

function smallestDistance(colors: readonly string[], sight: keyof typeof sights): number {
  const points = colors.map((color) => seen(color, sight));
  let smallest = Infinity;
  for (const [index, one] of points.entries()) {
    for (const other of points.slice(index + 1))
      smallest = Math.min(smallest, Math.hypot(...one.map((value, axis) => value - other[axis]!)));
  }
  return smallest;
}

const luminance = (color: string) => {
  const [r, g, b] = linear(color) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].toSorted((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** The background of maps. */
const surface = (theme: Theme) => {
  const tokens = readFileSync(join(repository, 'src-renderer/style/tokens.css'), 'utf8');
  const [, light, dark] = /--surface: light-dark\((#\w+), (#\w+)\)/.exec(tokens)!;
  return theme === 'light' ? light! : dark!;
};

describe.each(themes)('on the %s surface', (theme) => {
  test.each(Object.keys(sights) as (keyof typeof sights)[])('labels are told apart with %s', (sight) => {
    // 0.02 is about what is just noticeable of large patches side by side.
    expect(smallestDistance(labelColors[theme].slice(0, 10), sight)).toBeGreaterThan(0.09);
    expect(smallestDistance(labelColors[theme], sight)).toBeGreaterThan(0.045);
  });

  test('every colour is seen', () => {
    for (const color of labelPalette(theme)) expect(contrast(color, surface(theme)), color).toBeGreaterThan(2.2);
  });

  test('the scale goes one way in lightness, away from the surface', () => {
    const lights = scalePalette(theme)
      .slice(0, scaleSize)
      .map((color) => contrast(color, surface(theme)));
    expect(lights[0]).toBeGreaterThan(1.6);
    for (const sight of Object.keys(sights) as (keyof typeof sights)[]) {
      // Neighbouring steps are rounded to whole bytes; every tenth differs by more than that.
      const lightness = scalePalette(theme)
        .filter((_, step) => step < scaleSize && step % 10 === 0)
        .map((color) => seen(color, sight)[0]!);
      const ordered = lightness.toSorted((a, b) => (theme === 'light' ? b - a : a - b));
      expect(lightness, sight).toEqual(ordered);
    }
  });
});

describe('labels', () => {
  test('few of them have a colour each, in their order', () => {
    const { colorOf, named } = assignLabelColors([5, 900, 1]);
    expect(colorOf).toEqual([0, 1, 2, otherIndex]);
    expect(named.size).toBe(3);
  });

  test('of many the most frequent have one, and the rest share the last', () => {
    const counts = Array.from({ length: 200 }, (_, label) => (label * 37) % 200);
    const { colorOf, named } = assignLabelColors(counts);
    expect(named.size).toBe(labelColorCount);
    expect(Math.min(...[...named].map((label) => counts[label]!))).toBe(200 - labelColorCount);
    expect(new Set([...named].map((label) => colorOf[label]))).toEqual(new Set(Array(labelColorCount).keys()));
    expect(colorOf.filter((color) => color === otherIndex)).toHaveLength(200 - labelColorCount + 1);
  });

  test('one that is looked at gets a colour, and no other that is looked at loses its', () => {
    const counts = Array.from({ length: 200 }, (_, label) => 200 - label);
    const before = assignLabelColors(counts);
    const { colorOf, named } = assignLabelColors(counts, new Set([0, 150, 151]));
    expect(colorOf[0]).toBe(before.colorOf[0]);
    expect(new Set([colorOf[0], colorOf[150], colorOf[151]]).size).toBe(3);
    expect([150, 151].every((label) => named.has(label) && colorOf[label] !== otherIndex)).toBe(true);
    expect(named.size).toBe(labelColorCount);
  });

  test('images without one take the colour of no label when they are looked at', () => {
    expect(assignLabelColors([5, 9], new Set([0, -1]))).toEqual(assignLabelColors([5, 9]));
  });

  test('more that are looked at than there are colours share the last', () => {
    const isolated = new Set(Array.from({ length: 30 }, (_, index) => 100 + index));
    const { colorOf } = assignLabelColors(new Array(200).fill(1), isolated);
    expect([...isolated].filter((label) => colorOf[label] === otherIndex)).toHaveLength(10);
  });
});

describe('numbers', () => {
  const errors = Float32Array.from({ length: 1000 }, (_, row) => (row === 500 ? 99 : row / 1000));

  test('one huge error does not take the colours from all others', () => {
    const scale = scaleOf(errors)!;
    expect(scale.low).toBeCloseTo(0.01, 2);
    expect(scale.high).toBeCloseTo(0.99, 2);
    const colors = scaleColors(errors, scale);
    expect(colors[0]).toBe(0);
    expect(colors[500]).toBe(scaleSize - 1);
    expect(colors[600]).toBeGreaterThan(colors[400]!);
    expect(new Set(colors).size).toBeGreaterThan(200);
  });

  test('equal ones, none at all, and NaN have a scale too', () => {
    const equal = scaleOf(Float32Array.from([0.5, Number.NaN, 0.5]));
    expect(equal).toEqual({ low: 0.5, high: 0.5 });
    expect(Array.from(scaleColors(Float32Array.from([0.5, Number.NaN]), equal))).toEqual([0, missingIndex]);
    expect(scaleOf(new Float64Array())).toBeNull();
    expect(Array.from(scaleColors(Float64Array.of(Number.NaN), null))).toEqual([missingIndex]);
    const colors = scaleColors(Float64Array.of(Number.NaN, 1, -5, 7), { low: 0, high: 1 });
    expect(Array.from(colors)).toEqual([missingIndex, scaleSize - 1, 0, scaleSize - 1]);
  });

  test('no number has the neutral colour, which the scale has nowhere', () => {
    for (const theme of themes) {
      const palette = scalePalette(theme);
      expect(palette[missingIndex]).toBe(otherColor[theme]);
      expect(palette.indexOf(otherColor[theme])).toBe(missingIndex);
      // The last place of a texture is that of points that are not shown.
      expect(palette.length).toBe(255);
    }
  });
});

test('a palette becomes a texture of 256 opaque colours', () => {
  const bytes = paletteBytes(['#0102ff', '#ffffff'], '#102030');
  expect(bytes.length).toBe(1024);
  expect(Array.from(bytes.subarray(1020))).toEqual([16, 32, 48, 255]);
  expect(Array.from(bytes.subarray(0, 8))).toEqual([1, 2, 255, 255, 255, 255, 255, 255]);
});
