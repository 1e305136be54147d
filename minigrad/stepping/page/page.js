"use strict";
// Replays what the engine did. The state is a map of sums and a list of addends for each tensor;
// a step changes them and remembers what was there, so that going back restores it exactly.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const leaves = data.leaves.length;
const total = data.backward.length;

const state = {
  direction: "backward",
  positions: { backward: 0, forward: 0 },
  sums: new Map(Object.entries(data.seeds).map(([target, array]) => [Number(target), array])),
  addends: new Map(Object.entries(data.seeds).map(([t, array]) => [Number(t), [["seed", array]]])),
  undo: [],
  kernel: null, // which one is open
  window: 0, // how many of its windows have been stepped over
  result: null, // its result so far
  tab: "step",
  collapsed: false,
  page: 0,
};
const position = () => state.positions[state.direction];

// ---- moving ------------------------------------------------------------------------------------

function forwardOne() {
  if (state.direction === "backward") {
    const step = data.backward[state.positions.backward];
    const node = leaves + step.node;
    const before = new Map([[node, state.sums.get(node)]]);
    state.sums.delete(node);
    for (const [key, array] of Object.entries(step.after)) {
      before.set(Number(key), state.sums.get(Number(key)));
      state.sums.set(Number(key), array);
    }
    for (const sent of step.sent) {
      if (!state.addends.has(sent.to)) state.addends.set(sent.to, []);
      state.addends.get(sent.to).push([data.labels[node], sent.value]);
    }
    state.undo.push(before);
  }
  state.positions[state.direction] += 1;
}

function backOne() {
  state.positions[state.direction] -= 1;
  if (state.direction === "forward") return;
  for (const sent of data.backward[state.positions.backward].sent) state.addends.get(sent.to).pop();
  for (const [target, array] of state.undo.pop()) {
    if (array === undefined) state.sums.delete(target);
    else state.sums.set(target, array);
  }
}

function go(wanted) {
  wanted = Math.max(0, Math.min(total, wanted));
  while (position() < wanted) forwardOne();
  while (position() > wanted) backOne();
  openKernel(0);
  followPage();
  show();
}

function turn() {
  state.direction = state.direction === "backward" ? "forward" : "backward";
  openKernel(0);
  followPage();
  show();
}

function step(by) {
  if (state.tab === "kernel" && state.kernel) {
    const wanted = state.window + by;
    if (wanted >= 0 && wanted <= state.kernel.windows.length) goWindow(wanted);
    return wanted >= 0 && wanted < state.kernel.windows.length;
  }
  const wanted = position() + by;
  if (wanted >= 0 && wanted <= total) go(wanted);
  return wanted >= 0 && wanted < total;
}

function end(which) {
  if (state.tab === "kernel" && state.kernel) goWindow(which ? state.kernel.windows.length : 0);
  else go(which ? total : 0);
}

// The place of the step taken last in the order of recording; -1 before the first.
function nodeNow() {
  if (!position()) return -1;
  return state.direction === "forward" ? position() - 1 : data.backward[position() - 1].node;
}

function stepOfNode(node) { return state.direction === "forward" ? node + 1 : total - node; }

// ---- kernels -----------------------------------------------------------------------------------

function kernelsHere() {
  return data.kernels.filter((k) => k.direction === state.direction && k.step === position() - 1);
}

function openKernel(which) {
  const here = kernelsHere();
  state.kernel = here[which] || null;
  state.window = 0;
  if (state.kernel) state.result = data.arrays[state.kernel.result].v.map(Number);
  else if (state.tab === "kernel") state.tab = "step";
}

function goWindow(wanted) {
  const kernel = state.kernel;
  if (wanted < state.window) {
    state.result = data.arrays[kernel.result].v.map(Number);
    state.window = 0;
  }
  while (state.window < wanted) {
    const window = kernel.windows[state.window++];
    window.writes.forEach((cell, i) => { state.result[cell] = Number(window.after[i]); });
  }
  show();
}

// ---- numbers -----------------------------------------------------------------------------------

function number(value) {
  value = Number(value);
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const rounded = Number(value.toPrecision(4));
  const text = size >= 1e5 || size < 1e-4 ? rounded.toExponential() : String(rounded);
  return text.replace("e+", "e").replace(/-/g, "−");
}

function values(index) { return data.arrays[index].v || data.arrays[index].corner; }

function inline(index) {
  if (index < 0) return "not kept by the tape";
  const array = data.arrays[index];
  if (!array.v) return `${array.s.join("×")}, ${array.text}`;
  if (!array.s.length) return number(array.v[0]);
  if (array.v.length > 9) {
    const all = array.v.map(Number);
    return `${array.s.join("×")} from ${number(Math.min(...all))} to ${number(Math.max(...all))}`;
  }
  const nest = (shape, from) => {
    if (!shape.length) return number(array.v[from]);
    const size = shape.slice(1).reduce((a, b) => a * b, 1);
    return `[${Array.from({ length: shape[0] }, (_, i) => nest(shape.slice(1), from + i * size)).join(" ")}]`;
  };
  let shape = array.s;
  while (shape.length > 2 && shape[0] === 1) shape = shape.slice(1);
  return nest(shape, 0);
}

// ---- making elements: text is always text, never markup ----------------------------------------

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function cellTitle(shape, flat, value) {
  const index = [];
  for (let i = shape.length - 1; i >= 0; i--) { index.unshift(flat % shape[i]); flat = Math.floor(flat / shape[i]); }
  return `${index.length ? `[${index.join(", ")}] = ` : ""}${String(value).replace(/-/g, "−")}`;
}

// One plane as a table; `marks` gives classes to flat places of the whole array.
function table(shape, all, from, rows, columns, scale, marks, border, name) {
  const small = columns > 12 || rows * columns > 150;
  const element = make("table", { class: small ? "cells small" : "cells", "aria-label": name });
  for (let r = 0; r < rows; r++) {
    const line = element.insertRow();
    for (let c = 0; c < columns; c++) {
      const flat = from + r * columns + c;
      const value = Number(all[flat]);
      const cell = line.insertCell();
      const classes = [value > 0 ? "plus" : value < 0 ? "minus" : "", marks.get(flat) || ""];
      if (!Number.isFinite(value)) classes.push("lost");
      if (border && (r < border[0] || c < border[1] || r >= border[0] + border[2] || c >= border[1] + border[3])) classes.push("outside");
      cell.className = classes.join(" ").trim();
      cell.style.setProperty("--share", scale && Number.isFinite(value) ? (Math.abs(value) / scale).toFixed(3) : 0);
      cell.dataset.title = cellTitle(shape, flat, value);
      cell.textContent = number(value);
    }
  }
  return element;
}

function figure(title, index, options = {}) {
  if (index < 0) return make("p", { class: "note" }, `${title}: not kept by the tape`);
  const array = data.arrays[index];
  const shape = array.v ? array.s : array.cs;
  const all = options.values || values(index);
  const finite = all.map(Number).filter(Number.isFinite);
  const scale = Math.max(...finite.map(Math.abs), 0);
  const marks = options.marks || new Map();
  const caption = make("figcaption", {}, title, " ", make("span", {}, [array.s.join("×"), array.d].filter(Boolean).join(" ")));
  const grid = make("div", { class: "grid" });
  const rows = shape.length > 1 ? shape[shape.length - 2] : 1;
  const columns = shape.length ? shape[shape.length - 1] : 1;
  const planes = rows * columns ? all.length / (rows * columns) : 0;
  const chosen = options.planes || Array.from({ length: Math.min(planes, 16) }, (_, i) => i);
  for (const plane of chosen) {
    const lead = [];
    for (let i = shape.length - 3, rest = plane; i >= 0; i--) { lead.unshift(rest % shape[i]); rest = Math.floor(rest / shape[i]); }
    const label = planes > 1 ? `[${lead.join(", ")}]` : "";
    grid.append(make("div", { class: "plane" }, label ? make("span", {}, label) : "", table(shape, all, plane * rows * columns, rows, columns, scale, marks, options.border, `${title} ${label}`)));
  }
  if (planes > chosen.length && !options.planes) grid.append(make("p", { class: "note" }, `${planes - chosen.length} more planes`));
  const element = make("figure", { class: "array" }, caption, grid);
  if (!array.v) element.append(make("p", { class: "note" }, `${array.text}; above, the first corner`), histogram(array));
  return element;
}

function histogram(array) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const top = Math.max(...array.counts, 1);
  svg.setAttribute("class", "histogram");
  svg.setAttribute("viewBox", `0 0 ${array.counts.length * 12} 34`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `histogram from ${array.edges[0]} to ${array.edges[1]}: ${array.counts.join(", ")}`);
  array.counts.forEach((count, i) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = (32 * count) / top;
    for (const [name, value] of Object.entries({ x: i * 12, y: 34 - height, width: 10, height })) bar.setAttribute(name, value);
    svg.append(bar);
  });
  return svg;
}

// ---- the panels --------------------------------------------------------------------------------

function addendList(target, upTo) {
  const arrived = state.addends.get(target).slice(0, upTo);
  const list = make("div", { class: "sum" });
  const hidden = arrived.length - 24; // the first, then the last ones
  arrived.forEach(([origin, array], i) => {
    if (i === 1 && hidden > 0) list.append(make("div", { class: "from" }, `+ … ${hidden} more`));
    if (i === 0 || i > hidden) list.append(make("div", {}, `${i ? "+ " : ""}${inline(array)} `, make("span", { class: "from" }, `from ${origin}`)));
  });
  return list;
}

function stepPanel() {
  const node = nodeNow();
  if (node < 0) return startPanel();
  const about = data.nodes[node];
  const forward = data.forward[node];
  const parts = [
    make("h2", {}, `${data.labels[leaves + node]} = ${about.op}`),
    make("p", { class: "where" }, `${about.where}  `, make("b", {}, about.source)),
    make("p", { class: "formula" }, about.formula),
  ];
  if (state.direction === "forward") {
    parts.push(make("p", { class: "filled" }, forward.filled));
  } else {
    const taken = data.backward[position() - 1];
    const later = new Map();
    for (const sent of taken.sent) later.set(sent.to, (later.get(sent.to) || 0) + 1);
    parts.push(make("div", { class: "blocks" }, figure("ȳ came in", taken.in)));
    for (const sent of taken.sent) {
      later.set(sent.to, later.get(sent.to) - 1);
      parts.push(make("h3", {}, `to ${data.labels[sent.to]} (${sent.argument}${sent.rule ? `, rule ${sent.rule}` : ""})`));
      parts.push(make("p", { class: "formula" }, sent.formula), make("p", { class: "filled" }, sent.filled));
      if (data.arrays[sent.value].s.length) parts.push(make("div", { class: "blocks" }, figure("sent", sent.value)));
      const count = state.addends.get(sent.to).length - later.get(sent.to);
      if (count > 1) {
        const list = addendList(sent.to, count);
        list.append(make("div", { class: "total" }, `= ${inline(sent.total)} `, make("span", { class: "from" }, `so far at ${data.labels[sent.to]}`)));
        parts.push(list);
      }
    }
  }
  parts.push(make("h3", {}, state.direction === "forward" ? "Inputs and output" : "What went in and came out, forward"));
  const blocks = make("div", { class: "blocks" });
  for (const given of forward.inputs) blocks.append(figure(given.argument, given.value));
  blocks.append(figure("y", forward.output));
  parts.push(blocks, make("p", { class: "note" }, `The tape keeps: ${about.kept.join(", ") || "nothing"}`));
  const checks = state.direction === "backward" && data.backward[position() - 1].checks;
  if (checks) {
    const list = make("details", {}, make("summary", {}, "Check this step by finite differences"));
    for (const [ok, text] of checks) list.append(make("p", { class: ok === null ? "unsure" : ok ? "ok" : "wrong" }, text.slice(2)));
    parts.push(list);
  }
  return parts;
}

function startPanel() {
  const blocks = make("div", { class: "blocks" });
  if (state.direction === "backward") {
    for (const [target, array] of state.sums) blocks.append(figure(`ȳ of ${data.labels[target]}`, array));
  } else {
    data.leaves.forEach((array, i) => blocks.append(figure(data.labels[i], array)));
  }
  const words = state.direction === "backward" ? "Before the first step: the gradient of the output" : "Before the first step: the leaves";
  return [make("h2", {}, words), blocks, make("p", { class: "note" }, "Next, or the right arrow key, takes a step.")];
}

function kernelPanel() {
  const kernel = state.kernel;
  const parts = [make("h2", {}, kernel.title), make("p", { class: "note" }, `${kernel.kernel}, in minigrad/kernels/reference.py, ${kernel.verb}.`)];
  const here = kernelsHere();
  if (here.length > 1) {
    const choice = make("div", { class: "steps", role: "group", "aria-label": "Which contribution" });
    here.forEach((other, i) => {
      const button = make("button", { type: "button", "aria-pressed": other === kernel ? "true" : "false" }, `to ${other.argument}`);
      button.addEventListener("click", () => { openKernel(i); show(); });
      choice.append(button);
    });
    parts.push(choice);
  }
  const window = state.window ? kernel.windows[state.window - 1] : null;
  const count = kernel.windows.length;
  const limited = count < kernel.count ? `, the first ${count} of ${kernel.count}` : "";
  parts.push(make("p", { class: "window", id: "window" }, window ? window.text : "The right arrow key, or Next, shows the first window."));
  const slider = make("input", { type: "range", min: 0, max: count, value: state.window, "aria-label": "Window" });
  slider.addEventListener("input", () => goWindow(Number(slider.value)));
  parts.push(make("div", { class: "steps" }, slider, make("span", { class: "note" }, `window ${state.window} of ${count}${limited}`)));
  const blocks = make("div", { class: "blocks" });
  for (const [name, index] of Object.entries(kernel.arrays)) {
    const marks = new Map((window && window.reads[name] ? window.reads[name] : []).map((cell) => [cell, "read"]));
    if (window && name === "x") for (const cell of window.remembered) marks.set(cell, "write");
    blocks.append(figure(name, index, { marks, border: kernel.borders[name], planes: planesWith(index, marks) }));
  }
  const marks = new Map((window ? window.writes : []).map((cell) => [cell, "write"]));
  blocks.append(figure(`${kernel.name} so far`, kernel.result, { marks, values: state.result, border: kernel.borders[kernel.name], planes: planesWith(kernel.result, marks) }));
  parts.push(blocks);
  const terms = window ? Object.entries(window.terms) : [];
  if (terms.length) parts.push(make("h3", {}, "This window"), make("div", { class: "blocks" }, ...terms.map(([name, index]) => figure(name, index))));
  return parts;
}

function planesWith(index, marks) {
  const shape = data.arrays[index].s;
  const size = shape[shape.length - 1] * shape[shape.length - 2];
  const found = new Set([...marks.keys()].map((cell) => Math.floor(cell / size)));
  return found.size ? [...found].slice(0, 8) : [0];
}

function rulesPanel() {
  const steps = data.rules[position() - 1];
  if (!steps) return [make("h2", {}, "Rules side by side"), make("p", { class: "note" }, "Take a step.")];
  const parts = [make("h2", {}, `${data.labels[leaves + nodeNow()]} = ${data.nodes[nodeNow()].op}, under each rule`)];
  for (const cells of steps) {
    parts.push(make("h3", {}, `to ${cells.to} (${cells.argument})`));
    const blocks = make("div", { class: "blocks" });
    const base = values(Object.values(cells.values)[0]).map(Number);
    for (const [name, index] of Object.entries(cells.values)) {
      const marks = new Map();
      values(index).forEach((value, i) => {
        const gap = Math.abs(Number(value) - base[i]);
        if (gap > 1e-6 * Math.abs(base[i])) marks.set(i, "differs");
      });
      const count = cells.differ[name];
      blocks.append(figure(count ? `${name}: ${count} differ` : name, index, { marks }));
    }
    parts.push(blocks);
  }
  parts.push(make("p", { class: "note" }, "Cells with * differ from backprop. Deconvnet lets through what is positive on the way back; guided backprop also asks what was positive on the way there."));
  return parts;
}

function sumsPanel() {
  const parts = [make("h2", {}, `What has arrived after ${state.positions.backward} steps`)];
  for (const [target, array] of state.sums) {
    parts.push(make("h3", {}, data.labels[target]));
    const list = addendList(target);
    const arrived = state.addends.get(target).length;
    if (arrived > 1) list.append(make("div", { class: "total" }, `= ${inline(array)}`));
    parts.push(list);
    if (data.arrays[array].s.length) parts.push(make("div", { class: "blocks" }, figure("sum", array)));
    if (target < leaves && state.positions.backward === total && data.why.length) parts.push(make("p", { class: "note" }, data.why[target]));
    if (parts.length > 200) { parts.push(make("p", { class: "note" }, "… and more")); break; }
  }
  return parts;
}

function keysPanel() {
  const keys = [["→", "one step on; in a kernel, one window"], ["←", "one step back"], ["Home, End", "the start, the end"], ["space", "play, or pause"], ["i, o", "into the kernel, and out"], ["f", "forward walk or backward walk"], ["r", "the rules side by side"], ["s", "the sums"], ["/", "find an operation, a name or a line"]];
  const list = make("dl", { class: "keys" });
  for (const [key, words] of keys) list.append(make("dt", {}, make("kbd", {}, key)), make("dd", {}, words));
  return [make("h2", {}, "Keys"), list, make("p", { class: "note" }, "A click on a box of the graph goes there. Hover a cell for all its digits. Forward is down the graph, backward is up.")];
}

// ---- showing -----------------------------------------------------------------------------------

const panels = { step: stepPanel, kernel: kernelPanel, rules: rulesPanel, sums: sumsPanel, keys: keysPanel };

function show() {
  $("tab-kernel").disabled = !state.kernel;
  $("tab-rules").disabled = !data.rules.length || state.direction === "forward";
  if ($("tab-rules").disabled && state.tab === "rules") state.tab = "step";
  for (const name of Object.keys(panels)) {
    const tab = $(`tab-${name}`);
    tab.setAttribute("aria-selected", name === state.tab);
    tab.tabIndex = name === state.tab ? 0 : -1;
  }
  $("panel").setAttribute("aria-labelledby", `tab-${state.tab}`);
  $("panel").replaceChildren(...panels[state.tab]());
  const node = nodeNow();
  const what = node < 0 ? "the start" : `${data.labels[leaves + node]} = ${data.nodes[node].op}`;
  const inside = state.tab === "kernel" ? `, window ${state.window} of ${state.kernel.windows.length}` : "";
  $("place").textContent = `${state.direction === "backward" ? "Backward" : "Forward"}, step ${position()} of ${total}${inside}: ${what}`;
  $("slider").value = position();
  $("slider").setAttribute("aria-valuetext", `step ${position()} of ${total}, ${what}`);
  $("turn").textContent = state.direction === "backward" ? "Backward ↑" : "Forward ↓";
  $("turn").setAttribute("aria-label", `Walking ${state.direction}; change`);
  const atEnd = state.tab === "kernel" ? state.window === state.kernel.windows.length : position() === total;
  const atStart = state.tab === "kernel" ? state.window === 0 : position() === 0;
  $("next").disabled = $("last").disabled = atEnd;
  $("back").disabled = $("first").disabled = atStart;
  paintGraph();
}

let drawn = "";
function paintGraph() {
  const key = state.collapsed ? "parts" : state.page;
  if (drawn !== key) {
    // The drawing comes from the page's own data, made and escaped by the engine.
    $("drawing").innerHTML = state.collapsed ? data.collapsed : data.pages[state.page].svg;
    drawn = key;
  }
  const many = data.pages.length > 1 && !state.collapsed;
  $("pages").hidden = !many;
  $("page-number").textContent = `${state.page + 1} of ${data.pages.length}`;
  const now = nodeNow();
  const done = (node) => state.direction === "forward" ? node < position() : node >= total - position();
  for (const box of $("drawing").querySelectorAll(".box")) {
    let node = box.dataset.node === undefined ? -1 : Number(box.dataset.node);
    let isNow = node === now && now >= 0;
    if (state.collapsed && node >= 0) {
      const part = data.parts.find((one) => one.start === node);
      isNow = now >= part.start && now < part.stop;
      node = state.direction === "forward" ? part.stop - 1 : part.start;
    }
    box.classList.toggle("now", isNow);
    box.classList.toggle("done", node >= 0 && !isNow && done(node));
    const leaf = box.dataset.leaf === undefined ? -1 : Number(box.dataset.leaf);
    const target = leaf >= 0 ? leaf : node >= 0 && !state.collapsed ? leaves + node : -1;
    box.classList.toggle("reached", state.direction === "backward" && target >= 0 && state.sums.has(target));
    if (isNow) keepInView(box);
  }
}

function keepInView(box) {
  const frame = $("drawing").getBoundingClientRect();
  const place = box.getBoundingClientRect();
  if (place.top < frame.top + 20 || place.bottom > frame.bottom - 20) $("drawing").scrollTop += place.top - frame.top - frame.height / 2;
  if (place.left < frame.left || place.right > frame.right) $("drawing").scrollLeft += place.left - frame.left - frame.width / 2;
}

function followPage() {
  const now = nodeNow();
  const wanted = now >= 0 ? now : state.direction === "backward" ? total - 1 : 0;
  state.page = data.pages.findIndex((page) => wanted >= page.first && wanted <= page.last);
}

function choose(tab) {
  if ($(`tab-${tab}`).disabled) return;
  state.tab = tab;
  if (tab === "kernel" && state.window === 0) goWindow(1);
  else show();
}

function find(text) {
  if (!text) return;
  for (let i = 0; i < total; i++) {
    const at = ((position() + i) % total) + 1;
    const node = state.direction === "forward" ? at - 1 : data.backward[at - 1].node;
    const about = data.nodes[node];
    if ([about.op, about.where, about.source, data.labels[leaves + node]].some((one) => one.includes(text))) { go(at); return; }
  }
  $("place").textContent = `Nothing here holds “${text}”`;
}

// ---- playing -----------------------------------------------------------------------------------

let timer = null;
function play(on) {
  clearInterval(timer);
  timer = null;
  if (on) {
    if ($("next").disabled) end(0);
    timer = setInterval(() => { if (!step(+1) || $("next").disabled) play(false); }, state.tab === "kernel" ? 700 : 1100);
  }
  $("play").textContent = timer ? "Pause" : "Play";
  $("play").setAttribute("aria-label", timer ? "Pause" : "Play");
  $("play").setAttribute("aria-pressed", Boolean(timer));
}

// ---- listening ---------------------------------------------------------------------------------

$("next").addEventListener("click", () => step(+1));
$("back").addEventListener("click", () => step(-1));
$("first").addEventListener("click", () => end(0));
$("last").addEventListener("click", () => end(1));
$("play").addEventListener("click", () => play(!timer));
$("turn").addEventListener("click", turn);
$("slider").addEventListener("input", () => go(Number($("slider").value)));
$("earlier").addEventListener("click", () => { state.page = Math.max(0, state.page - 1); paintGraph(); });
$("later").addEventListener("click", () => { state.page = Math.min(data.pages.length - 1, state.page + 1); paintGraph(); });
$("collapse").hidden = !data.collapsed;
$("collapse").addEventListener("click", () => {
  state.collapsed = !state.collapsed;
  $("collapse").setAttribute("aria-pressed", state.collapsed);
  paintGraph();
});
$("find").addEventListener("keydown", (event) => {
  if (event.key === "Enter") find($("find").value);
  if (event.key === "Escape") $("find").blur();
});
for (const name of Object.keys(panels)) {
  $(`tab-${name}`).addEventListener("click", () => choose(name));
  $(`tab-${name}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const names = Object.keys(panels).filter((one) => !$(`tab-${one}`).disabled);
    const by = event.key === "ArrowRight" ? 1 : names.length - 1;
    const other = names[(names.indexOf(name) + by) % names.length];
    choose(other);
    $(`tab-${other}`).focus();
    event.stopPropagation();
    event.preventDefault();
  });
}
$("drawing").addEventListener("click", (event) => {
  const box = event.target.closest(".box[data-node]");
  if (!box) return;
  const node = Number(box.dataset.node);
  if (state.collapsed) {
    const part = data.parts.find((one) => one.start === node);
    state.collapsed = false;
    $("collapse").setAttribute("aria-pressed", false);
    go(stepOfNode(state.direction === "forward" ? part.start : part.stop - 1));
  } else go(stepOfNode(node));
});
for (const kind of ["mouseover", "click"]) {
  document.addEventListener(kind, (event) => {
    const cell = event.target.closest ? event.target.closest(".cells td") : null;
    $("readout").classList.toggle("shown", Boolean(cell));
    if (cell) $("readout").textContent = cell.dataset.title;
  });
}

const keys = {
  ArrowRight: () => step(+1), n: () => step(+1), ArrowLeft: () => step(-1), p: () => step(-1),
  Home: () => end(0), End: () => end(1), " ": () => play(!timer), f: turn,
  i: () => choose("kernel"), o: () => choose("step"), Escape: () => choose("step"),
  r: () => choose("rules"), s: () => choose("sums"), "?": () => choose("keys"), "/": () => $("find").focus(),
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input[type=search]");
  const sliding = event.target.matches("input[type=range]") && /^(Arrow|Home|End)/.test(event.key);
  const pressing = event.target.matches("button, summary") && event.key === " ";
  if (typing || sliding || pressing || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

state.direction = data.start.direction;
go(data.start.position);
