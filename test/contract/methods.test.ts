// What methods take over a port: codes and sheets that mean something, and no more of them than one call can hold.
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { methods } from '../../src-main/contract/methods.ts';

describe('codes to decode', () => {
  test.each([
    ['numbers', Float32Array.of(0, -1.5), true],
    ['none that is a number', Float32Array.of(0, Number.NaN), false],
    ['infinity', Float32Array.of(Number.POSITIVE_INFINITY), false],
    ['a list', [0, 1], false],
  ])('%s', (_, codes, taken) => {
    expect(v.is(methods.decodeCodes, ['run', codes])).toBe(taken);
  });
});

describe('a sheet', () => {
  const images = { height: 2, width: 2, channels: 3, data: new Uint8Array(24) };
  const sheet = { out: '/out', name: 'digits-walk', images, columns: 2 };
  test.each([
    ['two images', sheet, true],
    ['a Chinese name', { ...sheet, name: '数字-walk' }, true],
    ['a name that leads elsewhere', { ...sheet, name: '../walk' }, false],
    ['a part of an image', { ...sheet, images: { ...images, data: new Uint8Array(23) } }, false],
    ['no image', { ...sheet, images: { ...images, data: new Uint8Array() } }, false],
    ['257 images', { ...sheet, images: { ...images, data: new Uint8Array(257 * 12) } }, false],
    ['no column', { ...sheet, columns: 0 }, false],
  ])('%s', (_, request, taken) => {
    expect(v.is(methods.saveSheet, [request])).toBe(taken);
  });
});
