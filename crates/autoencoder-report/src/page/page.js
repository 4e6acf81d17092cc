"use strict";
// Draws the charts of the page from the data beside them: hover or arrow keys read points, dragging zooms.
const SVG = "http://www.w3.org/2000/svg";
const COLOURS = 10;

function make(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

const short = (value) => {
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  return String(Number(value.toPrecision(5)));
};

function ticks(low, high, count, least) {
  const rough = Math.max((high - low) / count, least);
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((width) => width >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  return found;
}

function widened(low, high, margin) {
  if (!(high > low)) return [low - Math.max(Math.abs(low), 1) / 2, low + Math.max(Math.abs(low), 1) / 2];
  return [low - margin * (high - low), high + margin * (high - low)];
}

function chart(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const svg = figure.querySelector("svg");
  const reading = figure.querySelector("output");
  // Epochs, units and examples are counted: no tick stands between two of them.
  const counted = data.series.every((series) => series.points.every((point) => Number.isInteger(point[0])));
  const hidden = new Set();
  let view = null;
  let places = [];
  let chosen = -1;

  const visible = () => data.series.map((series, index) => ({ ...series, index })).filter((series) => !hidden.has(series.index));

  function whole() {
    const xs = [], ys = data.kind === "bars" ? [0] : [];
    for (const series of visible()) for (const [x, y] of series.points) { xs.push(x); ys.push(y); }
    for (const mark of data.marks) xs.push(mark.at);
    const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
    const greatest = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
    if (!xs.length) return { x: [0, 1], y: [0, 1] };
    const half = data.kind === "bars" ? data.width / 2 : 0;
    const x = widened(least(xs) - half, greatest(xs) + half, data.kind === "lines" ? 0.01 : 0.03);
    const y = widened(least(ys), greatest(ys), 0.05);
    return { x, y: data.kind === "bars" ? [0, y[1]] : y };
  }

  function draw() {
    svg.replaceChildren();
    const width = Math.max(svg.clientWidth, 200), height = svg.clientHeight || 320;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const area = { left: 62, right: width - 12, top: 10, bottom: height - 46 };
    const { x, y } = view || whole();
    const toX = (value) => area.left + ((value - x[0]) / (x[1] - x[0])) * (area.right - area.left);
    const toY = (value) => area.bottom - ((value - y[0]) / (y[1] - y[0])) * (area.bottom - area.top);
    for (const at of ticks(y[0], y[1], 5, 0)) {
      make(svg, "line", { x1: area.left, x2: area.right, y1: toY(at), y2: toY(at), class: "grid" });
      make(svg, "text", { x: area.left - 6, y: toY(at) + 4, "text-anchor": "end" }, short(at));
    }
    for (const at of ticks(x[0], x[1], width < 500 ? 4 : 8, counted ? 1 : 0)) {
      make(svg, "line", { x1: toX(at), x2: toX(at), y1: area.top, y2: area.bottom, class: "grid" });
      make(svg, "text", { x: toX(at), y: area.bottom + 17, "text-anchor": "middle" }, short(at));
    }
    make(svg, "text", { x: (area.left + area.right) / 2, y: height - 8, "text-anchor": "middle", class: "name" }, data.x);
    const middle = (area.top + area.bottom) / 2;
    make(svg, "text", { x: 14, y: middle, transform: `rotate(-90 14 ${middle})`, "text-anchor": "middle", class: "name" }, data.y);
    const clip = `clip${[...document.querySelectorAll("svg")].indexOf(svg)}`;
    make(make(svg, "clipPath", { id: clip }), "rect", { x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top });
    const inside = make(svg, "g", { "clip-path": `url(#${clip})` });
    places = [];
    for (const series of visible()) {
      const colour = `c${series.index % COLOURS}`;
      const at = series.points.map((point) => ({ px: toX(point[0]), py: toY(point[1]), point, name: series.name }));
      if (data.kind === "lines") make(inside, "path", { d: at.map((p, i) => `${i ? "L" : "M"}${p.px.toFixed(1)} ${p.py.toFixed(1)}`).join(""), class: `line ${colour}` });
      if (data.kind === "bars") for (const p of at) {
        const half = Math.max(toX(p.point[0] + data.width / 2) - p.px - 0.5, 0.5);
        make(inside, "rect", { x: p.px - half, y: p.py, width: 2 * half, height: Math.max(toY(0) - p.py, 0), class: `bar ${colour}` });
      }
      if (data.kind === "points" || (data.kind === "lines" && at.length <= 60)) for (const p of at) make(inside, "circle", { cx: p.px, cy: p.py, r: 3, class: `dot ${colour}` });
      places.push(...at);
    }
    places = places.filter((p) => p.px >= area.left && p.px <= area.right && p.py >= area.top - 1 && p.py <= area.bottom + 1);
    for (const mark of data.marks) {
      make(inside, "line", { x1: toX(mark.at), x2: toX(mark.at), y1: area.top, y2: area.bottom, class: "mark" });
      const late = toX(mark.at) > (area.left + area.right) / 2;
      make(inside, "text", { x: toX(mark.at) + (late ? -5 : 5), y: area.top + 12, "text-anchor": late ? "end" : "start" }, mark.name);
    }
    svg.area = area;
    svg.from = (px, py) => [x[0] + ((px - area.left) / (area.right - area.left)) * (x[1] - x[0]), y[0] + ((area.bottom - py) / (area.bottom - area.top)) * (y[1] - y[0])];
    chosen = -1;
  }

  function read(index) {
    svg.querySelectorAll(".chosen").forEach((old) => old.remove());
    chosen = index;
    if (index < 0 || index >= places.length) return;
    const { px, py, point, name } = places[index];
    make(svg, "circle", { cx: px, cy: py, r: 6, class: "chosen" });
    reading.textContent = `${name}: ${data.x} ${short(point[0])}, ${data.y} ${short(point[1])}`;
  }

  const place = (event) => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let from = null, frame = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") return;
    from = place(event);
    frame = make(svg, "rect", { class: "frame" });
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    const [px, py] = place(event);
    if (from) {
      const box = { x: Math.min(px, from[0]), y: Math.min(py, from[1]), width: Math.abs(px - from[0]), height: Math.abs(py - from[1]) };
      for (const key in box) frame.setAttribute(key, box[key]);
      return;
    }
    let best = -1, least = 40 * 40;
    places.forEach((p, index) => {
      const away = (p.px - px) ** 2 + (data.kind === "points" ? (p.py - py) ** 2 : ((p.py - py) / 8) ** 2);
      if (away < least) { least = away; best = index; }
    });
    if (best >= 0) read(best);
  });
  svg.addEventListener("pointerup", (event) => {
    if (!from) return;
    const to = place(event), begin = from;
    from = null;
    frame.remove();
    if (Math.abs(to[0] - begin[0]) < 8 || Math.abs(to[1] - begin[1]) < 8) return;
    const a = svg.from(Math.min(to[0], begin[0]), Math.max(to[1], begin[1]));
    const b = svg.from(Math.max(to[0], begin[0]), Math.min(to[1], begin[1]));
    view = { x: [a[0], b[0]], y: [a[1], b[1]] };
    draw();
  });
  const zoom = (factor) => {
    const { x, y } = view || whole();
    const about = (range) => { const middle = (range[0] + range[1]) / 2, half = ((range[1] - range[0]) / 2) * factor; return [middle - half, middle + half]; };
    view = { x: about(x), y: data.kind === "bars" ? y : about(y) };
    draw();
  };
  const reset = () => { view = null; draw(); };
  svg.addEventListener("dblclick", reset);
  svg.addEventListener("keydown", (event) => {
    const act = {
      ArrowRight: () => read(Math.min(chosen + 1, places.length - 1)), ArrowLeft: () => read(Math.max(chosen - 1, 0)),
      "+": () => zoom(0.5), "-": () => zoom(2), Escape: reset,
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  figure.querySelectorAll("button[data-zoom]").forEach((button) => button.addEventListener("click", () => (button.dataset.zoom === "reset" ? reset() : zoom(Number(button.dataset.zoom)))));
  figure.querySelectorAll("button[data-series]").forEach((button) => button.addEventListener("click", () => {
    const index = Number(button.dataset.series);
    if (hidden.has(index)) hidden.delete(index); else hidden.add(index);
    button.setAttribute("aria-pressed", String(!hidden.has(index)));
    view = null;
    draw();
  }));
  new ResizeObserver(draw).observe(svg);
  draw();
}

document.querySelectorAll("figure.chart").forEach(chart);
