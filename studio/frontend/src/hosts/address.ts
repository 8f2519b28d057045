/** The page's address says which pipeline is shown, so that loading it again shows the same. */

/** Put a pipeline and the way to it into the address, where the page's address names one. */
export function tell(pipeline: string, trail: readonly string[]): void {
  const url = new URL(location.href);
  if (!url.searchParams.has("pipeline")) return;
  url.searchParams.set("pipeline", pipeline);
  url.searchParams.delete("from");
  for (const name of trail) url.searchParams.append("from", name);
  history.replaceState(history.state, "", url);
}
