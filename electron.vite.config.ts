// How the window is built: the same output for Electron and for plain HTTP, hence relative addresses.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

export default defineConfig({
  renderer: {
    root: 'src-renderer',
    base: './',
    plugins: [svelte()],
    build: {
      outDir: 'out/renderer',
      emptyOutDir: true,
      minify: true,
      target: 'es2024',
      rollupOptions: { input: 'src-renderer/index.html' },
    },
  },
});
