/**
 * How the console is built: `tools/build-console.sh` calls it. Nothing is inlined into the page, since its Content Security
 * Policy allows scripts from files only; src/api/console.ts puts the nonce of each answer where the placeholder stands.
 */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const room = (name: string): string => fileURLToPath(new URL(`../src/${name}/`, import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  resolve: { alias: { '#core/': room('core'), '#protocol/': room('protocol') } },
  html: { cspNonce: 'CSP-NONCE' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': 'http://localhost:8080', '/readyz': 'http://localhost:8080' } },
});
