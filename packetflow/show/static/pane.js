// A piece of HTML in a notebook's cell, drawn by Python (packetflow/show/pane.py).
// What is marked data-part is replaced only when it changed, so that nothing is lost which is being
// typed, scrolled or read. What is marked data-say is sent to Python when pressed, or when typed in.
const BEAT_MS = 15_000;
const TYPED_MS = 200;

function redraw(place, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const parts = new Map([...place.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  const wanted = [...fresh.content.querySelectorAll("[data-part]")];
  if (wanted.length === 0 || wanted.length !== parts.size || wanted.some((part) => !parts.has(part.dataset.part))) {
    for (const part of wanted) part.written = part.innerHTML;
    place.replaceChildren(fresh.content);
    return;
  }
  for (const part of wanted) {
    const old = parts.get(part.dataset.part);
    if (old.written === part.innerHTML) continue;
    const opened = new Set([...old.querySelectorAll("details[open]")].map((one) => one.dataset.key));
    const scrolled = [...old.querySelectorAll(".pf-scroll")].map((one) => one.scrollLeft);
    old.written = part.innerHTML;
    old.innerHTML = part.innerHTML;
    for (const one of old.querySelectorAll("details")) one.open = opened.has(one.dataset.key);
    old.querySelectorAll(".pf-scroll").forEach((one, at) => (one.scrollLeft = scrolled[at] ?? 0));
  }
}

function render({ model, el }) {
  const place = document.createElement("div");
  el.append(place);
  const draw = () => redraw(place, model.get("html"));
  const beat = () => document.visibilityState === "visible" && model.send({ is: "here" });
  let typed;

  // single letters are commands of notebooks; JupyterLab leaves those of a marked element alone
  const keep = (event) => !event.ctrlKey && !event.metaKey && event.stopPropagation();
  const mark = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");
  const press = (event) => {
    const pressed = event.target.closest("button[data-say]");
    if (!pressed) return;
    pressed.disabled = true;
    model.send({ is: "said", say: JSON.parse(pressed.dataset.say) });
  };
  const type = (event) => {
    const field = event.target.closest("input[data-say]");
    if (!field) return;
    clearTimeout(typed);
    const say = { ...JSON.parse(field.dataset.say), text: field.value };
    typed = setTimeout(() => model.send({ is: "said", say }), TYPED_MS);
  };
  place.addEventListener("keydown", keep);
  place.addEventListener("focusin", mark);
  place.addEventListener("click", press);
  place.addEventListener("input", type);
  document.addEventListener("visibilitychange", beat);
  model.on("change:html", draw);
  const timer = setInterval(beat, BEAT_MS);
  const over = () => clearInterval(timer);
  model.on("comm_live_update", over);
  draw();
  beat();
  return () => {
    over();
    clearTimeout(typed);
    document.removeEventListener("visibilitychange", beat);
    model.off("change:html", draw);
    model.off("comm_live_update", over);
    place.remove();
  };
}

export default { render };
