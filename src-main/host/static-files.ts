// The built renderer's files over HTTP: exactly the files that are there, with the headers that keep a page to itself.
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';

export const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** `socket` is the only address beside the page's own files that it may speak to. The Electron window has the same policy. */
export function contentSecurityPolicy(socket = ''): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    `connect-src 'self' ${socket}`.trim(),
    "worker-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Headers of every answer, errors included. */
export function securityHeaders(socket: string): [name: string, value: string][] {
  return [
    ['Content-Security-Policy', contentSecurityPolicy(socket)],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    // No name is looked up for a link that nobody has clicked.
    ['X-DNS-Prefetch-Control', 'off'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ['Permissions-Policy', 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=()'],
  ];
}

/**
 * Answers GET and HEAD. A path is looked up among the files that the folder has at that moment, so that none outside
 * can be named, however the path is written. The caller has checked who asks.
 */
export async function serveFile(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'Only GET and HEAD.');
  const files = await listFiles(folder);
  const path = pathOf(request.url ?? '');
  const name = path === '/' ? '/index.html' : path;
  const file = files.get(name);
  if (!file) return answer(response, 404, 'There is no such file.');
  // Names of built assets carry a hash of their content; everything else is asked for anew.
  const cached = name.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache';
  response.writeHead(200, {
    'Content-Type': contentTypes[extname(name)] ?? 'application/octet-stream',
    'Cache-Control': cached,
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  createReadStream(file)
    .on('error', () => response.destroy()) // taken away in this moment: a cut-off answer says so
    .pipe(response);
}

export function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${text}\n`);
}

/** Regular files by their path in a URL. Symbolic links are none. */
export async function listFiles(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return [`/${relative(folder, file).split(sep).join('/')}`, file];
      }),
  );
}

/** Decoded; empty where it cannot be. */
export function pathOf(url: string): string {
  const [path = ''] = url.split(/[?#]/);
  try {
    return decodeURIComponent(path);
  } catch {
    return ''; // no file is called so
  }
}
