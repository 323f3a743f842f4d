// Simplified Chinese texts of the import screen.
import type { import_ as english } from '../en/import.ts';

export const import_: Record<keyof typeof english, string> = {
  'screen.import': '导入',
  'import.path.label': '本机上的文件夹、图像、压缩包或数组',
  'import.path.help': '完整路径。会搜索整个文件夹；图像所在文件夹的名称即为其标签。',
  'import.start': '导入',
  'import.samples': '绘制示例图像',
  'import.datasets': '数据集',
  'import.none.title': '还没有图像',
  'import.none.text': '请在上方指定图像文件夹，或绘制一些示例来试用 Pinhole。',
  'import.train': '用它训练',
  'import.delete': '删除“{name}”',
  'import.deleted': '已删除“{name}”。',
};
