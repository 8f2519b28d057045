/** The page's address says which pipeline is shown, so that loading it again shows the same. */

/** Put a pipeline and the way to it into the address, where the page's address names one; a run is of one pipeline. */
export function tell(pipeline: string, trail: readonly string[], isSame = false): void {
  const url = new URL(location.href);
  if (!url.searchParams.has("pipeline")) return;
  url.searchParams.set("pipeline", pipeline);
  url.searchParams.delete("from");
  if (!isSame) url.searchParams.delete("run");
  for (const name of trail) url.searchParams.append("from", name);
  if (url.href === location.href) return;
  history.replaceState(history.state, "", url);
  dispatchEvent(new PopStateEvent("popstate", { state: history.state })); // what is around the canvas reads it anew
}
