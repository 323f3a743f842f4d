// The page's own address: the built window's files over `pinhole://app`, with the headers of the other door, and nothing else.
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { pageOrigin } from '../../contract/bridge.ts';
import { contentTypes, listFiles, pathOf, securityHeaders } from '../static-files.ts';
import type { Electron } from './api.ts';

/** To be called before the app is ready. */
export function announceScheme({ protocol }: Electron): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, codeCache: true };
  protocol.registerSchemesAsPrivileged([{ scheme: new URL(pageOrigin).protocol.slice(0, -1), privileges }]);
}

export function servePage({ protocol }: Electron, folder: string): void {
  protocol.handle(new URL(pageOrigin).protocol.slice(0, -1), (request) => answerRequest(folder, request));
}

/** A path is looked up among the files that the folder has, so that none outside can be named, however it is written. */
export async function answerRequest(folder: string, request: Request): Promise<Response> {
  const { origin, host, pathname } = addressOf(request.url);
  const headers = new Headers(securityHeaders(''));
  const refuse = (status: number, text: string) => new Response(`${text}\n`, { status, headers });
  if (`${origin}//${host}` !== pageOrigin) return refuse(403, 'Refused.');
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET and HEAD.');
  const files = await listFiles(folder);
  const name = pathname === '/' ? '/index.html' : pathOf(pathname);
  const file = files.get(name);
  if (file === undefined) return refuse(404, 'There is no such file.');
  headers.set('Content-Type', contentTypes[extname(name)] ?? 'application/octet-stream');
  return new Response(request.method === 'HEAD' ? null : await readFile(file), { status: 200, headers });
}

/** The origin of a scheme that is not the web's is `null` to Node: its parts are compared. */
function addressOf(url: string): { origin: string; host: string; pathname: string } {
  const { protocol, host, pathname } = new URL(url);
  return { origin: protocol, host, pathname };
}

/** Whether an address is of the own page: of frames that send messages, and of where a window may go. */
export function isPage(url: string): boolean {
  return url === pageOrigin || url.startsWith(`${pageOrigin}/`);
}
