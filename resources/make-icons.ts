// Draws the program's icons from `icon.svg`: run `npm run icons` after a change of it. electron-builder makes .ico and .icns of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const folder = import.meta.dirname;
/** The largest that any system asks for. */
const side = 1024;
/** macOS draws icons with room around them; elsewhere that only makes them small. */
const macMargin = 100;

async function draw(file: string, margin: number): Promise<void> {
  const drawn = side - 2 * margin;
  await sharp(readFileSync(join(folder, 'icon.svg')), { density: (72 * drawn) / 24 })
    .resize(drawn, drawn)
    .extend({ top: margin, bottom: margin, left: margin, right: margin, background: '#00000000' })
    .png({ compressionLevel: 9 })
    .toFile(join(folder, file));
}

await draw('icon.png', 16);
await draw('icon-mac.png', macMargin);
