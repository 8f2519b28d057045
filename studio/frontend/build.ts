/** Build the canvas into one module; the same sources give the same bytes. `node build.ts [FILE]`. */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { styleAsText } from "./style_as_text.ts";

const here = import.meta.dirname;
const target = resolve(process.argv[2] ?? resolve(here, "../../packetflow/show/static/canvas.js"));

mkdirSync(dirname(target), { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: ["src/index.ts"],
  outfile: target,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  minify: true,
  jsx: "automatic",
  legalComments: "eof",
  plugins: [styleAsText],
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
});
const built = readFileSync(target);
const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
console.log(`canvas.js: ${kilobytes(built.length)}, ${kilobytes(gzipSync(built).length)} gzip`);
