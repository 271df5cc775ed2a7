import { defineConfig } from "vite";

// Each island is one module under its plain name, without parts that it shares with another: Django's static files give it the name
// that carries its digest, and would not find the name of such a part in it. So each is built by itself: `vite build --mode map`.
const inputs: Record<string, string> = {
  chart: "src/chart.ts",
  map: "src/map.ts",
  outline: "src/outline.ts",
  smart: "src/smart.ts",
  player: "src/player.ts",
  doors: "src/doors.ts",
  "doors-form": "src/doors-form.ts",
  "doors-scan": "src/doors-scan.ts",
  wechat: "src/wechat.ts",
  "map-worker": "maplibre-gl/dist/maplibre-gl-worker.mjs",
};

export default defineConfig(({ mode }) => ({
  build: {
    outDir: "../static/web/built",
    emptyOutDir: false,
    target: "es2021",
    modulePreload: false,
    chunkSizeWarningLimit: 1200,
    // openrosa-xpath-evaluator asks for it in digest() alone, and lives without it: 250 kB.
    commonjsOptions: { ignore: ["node-forge"] },
    rollupOptions: {
      input: { [mode]: inputs[mode] ?? mode },
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "[name].js", assetFileNames: "[name][extname]" },
    },
  },
}));
