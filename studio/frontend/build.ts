/**
 * Build the canvas into one module; the same sources give the same bytes.
 *
 * `node build.ts [FILE]`, or `node build.ts --page DIR` for the dev page.
 */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundling } from "./bundling.ts";

const here = import.meta.dirname;
const [first, folder] = process.argv.slice(2);

if (first === "--page" && folder) {
  await build({ ...bundling, entryPoints: ["dev/page.ts"], outdir: resolve(folder) });
  copyFileSync(resolve(here, "dev/index.html"), resolve(folder, "index.html"));
} else {
  const target = resolve(first ?? resolve(here, "../../packetflow/show/static/canvas.js"));
  mkdirSync(dirname(target), { recursive: true });
  await build({ ...bundling, entryPoints: ["src/index.ts"], outfile: target });
  const built = readFileSync(target);
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(`canvas.js: ${kilobytes(built.length)}, ${kilobytes(gzipSync(built).length)} gzip`);
}
