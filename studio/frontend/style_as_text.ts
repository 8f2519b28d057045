/** Style sheets become strings of the bundle, as small as they can be, for they go into shadow roots. */
import { readFileSync } from "node:fs";
import { type Plugin, transform } from "esbuild";

export const styleAsText: Plugin = {
  name: "style as text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: "es2022" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};
