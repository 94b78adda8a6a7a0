import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

/** The packages whose code is in the built page; their licences ship beside it. */
const SHIPPED = ['preact', '@preact/signals', '@preact/signals-core', '@tanstack/virtual-core', '@xterm/xterm', '@xterm/addon-fit'];

function licences(): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle() {
      const texts = SHIPPED.map((name) => {
        const folder = join(import.meta.dirname, 'node_modules', name);
        const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        const file = readdirSync(folder).find((f) => /^licen[cs]e/i.test(f));
        const text = file ? readFileSync(join(folder, file), 'utf8').trim() : '';
        return `${name} ${version} (${license})\n\n${text}\n`;
      });
      this.emitFile({ type: 'asset', fileName: 'third-party-licences.txt', source: texts.join(`\n${'-'.repeat(72)}\n\n`) });
    },
  };
}

export default defineConfig({
  plugins: [licences()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../src/main/resources/web',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    // Names that caches may keep for ever are told by their hash, which `-` would break.
    rolldownOptions: { output: { hashCharacters: 'hex' } },
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: {
    port: 5173,
    proxy: {
      '/api': { target: process.env['MUSTER_URL'] ?? 'http://127.0.0.1:8080', ws: true },
      '/signin': process.env['MUSTER_URL'] ?? 'http://127.0.0.1:8080',
      '/signout': process.env['MUSTER_URL'] ?? 'http://127.0.0.1:8080',
    },
  },
});
