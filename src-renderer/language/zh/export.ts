// Simplified Chinese texts of the export screen.
import type { exports_ as english } from '../en/export.ts';

export const exports_: Record<keyof typeof english, string> = {
  'screen.export': '导出',
  'export.none.title': '还没有可导出的内容',
  'export.none.text': '请先用数据集训练；之后可在此处写出其特征。',
  'export.run': '训练记录',
  'export.out.label': '写入的文件夹',
  'export.out.help': '完整路径；若不存在则会创建。',
  'export.formats': '格式',
  'export.format.csv': 'CSV',
  'export.hint.csv': '每张图像一行；可用任何电子表格打开。',
  'export.format.parquet': 'Parquet',
  'export.hint.parquet': '内容相同，带类型且紧凑，适用于 pandas 和 DuckDB。',
  'export.format.npy': 'NumPy',
  'export.hint.npy': '仅编码，保存为数组。',
  'export.format.model': '模型',
  'export.hint.model': '编码器和解码器为 ONNX，权重为 safetensors。',
  'export.format.contact-sheet': '对照图',
  'export.hint.contact-sheet': '原图在上、还原图在下的图片。',
  'export.format.loss-plot': '损失曲线图',
  'export.hint.loss-plot': '训练过程，保存为 SVG。',
  'export.format.tensorboard': 'TensorBoard',
  'export.hint.tensorboard': '包含损失和还原图的事件文件。',
  'export.start': '导出',
};
