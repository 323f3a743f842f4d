// A page that nobody watches: where developer tools watch the network, the browser copies every message of the service to them
// as text, which for the tables of a million images takes seconds of its own.
import { WebSocket } from 'ws';
import { chromiumArguments, chromiumPath } from '../../support/chromium.ts';
import { start, waitUntil } from '../../support/processes.ts';

export interface PlainPage extends AsyncDisposable {
  /** Runs a self-contained function in the page and gives what it resolves to. */
  evaluate<T, A>(work: (argument: A) => Promise<T>, argument: A): Promise<T>;
  /** Resolves once it has loaded. */
  load(address: string): Promise<void>;
}

/** `folder` takes the browser's profile. */
export async function openPlainPage(folder: string): Promise<PlainPage> {
  const own = [
    '--headless',
    '--remote-debugging-port=0',
    `--user-data-dir=${folder}/profile`,
    '--window-size=1280,800',
  ];
  const browser = start(chromiumPath, [...chromiumArguments, ...own, '--lang=en-US', 'about:blank']);
  const listening = () => /DevTools listening on ws:\/\/([^/\s]+)/.exec(browser.said.stderr)?.[1];
  await waitUntil(() => listening() !== undefined || browser.child.exitCode !== null, 'the browser');
  const targets = (await (await fetch(`http://${listening()}/json/list`)).json()) as Record<string, string>[];
  const socket = new WebSocket(targets.find(({ type }) => type === 'page')!.webSocketDebuggerUrl!);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const hear = (isIt: (message: Message) => boolean) =>
    new Promise<Message>((resolve) => {
      const listen = (data: Buffer) => {
        const message = JSON.parse(data.toString()) as Message;
        if (!isIt(message)) return;
        socket.off('message', listen);
        resolve(message);
      };
      socket.on('message', listen);
    });
  let asked = 0;
  const send = async (method: string, params: object = {}) => {
    const id = ++asked;
    const reply = hear((message) => message.id === id);
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await reply;
    if (error || result?.exceptionDetails) throw new Error(JSON.stringify(error ?? result));
    return result!;
  };
  await send('Page.enable');
  return {
    async evaluate(work, argument) {
      const expression = `(${work})(${JSON.stringify(argument)})`;
      const { result } = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      return result!.value as never;
    },
    async load(address) {
      const loaded = hear(({ method }) => method === 'Page.loadEventFired');
      await send('Page.navigate', { url: address });
      await loaded;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      browser.child.kill('SIGTERM');
      await browser.ended;
    },
  };
}

interface Message {
  id?: number;
  method?: string;
  result?: { result?: { value?: unknown }; exceptionDetails?: object };
  error?: object;
}
