// Puts many small uint8 images into one picture: enlarged without blurring, side by side with gaps. No files, no text.

/** N×H×W×C bytes; C is 1 (grey) or 3 (colour). */
export interface ImageBatch {
  readonly data: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

export interface Picture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

export interface GridLayout {
  /** Images in a row; by default as many as make the picture roughly square. */
  columns?: number;
  /** Whole number; each pixel becomes scale × scale pixels. */
  scale?: number;
  /** Pixels between images; none around them. */
  gap?: number;
  /** Grey value of the gaps. */
  background?: number;
}

export function imageGrid(images: ImageBatch, layout: GridLayout = {}): Picture {
  const { columns = Math.ceil(Math.sqrt(images.count)), scale = 1, gap = 1, background = 255 } = layout;
  const rows = Math.ceil(images.count / columns);
  const cellWidth = images.width * scale + gap;
  const cellHeight = images.height * scale + gap;
  const picture = blankPicture(
    Math.max(1, columns * cellWidth - gap),
    Math.max(1, rows * cellHeight - gap),
    images.channels,
    background,
  );
  for (let index = 0; index < images.count; index++) {
    pasteImage(picture, images, index, (index % columns) * cellWidth, Math.floor(index / columns) * cellHeight, scale);
  }
  return picture;
}

export function blankPicture(width: number, height: number, channels: 1 | 3, background: number): Picture {
  return { data: new Uint8Array(width * height * channels).fill(background), width, height, channels };
}

/** Draws one image with its top left corner at (left, top), by nearest neighbour; grey goes into colour, not back. */
export function pasteImage(
  picture: Picture,
  images: ImageBatch,
  index: number,
  left: number,
  top: number,
  scale: number,
): void {
  const { height, width, channels } = images;
  const rowBytes = picture.width * picture.channels;
  for (let y = 0; y < height; y++) {
    const first = (top + y * scale) * rowBytes + left * picture.channels;
    let target = first;
    let source = (index * height + y) * width * channels;
    for (let x = 0; x < width; x++, source += channels) {
      for (let copy = 0; copy < scale; copy++) {
        for (let channel = 0; channel < picture.channels; channel++) {
          picture.data[target++] = images.data[source + (channels === 1 ? 0 : channel)]!;
        }
      }
    }
    for (let copy = 1; copy < scale; copy++) picture.data.copyWithin(first + copy * rowBytes, first, target);
  }
}
