// The whole way in Chinese, with Chinese names of folder, labels and files; no English sentence on the way.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { beforeEach, expect, test } from 'vitest';
import { mnistPngFolder, need } from '../support/resources.ts';
import { startApp, throughEachDoor } from './app.ts';
import { limit, longest, readCsv, readTable } from './steps.ts';

const labels = ['零', '一', '二'];

/** Names, units and ids that are the same in every language. */
const names =
  /Pinhole|Wasserstein|CPU|GPU|PCA|UMAP|t-SNE|PhenoGraph|[\w-]*CSV|Parquet|NumPy|TensorBoard|ONNX|safetensors|JSON|WebGPU|MSE|PSNR|SSIM|SHA-256|float32|pandas|Polars|DuckDB|Python|JPEG|PNG|WebP|GIF|TIFF|AVIF|BMP|SVG|ZIP|TAR|IDX|Agarap|Hinton|Salakhutdinov|TensorFlow|AdamW|SiLU|Swish|ReLU|Beta|Epsilon|Nesterov|recommended-[\w-]+|AMD|EPYC|NVIDIA|CUDA|SwiftShader Device \(Subzero\) \(Vulkan\)|Intel|Xeon|Processor|\S*\/\S*|[kKMGT]B|\bdB\b|\bz\d+|\b[\w.-]+\.(csv|json|png|svg|onnx|npy|parquet|safetensors|html)\b/g;

/** Of the files that are written, as the export screen shows them. */
const columns = /^(image_id|path|label|split|width|height|sha256|mse|map_x|map_y|cluster|, )+$/;

/** What a person sees or hears now and is not Chinese: words without a Chinese one beside them, or three in a row. */
function foreignWords(page: Page): Promise<string[]> {
  return page.evaluate(
    ({ known, columnNames }) => {
      const said: string[] = [];
      /** A file's own words are not the window's. */
      const counts = (element: Element) =>
        element.checkVisibility() && !element.closest('script, style, [aria-labelledby="export-preview"] table');
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (counts(node.parentElement!)) said.push(node.textContent ?? '');
      }
      for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
        if (!counts(element)) continue;
        for (const name of ['aria-label', 'title', 'placeholder', 'alt']) said.push(element.getAttribute(name) ?? '');
      }
      return said
        .filter((words) => !new RegExp(columnNames).test(words.trim()))
        .map((words) => words.replace(new RegExp(known, 'g'), ' ').trim())
        .filter((words) =>
          (/\p{Script=Han}/u.test(words) ? /[a-z]{2,} [a-z]{2,} [a-z]{2,}/ : /[A-Za-z]{3,}/).test(words),
        );
    },
    { known: names.source, columnNames: columns.source },
  );
}

throughEachDoor((door) => {
  beforeEach((context) => need(context, 'mnist-png'));

  test('导入、训练、探索、导出：全程中文', { timeout: limit }, async () => {
    const app = await startApp({ door, locale: 'zh-CN' });
    const { page } = app;
    const button = (name: string) => page.getByRole('main').getByRole('button', { name, exact: true });
    const expectChinese = async () => expect(await foreignWords(page)).toEqual([]);
    const folder = join(app.files, '手写数字');
    for (const [digit, label] of labels.entries()) {
      const from = join(await mnistPngFolder(), 'train', String(digit));
      mkdirSync(join(folder, label), { recursive: true });
      for (const [index, name] of readdirSync(from).slice(0, 50).entries()) {
        cpSync(join(from, name), join(folder, label, `图像${index + 1}.png`));
      }
    }
    writeFileSync(join(folder, '一', '空.png'), '');

    await expectChinese();
    await page.getByLabel('或输入文件夹').fill(folder);
    await button('查看').click();
    const start = page.getByRole('main').getByRole('button', { name: /^导入 15\d 张图像$/ });
    await start.waitFor();
    await expectChinese();
    await start.click();
    await page.getByText('150 张图像已导入为“手写数字”').waitFor({ timeout: longest });
    await page.getByText('一/空.png').first().waitFor();
    await expectChinese();

    await open('训练');
    await button('高级设置').click();
    await page.getByLabel('编码大小', { exact: true }).fill('5');
    await page.getByLabel('轮数', { exact: true }).fill('6');
    await expectChinese();
    await button('开始训练').click();
    await page.getByRole('heading', { name: '结果', exact: true }).waitFor({ timeout: longest });
    await button('以表格显示').click();
    await expectChinese();

    await button('探索编码').click();
    await page.getByRole('application').waitFor();
    await button('选择“二”的所有图像').click();
    await page.getByText('已选择 50 张图像').first().waitFor();
    await page.getByRole('row', { name: /图像/ }).first().click();
    await expectChinese();
    await page.getByRole('radio', { name: '解码' }).check();
    for (const mode of ['分布图上的位置', '两张图像之间的路径', '方向', '编码的各个单元']) {
      await page.getByRole('combobox', { name: /^解码内容/ }).click();
      await page.getByRole('option', { name: new RegExp(`^${mode}`) }).waitFor();
      await expectChinese();
      await page.getByRole('option', { name: new RegExp(`^${mode}`) }).click();
      await expectChinese();
    }
    await page.getByRole('radio', { name: '图像', exact: true }).check();
    await page.getByRole('switch', { name: '只显示已选择的' }).click();
    const shown = await readTable(page, '图像及其编码');
    const rows = readCsv(await app.save(() => button('保存为 CSV').click()));
    expect(rows.map(({ path, label }) => ({ path, label }))).toEqual(shown);
    expect(rows.map(({ label }) => label)).toEqual(Array(50).fill('二'));
    await page.getByRole('radio', { name: 'UMAP' }).check();
    await expectChinese();
    await button('运行 UMAP').click();
    await page.getByText('15 个邻居，距离 0.1，种子 1').waitFor({ timeout: longest });

    await page.getByRole('group', { name: '选择', exact: true }).getByRole('button', { name: '查找' }).click();
    await expectChinese();
    const groups = page.getByRole('region', { name: '分组' });
    await groups.getByRole('button', { name: '查找' }).click();
    await groups.getByRole('button', { name: '按聚类着色' }).click({ timeout: longest });
    await expectChinese();
    await page.keyboard.press('Escape');
    await page.getByRole('radio', { name: '另一次训练' }).check();
    await page.getByText('这些图像没有其他训练').waitFor();
    await expectChinese();
    await page.getByRole('radio', { name: '图像', exact: true }).check();
    await page.getByRole('radio', { name: 't-SNE' }).check();
    await button('运行 t-SNE').waitFor();
    await expectChinese();

    await open('压缩');
    await expectChinese();
    await button('测量').click();
    await page.getByRole('table').waitFor({ timeout: longest });
    await page.getByRole('switch', { name: '每幅图像都须满足的下限' }).click();
    await expectChinese();
    await button('压缩').click();
    await page.getByText(/^\s*完成：/).waitFor({ timeout: longest });
    await expectChinese();
    await button('查看内容').click();
    await page.getByRole('option').first().click();
    await expectChinese();
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: '压缩前' }).waitFor();
    await expectChinese();
    await page.keyboard.press('Escape');
    await button('全部解包').click();
    await page.getByText(/^\s*完成：150/).waitFor({ timeout: longest });
    await expectChinese();
    await button('← 压缩').click();

    await open('导出');
    await page.getByRole('radio', { name: '全部 150 张图像' }).check();
    for (const name of ['报告', '分布图（SVG）']) await page.getByRole('checkbox', { name }).check();
    await button('复制到文件夹…').click();
    await page
      .getByRole('dialog', { name: '复制到文件夹' })
      .getByText(/^50 张图像/)
      .waitFor();
    await expectChinese();
    await page.keyboard.press('Escape');
    const out = join(app.files, '特征');
    await page.getByLabel('目标文件夹').fill(out);
    await expectChinese();
    await button('导出').click();
    await page.getByText(/^完成：\d+ 个文件/).waitFor({ timeout: longest });
    await expectChinese();
    const features = readCsv(join(out, 'features.csv'));
    expect(new Set(features.map(({ label }) => label))).toEqual(new Set(labels));
    expect(readFileSync(join(out, 'features.csv'), 'utf8')).toContain('零/图像1.png');
    expect(app.complaints).toEqual([]);

    function open(name: string) {
      return page.getByRole('navigation').getByRole('button', { name }).click();
    }
  });
});
