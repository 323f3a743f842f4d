// Words of the service that stand in its sentences: what a file is. Simplified Chinese.
import type { Sentences } from '../sentences.ts';

export const nouns: Sentences = {
  'a JPEG image': 'JPEG 图像',
  'a PNG image': 'PNG 图像',
  'a WebP image': 'WebP 图像',
  'a GIF image': 'GIF 图像',
  'a TIFF image': 'TIFF 图像',
  'an AVIF image': 'AVIF 图像',
  'a BMP image': 'BMP 图像',
  'an SVG image': 'SVG 图像',
  'a ZIP archive': 'ZIP 压缩包',
  'a gzip file': 'gzip 文件',
  'a TAR archive': 'TAR 压缩包',
  'a NumPy array': 'NumPy 数组',
  'an IDX file': 'IDX 文件',
  'a HEIC image': 'HEIC 图像',
  'a camera RAW file': '相机 RAW 文件',
  'a JPEG XL image': 'JPEG XL 图像',
  'a JPEG 2000 image': 'JPEG 2000 图像',
  'a Photoshop file': 'Photoshop 文件',
  'a PDF document': 'PDF 文档',
  'a video': '视频',
  'a text file': '文本文件',
  'an empty file': '空文件',
  'data of an unknown kind': '未知类型的数据',
};
