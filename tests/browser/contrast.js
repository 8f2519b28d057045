// Words whose contrast with what is behind them is too small (WCAG 2.2, 1.4.3), as a list of texts,
// also inside shadow roots.
// Left out: what is hidden or disabled, and pictures, whose colours have a test of their own.
() => {
  const numbers = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const colour = (text) => {
    const scale = text.startsWith("color(srgb") ? 255 : 1;
    const [r, g, b, a = 1] = numbers(text.replace("color(srgb", ""));
    return [r * scale, g * scale, b * scale, a];
  };
  const over = (top, below) => {
    const [alpha, rest] = [top[3], 1 - top[3]];
    return [0, 1, 2].map((i) => top[i] * alpha + below[i] * rest).concat(1);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const above = (element) => element.parentElement ?? element.getRootNode().host;
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = above(one)) {
      layers.push(colour(getComputedStyle(one).backgroundColor));
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const fade = (element) => {
    let all = 1;
    for (let one = element; one; one = above(one)) all *= getComputedStyle(one).opacity;
    return all;
  };
  const bad = [];
  const texts = (root) => {
    const found = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.shadowRoot) found.push(...texts(node.shadowRoot));
      else if (node.nodeType === Node.TEXT_NODE && node.parentElement) found.push(node);
    }
    return found;
  };
  for (const node of texts(document.body)) {
    const text = node.textContent.trim();
    const element = node.parentElement;
    if (!text || element.closest("svg, style, script, iframe, canvas, noscript")) continue;
    if (element.closest("[disabled], [aria-disabled=true], [aria-hidden=true]")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const ink = colour(style.color);
    const front = over([...ink.slice(0, 3), ink[3] * fade(element)], back);
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      bad.push(`${ratio.toFixed(2)} ${style.color} on ${back.slice(0, 3).map(Math.round)}: ${text.slice(0, 60)}`);
    }
  }
  return [...new Set(bad)];
}
