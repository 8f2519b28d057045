/**
 * Build the canvas into one module; the same sources give the same bytes.
 *
 * `node build.ts [FILE]`, or `node build.ts --page DIR` for the dev page.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundling } from "./bundling.ts";

const here = import.meta.dirname;
const [first, folder] = process.argv.slice(2);

/** The licences of the packages that are inside, as a comment; equal texts stand once. */
function licences(files: Iterable<string>): string {
  const held = new Map<string, string[]>();
  const packages = new Set([...files].map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? ""));
  for (const name of [...packages].filter(Boolean).sort()) {
    const home = resolve(here, "node_modules", name);
    const file = readdirSync(home).find((one) => /^licen[cs]e/i.test(one));
    if (!file) throw new Error(`${name} says nothing of its licence`);
    const lines = readFileSync(resolve(home, file), "utf8").split("\n").map((line) => line.trim());
    const owners = lines.filter((line) => /^copyright/i.test(line));
    const text = lines.filter((line) => line && !/^copyright|licen[cs]e( \(\w+\))?$/i.test(line)).join(" ");
    held.set(text, [...(held.get(text) ?? []), `${name}: ${owners.join(", ")}`]);
  }
  return `/*!\n${[...held].map(([text, names]) => `${names.join("\n")}\n${text}`).join("\n\n")}\n*/\n`;
}

if (first === "--page" && folder) {
  await build({ ...bundling, entryPoints: ["dev/page.ts"], outdir: resolve(folder) });
  copyFileSync(resolve(here, "dev/index.html"), resolve(folder, "index.html"));
} else {
  const target = resolve(first ?? resolve(here, "../../packetflow/show/static/canvas.js"));
  mkdirSync(dirname(target), { recursive: true });
  const { outputFiles, metafile } = await build({ ...bundling, entryPoints: ["src/index.ts"], outfile: target, write: false, metafile: true });
  const built = `${outputFiles[0]?.text ?? ""}${licences(Object.keys(metafile.inputs))}`;
  writeFileSync(target, built);
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(`canvas.js: ${kilobytes(Buffer.byteLength(built))}, ${kilobytes(gzipSync(built).length)} gzip`);
}
