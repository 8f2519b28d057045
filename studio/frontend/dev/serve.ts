/** Serve the dev page on loopback, built anew at each load: `node dev/serve.ts [PORT]`. */
import { context } from "esbuild";
import { bundling } from "../bundling.ts";

const here = import.meta.dirname;
const page = await context({ ...bundling, absWorkingDir: here, entryPoints: ["page.ts"], write: false, outdir: "." });
const { port } = await page.serve({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0), servedir: here });
console.log(`http://127.0.0.1:${port}/`);
