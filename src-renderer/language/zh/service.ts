// Sentences of the service in Simplified Chinese. A test compares the templates with the sources of the service.
import type { Sentences } from '../sentences.ts';

export const service: Sentences = {
  'Expected names that one image alone has for {}, received {} that several have: {}':
    '{0} 中的每个名称应只对应一张图像，实际有 {1} 个名称对应多张：{2}',
  'Write more of each path, or name images by their image_id, as features.csv has them.':
    '请写出更完整的路径，或如 features.csv 那样用 image_id 指明图像。',
  'Expected columns that have other names than Pinhole’s own for {}, received {}':
    '{0} 中的列不应与 Pinhole 自己的列同名，实际为 {1}',
  'Rename these columns in the file, or take them out.': '请在文件中重命名或删除这些列。',
  '{} has no column beside the one that names the images.': '{0} 除了指明图像的那一列外没有其他列。',
  'Choose a file that says something about them.': '请选择包含图像信息的文件。',
  'Expected a column called “{}” for {}, received {}': '{1} 应有名为“{0}”的列，实际为 {2}',
  'Name the column that says which image each row is of.': '请指明哪一列说明每行对应的图像。',
  'Expected a column called path, image_id or id for {}, received {}':
    '{0} 应有名为 path、image_id 或 id 的列，实际为 {1}',
  'Give one of these names to the column that says which image each row is of.':
    '请将说明每行对应哪张图像的那一列改为其中一个名称。',
  'Expected one row for each image for {}, received two for {}': '{0} 中每张图像应只有一行，实际有两行的为 {1}',
  'Leave one row for each image in the file.': '请在文件中为每张图像只保留一行。',
  'No row of {} names an image of this data set: its first says “{}”, and the first image is {}, {} by its number.':
    '{0} 中没有一行对应此数据集的图像：其首行为“{1}”，而首张图像为 {2}，编号 {3}。',
  'Name images by path or image_id as features.csv has them.': '请如 features.csv 那样用 path 或 image_id 指明图像。',
  'There is no column “{}” in this data set.': '此数据集中没有列“{0}”。',
  'Look at the list of its columns again.': '请重新查看其列的列表。',
  'The CPU, as asked.': 'CPU，按您的选择。',
  '{}, as asked.': '{0}，按您的选择。',
  'The CPU: no other device is left.': 'CPU：没有其他可用的设备。',
  'The CPU: {} is a GPU emulated in software.': 'CPU：{0} 是软件模拟的 GPU。',
  'The CPU: there is no usable GPU. {}': 'CPU：没有可用的 GPU。{0}',
  'The CPU: {}': 'CPU：{0}',
  'It was not timed: a GPU emulated in software is slower than the CPU that does the work.':
    '未测速：软件模拟的 GPU 比承担其计算的 CPU 更慢。',
  'It could not be timed: {}': '无法测速：{0}',
  'Make it on the Explore screen, or choose the PCA map.': '请在“探索”页面生成，或选择 PCA 图。',
  'There is no such map of {} yet.': '{0} 还没有这种图。',
  'Groups of {} have not been looked for since Pinhole was started.': '自 Pinhole 启动以来，尚未查找 {0} 的分组。',
  'Look for them on the Explore screen, or leave them out.': '请在“探索”页面查找，或不选分组。',
  'The folder {} may not be written.': '文件夹 {0} 不允许写入。',
  'Expected a folder to write to, received the file {}.': '应为要写入的文件夹，收到的是文件 {0}。',
  'Expected a file that an export wrote, received “{}”.': '应为某次导出写入的文件，收到的是“{0}”。',
  'A ReLU output that has gone dark gets no gradient and never recovers; use a linear output (any other preset).':
    '变暗的 ReLU 输出得不到梯度，永远无法恢复；请使用线性输出（任何其他预设）。',
  'A newer Pinhole wrote this workspace: open it with that one.':
    '此工作区由更新版本的 Pinhole 写入：请用那个版本打开。',
  'A working process was ended by {}.{}': '工作进程被 {0} 终止。{1}',
  'Add images to the folder and import it again.': '请向文件夹中添加图像，然后重新导入。',
  'Add images, use a smaller code or narrower layers, noise on the input, or random crops and flips (--augment).':
    '请添加图像，使用更小的编码或更窄的层，在输入上加噪声，或启用随机裁剪和翻转。',
  'An older Pinhole has this workspace open: end that one first.': '较旧版本的 Pinhole 正打开此工作区：请先退出它。',
  'Another program damaged it: restore it from a backup, or move it away and import again.':
    '其他程序损坏了它：请从备份恢复，或将其移走后重新导入。',
  'Ask for less at once.': '请减少一次请求的数量。',
  'Build the training graph with a batch size.': '请用确定的批大小构建训练图。',
  'Change it and try again.': '请修改后重试。',
  'Change the last layer of the {}.': '请修改 {0} 的最后一层。',
  'Change this layer or the one before it.': '请修改此层或它的前一层。',
  'Check the path and its permissions.': '请检查路径及其权限。',
  'Check the shapes of the layers around it.': '请检查相邻各层的形状。',
  'Choose a code size below {}, or import the images at a larger size.':
    '请选择小于 {0} 的编码大小，或以更大的尺寸导入图像。',
  'Choose a code size of at most {}, or larger images.': '请选择不超过 {0} 的编码大小，或更大的图像。',
  'Choose a code size of {} or less, or add images.': '请选择不超过 {0} 的编码大小，或添加图像。',
  'Choose a code size of {} or less, or an activation other than ReLU for the code.':
    '请选择不超过 {0} 的编码大小，或为编码选择 ReLU 以外的激活函数。',
  'Choose a file that holds one row of codes per image.': '请选择每张图像对应一行编码的文件。',
  'Choose a file with at least one row below its header.': '请选择表头下至少有一行数据的文件。',
  'Choose a folder you may write to with --workspace.': '请选择一个可写入的工作区文件夹。',
  'Choose a folder, archive or array file that holds images.': '请选择包含图像的文件夹、压缩包或数组文件。',
  'Choose a learning rate ten times lower, or clip gradients.': '请将学习率降低到十分之一，或裁剪梯度。',
  'Choose another folder.': '请选择其他文件夹。',
  'Choose another one with --port, or leave it out for any that is free.':
    '请用 --port 选择其他端口，或省略它以使用任意空闲端口。',
  'Close any program that has the file open, check the permissions, or choose another folder.':
    '请关闭正在使用该文件的程序，检查权限，或选择其他文件夹。',
  'Copy or download the archive again.': '请重新复制或下载压缩包。',
  'Copy or download the file again.': '请重新复制或下载文件。',
  'Copy the model folder again, all files together.': '请重新复制整个模型文件夹，包含所有文件。',
  'Correct that number, or use codes that this model made.': '请更正该数字，或使用此模型生成的编码。',
  'Expected whole numbers from 0 to {} for the codes of this model, received {} as number {} of row {}, counted from 0.':
    '此模型的编码应为 0 到 {0} 的整数，实际为 {1}（第 {3} 行第 {2} 个数字，从 0 开始计数）。',
  'Ask for less, train with more codes (--codes), or give single images more with --max-error.':
    '请降低要求，用更多编码（--codes）训练，或用 --max-error 为个别图像多存一些数据。',
  'Ask for more bytes, or train a smaller model.': '请允许更多字节，或训练更小的模型。',
  'Expected an archive below 4 GiB and 65,536 members, received more.':
    '归档应小于 4 GiB 且成员少于 65,536 个，实际更多。',
  'Expected at least {} bytes for these images and their decoder, received {}.':
    '这些图像及其解码器至少需要 {0} 字节，实际为 {1}。',
  'Expected at most {} dB, which is what this model can do, received {}.': '此模型最多能达到 {0} dB，要求的是 {1}。',
  'It is further from the original than the index says.': '它与原图的差距比索引所说的更大。',
  'It is worse than the bound of {} dB.': '它低于 {0} dB 的界限。',
  'Its code or its residual is damaged.': '它的编码或残差已损坏。',
  'Leave out --keep-originals, or make several archives.': '请去掉 --keep-originals，或分成多个归档。',
  'Make it again while nothing changes the images; if that does not help, write to another disk.':
    '请在图像不被改动时重新制作；若仍不行，请写到另一个磁盘。',
  'The archive was read back and is not what it should be: {} Nothing was written.':
    '读回的归档与应有的内容不符：{0} 未写入任何文件。',
  'Copy the archive again from where it came from.': '请从来源处重新复制该归档文件。',
  'Copy the model folder again.': '请重新复制模型文件夹。',
  'Correct that number; the codes of images are seldom beyond ±100.': '请更正该数字；图像的编码很少超过 ±100。',
  'Create the folder or choose another one.': '请创建该文件夹或选择其他文件夹。',
  'Each of them is the test split: leave one of them out.': '两者都是测试集：请去掉其中一个。',
  'Encode the data set again, then export.': '请重新编码数据集，然后导出。',
  'Expected UTF-8 text for {}, received other bytes': '{0} 应为 UTF-8 文本，实际为其他字节',
  'Expected a SQLite database for {}, received a damaged file.': '{0} 应为 SQLite 数据库，实际文件已损坏。',
  'Expected a TAR archive, received damaged data: {}.': '应为 TAR 压缩包，实际数据已损坏：{0}。',
  'Expected a ZIP archive, received damaged data: {}.': '应为 ZIP 压缩包，实际数据已损坏：{0}。',
  'Expected a catalogue of version {} for {}, received version {}.': '{1} 的目录版本应为 {0}，实际为 {2}。',
  'Expected a catalogue of version {} or older for {}, received version {}.':
    '{1} 的目录版本应为 {0} 或更早，实际为 {2}。',
  'Expected a file below 2 GiB, received {} bytes.': '文件应小于 2 GiB，实际为 {0} 字节。',
  'Expected a file that may be read for {}, received {}': '{0} 应可读取，实际为 {1}',
  'Expected a file that may be written for {}, received {}': '{0} 应可写入，实际为 {1}',
  'Expected a fixed batch size to differentiate, received [{}] in {}.': '求导需要确定的批大小，{1} 中实际为 [{0}]。',
  'Expected a fold from 1 to {}, received {}.': '折数应在 1 到 {0} 之间，实际为 {1}。',
  'Expected a fold or a separate test source, received both.': '折与独立测试来源只能选择其一，实际两者都有。',
  'Expected a folder or file that may be read, received “{}”: {}': '应为可读取的文件夹或文件，实际为“{0}”：{1}',
  'Expected a frame header for the JPEG, received none: the file ends early.':
    'JPEG 应有帧头，实际没有：文件提前结束。',
  'Expected a message of Pinhole, received something else: {}.': '应为 Pinhole 的消息，实际收到其他内容：{0}。',
  'Expected a method of Pinhole, received {}.': '应为 Pinhole 的方法，实际为 {0}。',
  'Expected a scalar loss to differentiate, received shape [{}].': '求导需要标量损失，实际形状为 [{0}]。',
  'Expected a stored or deflated archive member, received compression method {}.':
    '压缩包成员应为存储或 deflate 压缩，实际压缩方法为 {0}。',
  'Expected a {} of this workspace, received “{}”.': '应为此工作区中的 {0}，实际为“{1}”。',
  'Expected an archive of images or an array, received {}.': '应为图像压缩包或数组，实际为 {0}。',
  'Expected an array N×K for {}, received shape {}.': '{0} 应为 N×K 数组，实际形状为 {1}。',
  'Expected an array of images (N×H×W, or N×H×W×C with 1, 3 or 4 channels), received ({}).':
    '应为图像数组（N×H×W，或 1、3、4 通道的 N×H×W×C），实际为 ({0})。',
  'Expected an existing folder for {}, received {}': '{0} 应为已存在的文件夹，实际为 {1}',
  'Expected an image for “{}”, received {}.': '“{0}”应为图像，实际为 {1}。',
  'Expected at least one image in {}, received none: {}.{}': '{0} 中应至少有一张图像，实际没有：{1}。{2}',
  'Expected at most {} MB in one message, received {} MB.': '一条消息最多 {0} MB，实际为 {1} MB。',
  'Expected at most {} bytes for an archive member, received {}.': '压缩包成员最多 {0} 字节，实际为 {1}。',
  'Expected at most {} calls with {} MB at once, received more.': '同时最多 {0} 个请求、共 {1} MB，实际更多。',
  'Expected at most {} pixels for an image, received {} × {}.': '图像最多 {0} 像素，实际为 {1} × {2}。',
  'Expected at most {} pixels for an image, received {}.': '图像最多 {0} 像素，实际为 {1}。',
  'Expected 1 to {} codes of {} values for this model, received {} values.':
    '此模型应有 1 到 {0} 个编码，每个 {1} 个值，实际共有 {2} 个值。',
  'The run {} has no codes of the image {}.': '训练 {0} 没有图像 {1} 的编码。',
  'The run {} has codes of none of these images.': '训练 {0} 没有这些图像的编码。',
  'The codes of this model are entries of a codebook, which have no mean.': '此模型的编码是码本中的条目，没有平均值。',
  'Choose another image.': '请选择其他图像。',
  'Select other images.': '请选择其他图像。',
  'Use a model of another preset.': '请使用其他预设的模型。',
  'Expected codes of {} values for this model, received {}.': '此模型的编码应有 {0} 个值，实际为 {1}。',
  'Expected codes that float32 can hold for {}, received {} as number {} of row {}, counted from 0.':
    '{0} 的编码应能用 float32 表示，实际第 {3} 行第 {2} 个数（从 0 计）为 {1}。',
  'Expected columns separated by commas for {}, received {}': '{0} 的列应以逗号分隔，实际为 {1}',
  'Expected finite samples, received NaN or infinity.': '样本应为有限值，实际含有 NaN 或无穷大。',
  'Expected images of {}×{}×{} for this model, received {}×{}×{} in {}.':
    '此模型的图像应为 {0}×{1}×{2}，{6} 中实际为 {3}×{4}×{5}。',
  'Expected tensor {} of shape {} in {}, received {}.': '{2} 中张量 {0} 的形状应为 {1}，实际为 {3}。',
  'Expected values of type {} for {}, received {}': '{1} 的值类型应为 {0}，实际为 {2}',
  'Expected {} bytes in the archive, received {}.': '压缩包中应有 {0} 字节，实际为 {1}。',
  'Expected {} bytes, received {}.': '应有 {0} 字节，实际为 {1}。',
  'Expected {} for the JPEG, received {}.': 'JPEG 应有 {0}，实际为 {1}。',
  'Expected {} for the PNG, received {}.': 'PNG 应有 {0}，实际为 {1}。',
  'Expected {} for the array file, received {}.': '数组文件应有 {0}，实际为 {1}。',
  'Expected {} for {} of {}, received {}': '{2} 的 {1} 应为 {0}，实际为 {3}',
  'Expected {} for {}, received {}': '{1} 应为 {0}，实际为 {2}',
  'Expected {} for {}, received {}.': '{1} 应为 {0}，实际为 {2}。',
  'Expected {} images for the rows of {}, received {}': '{1} 的行应对应 {0} 张图像，实际为 {2}',
  'Expected {}, received damaged data: {}.': '应为 {0}，实际数据已损坏：{1}。',
  'Expected {}, received {}.': '应为 {0}，实际为 {1}。',
  'Export it as JPEG, PNG or TIFF and import that.': '请将其导出为 JPEG、PNG 或 TIFF 后再导入。',
  'Folds are counted from 1: [1, 5] is the first of five.': '折从 1 开始计数：[1, 5] 表示五折中的第一折。',
  'Free some space and run the same again; what was written before is kept.':
    '请释放一些空间后再次运行；之前写入的内容已保留。',
  'Free some space and run the same again; what was written is kept.': '请释放一些空间后再次运行；已写入的内容已保留。',
  'Images it has not seen come back {} times worse than the {} it learned from: it has begun to memorise.':
    '未见过的图像的还原误差是学习过的 {1} 张的 {0} 倍：模型已开始死记硬背。',
  "Import the images with the model's own size and colour.": '请按模型自身的尺寸和颜色导入图像。',
  'Import the same sources again to finish it, then train.': '请再次导入相同的来源以完成导入，然后训练。',
  'Import with a validation share above 0, or name a separate held-out source (--test).':
    '请以大于 0 的验证比例导入，或指定独立的留出来源。',
  'Import with colour set to rgb for a data set in colour.': '若需要彩色数据集，请将颜色设为 RGB 后导入。',
  'A model of the preset {} cannot draw new images: nothing says how its codes are distributed.':
    '预设 {0} 的模型不能生成新图像：没有任何东西说明其编码如何分布。',
  'Name its path or its id as in features.csv (path, image_id).':
    '请按 features.csv 中的写法给出其路径或编号（path、image_id）。',
  'There is no image "{}" in the data set {}.': '数据集 {1} 中没有图像“{0}”。',
  'Train with --preset variational or --preset wae.': '请使用预设 variational 或 wae 训练。',
  'Leave the setting out, or choose another preset.': '请去掉此设置，或选择其他预设。',
  'Change it in the spec, or leave the spec out.': '请在规格中修改，或不使用规格。',
  'Choose a plain code without a PCA start.': '请选择普通编码，且不从 PCA 开始。',
  'Give one number of levels for all, or one for each number of the code.':
    '请给出一个适用于全部的级数，或为编码的每个数字各给一个。',
  'Leave out the PCA start, or choose a plain or variational code.': '请不要从 PCA 开始，或选择普通或变分编码。',
  'Model "{}": a PCA start gives numbers of any size, but the code {} is made of whole numbers.':
    '模型“{0}”：从 PCA 开始会得到任意大小的数字，但编码 {1} 由整数组成。',
  'Model "{}": a discrepancy from the prior (mmd) needs codes that can be standard normal.':
    '模型“{0}”：与先验的差异（mmd）要求编码可以服从标准正态分布。',
  'Model "{}": the code has {} numbers, but levels for {}.': '模型“{0}”：编码有 {1} 个数字，但级数给了 {2} 个。',
  "The model's own spec says what {} would: only one of them can hold.": '模型自己的规格已说明 {0}：两者只能取其一。',
  'It is started again and goes on.': '它将重新启动并继续。',
  'Layer {} ({}): {}.': '第 {0} 层（{1}）：{2}。',
  'Links inside archives are not followed.': '不会跟随压缩包内的链接。',
  'Look whether it was done; if not, try again.': '请查看是否已完成；若未完成，请重试。',
  'Model "{}": the {} must end in {}, but {}.': '模型“{0}”：{1} 必须以 {2} 结尾，但 {3}。',
  'Name the folder that holds model.json.': '请指定包含 model.json 的文件夹。',
  'No browser could be opened: {}.': '无法打开浏览器：{0}。',
  'No image was held out: these figures are of images that it learned from, and say nothing about others.':
    '没有留出图像：这些数字来自它学习过的图像，不能说明其他图像的情况。',
  'No model in {}: model.json cannot be read.': '{0} 中没有模型：无法读取 model.json。',
  'No run in {}: run.json is missing.': '{0} 中没有训练记录：缺少 run.json。',
  'Open the address yourself.': '请自行打开该地址。',
  'Pinhole does not answer at {}.': 'Pinhole 在 {0} 没有响应。',
  'Pinhole was ended.': 'Pinhole 已退出。',
  'Plain PCA with as many numbers per image does better (error {}, the model {}, {} times as much).':
    '每张图像使用同样多的数字时，普通 PCA 更好（误差 {0}，模型 {1}，为其 {2} 倍）。',
  'Raise the pixel limit to import it.': '请提高像素上限以导入它。',
  'Replace them in the array, e.g. by zero, and import it again.': '请在数组中替换它们（例如换成零），然后重新导入。',
  'Reshape or transpose it in NumPy and save it again.': '请在 NumPy 中调整形状或转置后重新保存。',
  'Run the same again to go on from here.': '再次运行相同的操作即可从此处继续。',
  'Run the same again to go on from the last checkpoint; if it happens again, use --device cpu.':
    '再次运行即可从最近的检查点继续；若再次发生，请选择处理器（CPU）作为设备。',
  'Run the same again to go on from there.': '再次运行相同的操作即可从那里继续。',
  'Save it again as "CSV UTF-8 (comma delimited)".': '请另存为“CSV UTF-8（逗号分隔）”。',
  'Save it from the spreadsheet with commas between columns and a point in numbers (English regional settings).':
    '请在电子表格中以逗号分隔各列、以句点作小数点保存（英语区域设置）。',
  'Save the array again in NumPy with astype("float32") or astype("uint8").':
    '请在 NumPy 中用 astype("float32") 或 astype("uint8") 重新保存数组。',
  'Save the tensors as float32.': '请将张量保存为 float32。',
  'See --help for the range of every setting.': '请查看每项设置的取值范围。',
  'No Vulkan driver is installed for any GPU here.': '这里没有为任何 GPU 安装 Vulkan 驱动程序。',
  'Self-test failed: training steps differ from the reference by {} (limit {}).':
    '自检失败：训练步骤与参考结果相差 {0}（上限 {1}）。',
  'Self-test passed: training steps differ from the reference by {} (limit {}).':
    '自检通过：训练步骤与参考结果相差 {0}（上限 {1}）。',
  'The Vulkan loader (libvulkan.so.1) is not installed.': '未安装 Vulkan 加载器（libvulkan.so.1）。',
  'Something outside Pinhole killed it, often because memory ran out. Close other programs or choose a smaller size or batch, then run the same again.':
    '它被 Pinhole 之外的程序终止，通常是因为内存不足。请关闭其他程序，或选择更小的尺寸或批大小，然后再次运行。',
  'Start Pinhole again; what was running can be continued. If it happens again, please report it with the details.':
    '请重新启动 Pinhole；之前运行的任务可以继续。若再次发生，请附上详细信息进行报告。',
  'Start Pinhole there again.': '请在那里重新启动 Pinhole。',
  'Start it again.': '请重新启动。',
  'Stopped by force, because the current step did not end; work goes back to the last checkpoint.':
    '由于当前步骤没有结束，已强制停止；将回到最近的检查点。',
  'Stopping after the current step.': '将在当前步骤后停止。',
  'Take its mean first.': '请先取平均值。',
  'Run npm run install:cuda: it says what is missing.': '请运行 npm run install:cuda：它会说明缺少什么。',
  '{} has not answered for {} seconds.': '{0} 已 {1} 秒没有响应。',
  '{} was lost. Training goes on from step {} on {}.': '{0} 已丢失。训练将从第 {1} 步起在 {2} 上继续。',
  'The device has not answered for {} seconds.': '设备已 {0} 秒没有响应。',
  'Update its driver, or train with --device cpu.': '请更新其驱动程序，或使用处理器（CPU）训练。',
  '{} cannot be used here. {}': '此处无法使用 {0}。{1}',
  'TensorFlow finds no CUDA device.': 'TensorFlow 找不到 CUDA 设备。',
  'The package with TensorFlow is not installed.': '未安装包含 TensorFlow 的软件包。',
  'TensorFlow does not load: {}': '无法加载 TensorFlow：{0}',
  'TensorFlow failed while working: {}': 'TensorFlow 在工作时失败：{0}',
  "TensorFlow's CUDA library is not installed.": '未安装 TensorFlow 的 CUDA 库。',
  'The GPU failed while working: {}': 'GPU 在工作时失败：{0}',
  'The PNG data is damaged: {}.': 'PNG 数据已损坏：{0}。',
  'The archive member is encrypted.': '压缩包成员已加密。',
  "The archive's data is damaged: {}.": '压缩包数据已损坏：{0}。',
  'The checksum in the archive does not match: the file is damaged.': '压缩包中的校验和不匹配：文件已损坏。',
  'The code size {} is larger than the image ({} values), so nothing would be reduced.':
    '编码大小 {0} 大于图像（{1} 个值），因此不会有任何压缩。',
  'The code size {} is larger than the image: {}×{}×{} is {} values.':
    '编码大小 {0} 大于图像：{1}×{2}×{3} 共 {4} 个值。',
  'The connection to Pinhole was lost before the answer came.': '在收到答复之前与 Pinhole 的连接已断开。',
  'The data set {} is not the one any more that {} was trained on: its images or their splits have changed.':
    '数据集 {0} 已不是训练 {1} 时的样子：其图像或划分已改变。',
  'The disk is full: could not write {}': '磁盘已满：无法写入 {0}',
  'The disk is full: {}': '磁盘已满：{0}',
  'The file is empty (0 bytes).': '文件为空（0 字节）。',
  'The file is incomplete or damaged: copy or download it again.': '文件不完整或已损坏：请重新复制或下载。',
  'The file is incomplete or was changed by another program; make it again or choose another one.':
    '文件不完整或被其他程序修改；请重新生成或选择其他文件。',
  'The folder {} cannot be made: {}.': '无法创建文件夹 {0}：{1}。',
  'The import of {} was not finished.': '{0} 的导入未完成。',
  'The last command in this workspace ({}) ended without saying so; its lock was taken over.':
    '此工作区中的上一个命令（{0}）异常结束；已接管其锁。',
  'The loss exploded again at step {}. Training stops with the best model so far (step {}).':
    '损失在第 {0} 步再次爆炸。训练停止，保留目前最好的模型（第 {1} 步）。',
  'The loss exploded at step {}: back to step {} with {} % of the learning rate.':
    '损失在第 {0} 步爆炸：回到第 {1} 步，学习率降为 {2}%。',
  'The port {} cannot be used: {}.': '无法使用端口 {0}：{1}。',
  'The preset {} has no {}.': '预设 {0} 没有 {1}。',
  'The run {} is {}; it has no model yet.': '训练记录 {0} 的状态为 {1}；尚无模型。',
  'The server at {} does not know this token.': '{0} 上的服务器不认识此令牌。',
  'The worker process ended unexpectedly ({}).{}': '工作进程意外结束（{0}）。{1}',
  'The worker process ended {} times within a minute and is not started again. {}':
    '工作进程一分钟内结束了 {0} 次，不再重新启动。{1}',
  'The workspace {} cannot be written: {}.': '无法写入工作区 {0}：{1}。',
  'The workspace {} is in use by {}.': '工作区 {0} 正被 {1} 使用。',
  'This is a fault in Pinhole; please report it with the details.': '这是 Pinhole 的故障；请附上详细信息报告。',
  'This workspace is being served already; this is where. Its port and folders stay as they are.':
    '此工作区已有服务在运行，地址如下。其端口和文件夹保持不变。',
  'Train again (pinhole train {}), or encode the images as new ones (pinhole encode {} SOURCE --out FOLDER).':
    '请重新训练，或将这些图像作为新图像编码。',
  'Train again; the data set is not affected.': '请重新训练；数据集不受影响。',
  'Train on with --device cpu, or start again after updating the graphics driver.':
    '请选择处理器（CPU）继续训练，或更新显卡驱动后重新开始。',
  'Train with the same settings again to finish it.': '请用相同的设置再次训练以完成它。',
  'Training needs at least two images, one to learn from and one to check with; {} has {}.':
    '训练至少需要两张图像，一张用于学习，一张用于检查；{0} 只有 {1} 张。',
  'Training was stopped.': '训练已停止。',
  'Try again when you like.': '可随时重试。',
  'Unpack it and import the folder.': '请解压后导入文件夹。',
  'Unpack the archive and import the folder.': '请解压压缩包后导入文件夹。',
  'Use --device auto to take what is fastest.': '请选择“自动”设备以使用最快的设备。',
  'Use --device cpu or --device auto.': '请选择处理器（CPU）或“自动”作为设备。',
  'Use --device cpu.': '请选择处理器（CPU）作为设备。',
  'Use codes that this model made.': '请使用由此模型生成的编码。',
  'Use the recommended preset, a lower learning rate, or train longer.':
    '请使用推荐预设、更低的学习率，或训练更长时间。',
  'Use the recommended preset, which starts at the PCA solution, or train longer.':
    '请使用从 PCA 解出发的推荐预设，或训练更长时间。',
  'Wait for answers before asking for more.': '请等待答复后再继续请求。',
  'Wait until it is done, stop it, or use another workspace with --workspace.':
    '请等待其完成、将其停止，或使用其他工作区。',
  'WebGPU cannot be used here: {}': '此处无法使用 WebGPU：{0}',
  'What comes back is hardly better than the mean image (error {} against {}).':
    '还原结果几乎不比平均图像好（误差 {0}，平均图像 {1}）。',
  'What it had written is kept; run it again to go on from there.': '已写入的内容已保留；再次运行即可继续。',
  '{} Training goes on from its last checkpoint.': '{0} 训练从最近的检查点继续。',
  '{} has no rows of codes.': '{0} 没有编码行。',
  '{} is a GPU emulated on the CPU, which is much slower than the CPU itself.':
    '{0} 是在 CPU 上模拟的 GPU，比 CPU 本身慢得多。',
  '{} is not a model description: {}': '{0} 不是模型描述：{1}',
  '{} is not the file that model.json describes: its SHA-256 differs.':
    '{0} 不是 model.json 所描述的文件：其 SHA-256 不同。',
  '{} is not valid JSON.': '{0} 不是有效的 JSON。',
  '{} of the new images may be in colour; this data set is grey and stays grey.':
    '新图像中有 {0} 张可能是彩色；此数据集为灰度并保持灰度。',
  '{} of the {} pixel values that vary in the images are answered with one constant: those outputs are dead.':
    '图像中变化的 {1} 个像素值里有 {0} 个总是得到同一常数：这些输出已失效。',
  '{} of {} code units never change: they carry nothing.': '{1} 个编码单元中有 {0} 个从不变化：它们不携带信息。',
  'On {} a step takes {} ms.': '在 {0} 上每步需 {1} 毫秒。',
  '{} passed its self-test but failed on this model: {}': '{0} 通过了自检，但在此模型上失败：{1}',
  'A task is at work on {}.': '有任务正在处理 {0}。',
  'Cancel it first.': '请先取消它。',
  'Choose a folder with the folder dialog, or start Pinhole with --root and the folder.':
    '请用文件夹对话框选择文件夹，或在启动 Pinhole 时用 --root 指定该文件夹。',
  'Choose one of its sources.': '请选择它的一个来源。',
  'Choose the folder that holds them in the same arrangement as before.': '请选择以相同结构存放这些图像的文件夹。',
  'Choose where the images are now.': '请选择图像现在所在的位置。',
  'Download its files one by one.': '请逐个下载其中的文件。',
  'The call {} came with parameters that it does not have.': '调用 {0} 带有它所没有的参数。',
  'A message came from somewhere else than the own page.': '有消息来自本程序页面以外的地方。',
  'Close this window and open a new one.': '请关闭此窗口并打开新窗口。',
  'It was moved or deleted since.': '它后来被移动或删除了。',
  'Delete that first.': '请先删除它。',
  'Drop the files again.': '请重新拖放文件。',
  'Expected JSON in {}, received something else.': '{0} 应为 JSON，实际为其他内容。',
  'Expected a shorter name for {}, received one that the disk does not take': '{0} 的名称应更短，磁盘不接受这样的名称',
  'Give the file or its folders shorter names.': '请缩短文件或其文件夹的名称。',
  'Expected a file, received the folder {}.': '应为文件，实际为文件夹 {0}。',
  'Expected a folder for exports, received “{}”, where Pinhole keeps its own files.':
    '应为导出用的文件夹，实际为“{0}”，那里存放着 Pinhole 自己的文件。',
  'Expected a path in one of the folders that Pinhole may use, received “{}”.':
    '路径应位于 Pinhole 可使用的文件夹内，实际为“{0}”。',
  'Expected a relative path for an uploaded file, received “{}”.': '上传文件应使用相对路径，实际为“{0}”。',
  'Expected the chunk at {} of “{}”, received the one at {}.':
    '应为“{1}”位于 {0} 的数据块，实际收到位于 {2} 的数据块。',
  'Export it again.': '请重新导出。',
  'Install Pinhole again.': '请重新安装 Pinhole。',
  'It may have been taken off the list.': '它可能已从列表中移除。',
  'Load the run again.': '请重新载入该训练记录。',
  'Load the table again.': '请重新载入表格。',
  'Only training that has begun can be paused or finished early.': '只有已经开始的训练才能暂停或提前结束。',
  'Only {} of {} images were found in {}, with the same names and sizes.':
    '在 {2} 中只找到名称和大小相同的 {0} 张图像（共 {1} 张）。',
  'Say where the folder is now (Relocate on the Import screen), or import it again.':
    '请指明文件夹现在的位置（在“导入”页面重新定位），或重新导入。',
  'Start it again if there is more to do.': '如果还有工作要做，请重新启动。',
  'The data set {} has no source {}.': '数据集 {0} 没有来源 {1}。',
  'The error of images it has not seen was lowest {} evaluations ago and rises: it has begun to memorise.':
    '未见过的图像的误差在 {0} 次评估之前最低，之后上升：模型已开始死记硬背。',
  'The file {} cannot be read: {}': '无法读取文件 {0}：{1}',
  'The folder {} cannot be read: {}': '无法读取文件夹 {0}：{1}',
  'The loss exploded, {}× so far: the learning rate is too high for this model.':
    '损失已爆炸（次数：{0}）：学习率对此模型过高。',
  'The original of “{}” is not where it was. {}': '“{0}”的原图已不在原来的位置。{1}',
  'No run was named to compare.': '没有指定要比较的训练记录。',
  'Name runs, or a sweep.': '请指定训练记录，或一次参数扫描。',
  'The runs {} and {} are of different data sets: their errors are of different images.':
    '训练记录 {0} 与 {1} 属于不同的数据集：它们的误差来自不同的图像。',
  'Compare runs of one data set.': '请比较同一数据集的训练记录。',
  'The run {} has no codes yet.': '训练记录 {0} 还没有编码。',
  'The run {} has no map by {} yet.': '训练记录 {0} 还没有 {1} 分布图。',
  'Make it first: pinhole map {} --method {}': '请先生成：pinhole map {0} --method {1}',
  'The codes of the run {} have no value {}.': '训练记录 {0} 的编码没有第 {1} 个值。',
  'The run {} has no logged step number {}.': '训练记录 {0} 没有第 {1} 个记录步骤。',
  'The task {} has ended.': '任务 {0} 已结束。',
  'The task {} is still at work.': '任务 {0} 仍在进行。',
  'The working process ended unexpectedly and was started again; this goes on from where it stood.':
    '工作进程意外结束并已重新启动；任务从中断处继续。',
  'There is no image {} in this data set.': '此数据集中没有图像 {0}。',
  'There is no task {}.': '没有任务 {0}。',
  'There is no upload {}.': '没有上传 {0}。',
  'The upload {} is a source of the data set {}.': '上传 {0} 是数据集 {1} 的来源。',
  'There is nothing at {}.': '{0} 处没有任何内容。',
  'There is nothing for {} to reduce: the map shows the codes themselves.':
    '{0} 没有可降维的内容：地图直接显示编码本身。',
  'Wait until it is done, or cancel it.': '请等待其完成，或将其取消。',
  'Wait until training has begun, or cancel it.': '请等待训练开始，或将其取消。',
  'Wait until training has ended, or train it to the end.': '请等待训练结束，或将其训练到底。',
  'Wait, or cancel it.': '请等待，或将其取消。',
  'Run npm ci, then try again.': '请运行 npm ci，然后重试。',
  'Plain PCA with as many numbers per image does much better (error {}, the model {}, {} times as much): more than what else this model is asked for should cost.':
    '每张图像使用同样多的数字时，普通 PCA 好得多（误差 {0}，模型 {1}，为其 {2} 倍）：超出了对此模型的其他要求所应付出的代价。',
  'The best model is kept.': '最好的模型已保留。',
  'The kept model is the start of training.': '保留的模型就是训练开始时的模型。',
  'The loss exploded {} times, and training was ended.': '损失爆炸了 {0} 次，训练已结束。',
  'Weigh the penalty on the code less, or use the recommended preset.': '请减小对编码的惩罚权重，或使用推荐预设。',
  'Weigh what it is asked for beside a small error less, use the recommended preset, or train longer.':
    '请减小误差以外各项要求的权重、使用推荐预设，或训练更长时间。',
  '{} Add images, or train again with noise on the input, which makes memorising harder.':
    '{0} 请添加图像，或在输入上加噪声重新训练，使模型更难死记硬背。',
  '{} Choose a lower learning rate, or clip gradients.': '{0} 请选择更低的学习率，或裁剪梯度。',
  '{} Stop now, or train again with noise on the input, which makes memorising harder.':
    '{0} 请立即停止，或在输入上加噪声重新训练，使模型更难死记硬背。',
  '{} images are few for {} numbers per image.': '对于每张图像 {1} 个数字而言，{0} 张图像太少。',
  'Choose a higher learning rate, or train for many more steps.': '请选择更高的学习率，或训练更多的步数。',
  'Choose a smaller β, and let it rise more slowly.': '请选择更小的 β，并让它上升得更慢。',
  'Choose fewer entries: those that nothing uses cost time and memory.':
    '请选择更少的条目：无人使用的条目耗费时间和内存。',
  'Choose fewer levels: those that nothing uses cost bits.': '请选择更少的级别：无人使用的级别浪费比特。',
  'Held-out errors rose to {} times the best of before, and training errors with them: the learning rate is too high.':
    '未见过的图像的误差升至此前最好值的 {0} 倍，训练误差也随之上升：学习率过高。',
  'No evaluation was better than the start (error {}).': '没有一次评估优于起点（误差 {0}）。',
  'Only {} of the {} entries of the codebook are ever used.': '码本的 {1} 个条目中只有 {0} 个被使用过。',
  'Only {} of the {} levels of each number are ever used, on average.':
    '每个数字的 {1} 个级别中平均只有 {0} 个被使用过。',
  'Only {} of {} numbers of the code are in use: the prior outweighs the images (posterior collapse).':
    '编码的 {1} 个数字中只有 {0} 个在使用：先验压过了图像（后验坍塌）。',
  'The error has hardly moved from where it began ({} against {}): the learning rate is too low for so few steps.':
    '误差几乎停在起点（{0}，起点 {1}）：对于这样少的步数，学习率过低。',
  'The error has not got better by {} in the last {} evaluations: it has reached a plateau.':
    '在最近 {1} 次评估中误差的改善不足 {0}：已进入平台期。',
  '{} Choose a lower learning rate, which takes finer steps.': '{0} 请选择更低的学习率，步子更细。',
  '{} Choose a lower learning rate.': '{0} 请选择更低的学习率。',
  '{} Let the rate fall towards the end (one-cycle), which often gets below it.':
    '{0} 请让学习率在末尾下降（one-cycle），这样往往能更低。',
  '{} Longer training gains nothing: a larger code or wider layers would. Patience ends it in time.':
    '{0} 训练更久没有收益：更大的编码或更宽的层才有。设置耐心值可及时结束训练。',
  'There is no image or folder {} in {}.': '{1} 中没有图像或文件夹 {0}。',
  'pinhole inspect --images shows what there is.': 'pinhole inspect --images 会列出其中的全部图像。',
  '{} is damaged, and nothing was added to it: {}': '{0} 已损坏，未向其中添加任何内容：{1}',
  'Bring back what can be saved with pinhole decompress, and compress that anew.':
    '请用 pinhole decompress 取回尚可挽救的图像，再重新压缩。',
  'Expected the model that the archive was made with (run {}), received run {} with other weights.':
    '应使用制作该归档的模型（运行 {0}），实际为权重不同的运行 {1}。',
  'Append in the workspace where it was made, or write a second archive.':
    '请在制作该归档的工作区中追加，或另写一个归档。',
  'The archive has another image of the path {}.': '归档中已有路径为 {0} 的另一幅图像。',
  'Rename one of them, or put the new images in a folder of another name.':
    '请将其中之一改名，或把新图像放入另一名称的文件夹。',
  'Call it something like images.pinhole.': '请使用类似 images.pinhole 的名称。',
  'Choose another folder: images that come back would replace the originals.':
    '请选择其他文件夹：还原的图像会覆盖原图。',
  'Choose another name.': '请选择其他名称。',
  'Expected a file name that ends in .pinhole, received {}.': '文件名应以 .pinhole 结尾，收到的是 {0}。',
  'Expected a file to write to, received the folder {}.': '应为要写入的文件，收到的是文件夹 {0}。',
  'Expected a folder apart from the originals, received {}, which is one of the sources of {}.':
    '应为与原图分开的文件夹，收到的 {0} 是 {1} 的来源之一。',
  'Expected a folder in {}, received {}, which is a link to {}.': '应为 {0} 中的文件夹，收到的 {1} 是指向 {2} 的链接。',
  'Open the archive again.': '请重新打开归档。',
  'There is no image {} in this archive.': '此归档中没有图像 {0}。',
  'Expected at most {} images for t-SNE, whose every round pulls each image at all others, received {}.':
    't-SNE 每一轮都要考虑每幅图像与其他所有图像，最多 {0} 幅，实际为 {1} 幅。',
  'Make a UMAP instead, which has the same aim and keeps to neighbours.': '请改用 UMAP，它目标相同，但只考虑近邻。',
  'Expected codes of two numbers, which are a map by themselves, received {}.':
    '编码应为两个数（其本身就是地图），实际为 {0} 个。',
  'Choose PCA, UMAP or t-SNE, or train with 2 codes.': '请选择 PCA、UMAP 或 t-SNE，或用 2 个编码训练。',
  'Expected two runs, received {} twice.': '应为两次不同的训练，收到两次 {0}。',
  'Name another run of the same images.': '请指定相同图像的另一次训练。',
  'Expected two images or more that both runs have, received {}.': '两次训练应至少有两幅共同的图像，实际为 {0} 幅。',
  'Choose runs of the same images.': '请选择相同图像的训练。',
  'There are too many images for thumbnails in the Embedding Projector: the sprite is left out.':
    '图像过多，嵌入投影无法显示缩略图：未写入拼图。',
};
