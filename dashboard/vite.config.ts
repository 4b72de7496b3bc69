import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Builds the page into `dist/dashboard`, from where the service sends it. */
export default defineConfig({
  root: path("."),
  // Relative: the page works below any path that a proxy gives it.
  base: "./",
  resolve: { alias: { "foldback/client": path("../dist/client/index.js") } },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: path("../dist/dashboard"),
    emptyOutDir: true,
    target: "es2023",
    // A file of its own, however small: what is inlined the page's policy would have to allow.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
