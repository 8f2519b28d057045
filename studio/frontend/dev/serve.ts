/** Serve the dev page on loopback: `node dev/serve.ts [PORT]`. */
import { context } from "esbuild";
import { styleAsText } from "../style_as_text.ts";

const page = await context({
  absWorkingDir: import.meta.dirname,
  entryPoints: ["page.ts"],
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  minify: true,
  write: false,
  outdir: ".",
  plugins: [styleAsText],
  define: { "process.env.NODE_ENV": '"production"' },
});
const { port } = await page.serve({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), servedir: import.meta.dirname });
console.log(`http://127.0.0.1:${port}/`);
