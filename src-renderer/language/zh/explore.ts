// Simplified Chinese texts of the explore screen.
import type { explore as english } from '../en/explore.ts';

export const explore: Record<keyof typeof english, string> = {
  'screen.explore': '探索',
  'explore.none.title': '还没有映射图',
  'explore.none.text': '请先用数据集训练；之后每张图像在此显示为一个点。',
  'explore.run': '训练记录',
  'explore.method': '映射图',
  'explore.umap.none': 'UMAP 需要一些时间，由您决定何时开始。',
  'explore.umap.start': '用 UMAP 布局',
  'explore.points': '全部 {count} 张图像，按标签着色',
};
