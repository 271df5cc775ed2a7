import { defineConfig } from "vite";

// Each island is one module under its plain name: Django's static files give it the name that carries its digest.
export default defineConfig({
  build: {
    outDir: "../static/web/built",
    emptyOutDir: true,
    target: "es2021",
    modulePreload: false,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      input: { chart: "src/chart.ts" },
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "[name].js", chunkFileNames: "[name].js" },
    },
  },
});
