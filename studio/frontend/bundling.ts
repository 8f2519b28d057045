/** How the canvas and its dev page are bundled. */
import { readFileSync } from "node:fs";
import { type BuildOptions, type Plugin, transform } from "esbuild";

/** Style sheets become strings, as small as they can be, for they go into shadow roots. */
const styleAsText: Plugin = {
  name: "style as text",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: "es2022" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

export const bundling: BuildOptions = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  minify: true,
  jsx: "automatic",
  legalComments: "none", // build.ts writes whole licences
  plugins: [styleAsText],
  // Preact is a seventh of React in size and as quick with a thousand cards; types are React's
  alias: {
    react: "preact/compat",
    "react-dom": "preact/compat",
    "react-dom/client": "preact/compat/client",
    "react/jsx-runtime": "preact/jsx-runtime",
  },
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};
