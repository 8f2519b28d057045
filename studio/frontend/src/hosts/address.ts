/** The page's address says which pipeline is shown, so that loading it again shows the same. */

/** Put a pipeline and the way to it into the address, where the page's address names one. */
export function tell(pipeline: string, trail: readonly string[]): void {
  const url = new URL(location.href);
  if (!url.searchParams.has("pipeline")) return;
  url.searchParams.set("pipeline", pipeline);
  url.searchParams.delete("from");
  for (const name of trail) url.searchParams.append("from", name);
  if (url.href === location.href) return;
  history.replaceState(history.state, "", url);
  const [, ...page] = document.title.split(" \u00b7 ");
  const said = pipeline.replaceAll("_", " ");
  if (page.length) document.title = [said.charAt(0).toUpperCase() + said.slice(1), ...page].join(" \u00b7 ");
}
