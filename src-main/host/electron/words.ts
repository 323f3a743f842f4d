// Words of the desktop door itself: native menus and dialogs, which the page does not draw.
const en = {
  file: 'File',
  edit: 'Edit',
  view: 'View',
  window: 'Window',
  help: 'Help',
  openFolder: 'Import Folder…',
  openFiles: 'Import Files…',
  recent: 'Recent',
  noRecent: 'Nothing yet',
  newWindow: 'New Window',
  import: 'Import',
  train: 'Train',
  explore: 'Explore',
  compress: 'Compress',
  export: 'Export',
  settings: 'Settings',
  shortcuts: 'Keyboard Shortcuts',
  'quit.title': 'Pinhole is at work',
  'quit.text': 'What is running can go on without a window, or be continued later from where it stands.',
  'quit.go on': 'Go On Without a Window',
  'quit.stop': 'Stop and Quit',
  'quit.stay': 'Cancel',
  'background.text': 'Work goes on without a window. Start Pinhole again to look at it.',
  'done.text': 'What was running has ended.',
  'failed.title': 'Pinhole cannot work',
  'failed.quit': 'Quit',
  'failed.browser': 'Open It in the Browser',
  'failed.choose': 'Choose Another Workspace…',
};
export type Words = typeof en;

const zh: Words = {
  file: '文件',
  edit: '编辑',
  view: '显示',
  window: '窗口',
  help: '帮助',
  openFolder: '导入文件夹…',
  openFiles: '导入文件…',
  recent: '最近使用',
  noRecent: '暂无',
  newWindow: '新建窗口',
  import: '导入',
  train: '训练',
  explore: '探索',
  compress: '压缩',
  export: '导出',
  settings: '设置',
  shortcuts: '键盘快捷键',
  'quit.title': 'Pinhole 正在工作',
  'quit.text': '正在进行的工作可以在没有窗口的情况下继续，也可以以后从当前位置接着进行。',
  'quit.go on': '不开窗口继续',
  'quit.stop': '停止并退出',
  'quit.stay': '取消',
  'background.text': '工作在没有窗口的情况下继续。再次启动 Pinhole 即可查看。',
  'done.text': '正在进行的工作已结束。',
  'failed.title': 'Pinhole 无法工作',
  'failed.quit': '退出',
  'failed.browser': '在浏览器中打开',
  'failed.choose': '选择其他工作区…',
};

/** `system` follows the system's own, e.g. `zh-CN`. */
export function wordsFor(choice: 'system' | 'en' | 'zh', system: string): Words {
  const language = choice === 'system' ? (system.toLowerCase().startsWith('zh') ? 'zh' : 'en') : choice;
  return language === 'zh' ? zh : en;
}
