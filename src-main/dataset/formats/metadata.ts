// What JPEG and PNG carry beside their pixels: the EXIF orientation, and whether a colour profile is sRGB.

/** 1 to 8; 1 where there is none or it makes no sense. `bytes` is a TIFF structure, as in PNG's eXIf or behind “Exif\0\0”. */
export function readExifOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 14) return 1;
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return 1;
  const entries = view.getUint16(directory, little);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + 12 * index;
    if (entry + 12 > view.byteLength) return 1;
    if (view.getUint16(entry, little) !== 0x0112) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/**
 * ICC profiles that mean sRGB are skipped: converting through them changes values by rounding only. They are told by
 * their description, which begins “sRGB” in the profiles of HP, the ICC, Adobe, Apple, Google and Facebook.
 */
export function isSrgbProfile(profile: Uint8Array): boolean {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  if (view.byteLength < 132) return false;
  const tags = view.getUint32(128);
  for (let index = 0; index < tags && 144 + 12 * index <= view.byteLength; index++) {
    const tag = 132 + 12 * index;
    if (view.getUint32(tag) !== 0x64657363) continue;
    const start = view.getUint32(tag + 4);
    const text = Buffer.from(profile.subarray(start, start + view.getUint32(tag + 8))).toString('latin1');
    // Version 4 profiles hold UTF-16: without the zeros it reads the same.
    return /^(desc|mluc).{0,40}?(sRGB|c2$)/s.test(text.replaceAll('\0', ''));
  }
  return false;
}
