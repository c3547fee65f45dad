// One run is an anecdote: 1,000 worlds of the same setting, in the background, behind the run that is watched.

import {SIDES} from "./colours.js";
import {html} from "./dom.js";
import {counted, level, signed} from "./words.js";

/** How many worlds; and the difference that does not matter in practice, as in the project's studies. */
export const WORLDS = 1000;
const REGION = 0.01;
const MARGIN = 16;
const TALL = 300;
const COARSEST = 40;
const FINEST = 400;

/**
 * The background worker. It is made of text that the page carries, since a page opened from a file may load none.
 * @param {string} script @param {Uint8Array} wasm @param {{progress: Function, found: Function, failed: Function}} tell
 */
export function createBackground(script, wasm, tell) {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const worker = new Worker(address);
  let asked = 0;
  worker.onmessage = ({ data: message }) => {
    if (message.id !== asked) return;
    if (message.error) tell.failed(message.error);
    else if (message.found) tell.found(message.found, message.milliseconds);
    else tell.progress(message.done);
  };
  worker.onerror = (event) => tell.failed(event.message);
  worker.postMessage({ wasm });
  return {
    ask(sides, seed, names) {
      asked += 1;
      worker.postMessage({ id: asked, sides, seed, worlds: WORLDS, names });
    },
    forget() {
      asked += 1;
    },
  };
}

/** One outcome of every world, for each side. */
export function column(found, outcomes, name) {
  const place = outcomes.indexOf(name);
  return found.map(({ outcomes: table }) => Float64Array.from({ length: table.length / outcomes.length }, (_, run) => table[run * outcomes.length + place]));
}

/** How many worlds went which way, as sentences that say where the worlds come from. */
export function summary([a, b], armNames, seed, changed) {
  const count = (test) => a.reduce((sum, value, world) => sum + (test(value - b[world]) ? 1 : 0), 0);
  const [more, less] = [count((gap) => gap > REGION), count((gap) => gap < -REGION)];
  const [first, second] = armNames.map((name) => `\u201c${name}\u201d`);
  const mean = a.reduce((sum, value, world) => sum + (value - b[world]), 0) / a.length;
  const above = [a, b].map((side) => side.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0));
  return [
    `In ${counted(a.length)} worlds of this one setting (${changed}, seed ${seed}; other partners, other random draws), ` +
      `${first} came to more in ${counted(more)}, ${second} in ${counted(less)}, and in ${counted(a.length - more - less)} ` +
      `they were within ${REGION} of each other. On average ${first} gave ${signed(mean, 3)}.`,
    `${first} beat acting alone in ${counted(above[0])} of these worlds, ${second} in ${counted(above[1])}.`,
  ];
}

// -- dots -------------------------------------------------------------------------------------------------------------

/**
 * Two heaps of dots, a dot for each world, back to back on one scale: the first side upwards, the second downwards.
 * @param {HTMLElement} box @param {(world: number) => void} watch called with the world of a dot that is clicked
 */
export function createDots(box, watch) {
  const canvas = html("canvas", { class: "dots", role: "img" });
  const heaps = { canvas, dots: [], columns: null, world: -1, armNames: [] };
  canvas.addEventListener("click", (event) => {
    const found = nearestDot(heaps, event.offsetX, event.offsetY);
    if (found) watch(found.world);
  });
  canvas.addEventListener("pointermove", (event) => {
    const found = nearestDot(heaps, event.offsetX, event.offsetY);
    canvas.style.cursor = found ? "pointer" : "default";
    canvas.title = found ? `World ${found.world}: ${signed(found.value, 3)}. Click to watch it.` : "";
  });
  box.replaceChildren(canvas);
  return heaps;
}

/** Draw both heaps, and mark the world that is watched. */
export function drawDots(heaps, columns, world, armNames) {
  Object.assign(heaps, { columns, world, armNames });
  const { canvas } = heaps;
  const width = Math.max(canvas.parentElement.clientWidth, 280);
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const range = rangeOf(columns);
  const { bins, tallest, step } = fitted(columns, range, width - 2 * MARGIN);
  const heights = tallest.map((most) => most * step + 20);
  const height = heights[0] + heights[1] + 26;
  canvas.style.height = `${height}px`;
  canvas.style.width = `${width}px`;
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  heaps.dots = place(bins, range, width, heights[0], step);
  drawScale(pen, range, width, heights[0], height, columns, armNames);
  for (const dot of heaps.dots) {
    pen.fillStyle = SIDES[dot.side].line;
    mark(pen, dot, Math.max(0.44 * step, 1.1));
  }
  for (const dot of heaps.dots.filter((one) => one.world === world)) {
    pen.fillStyle = "#111111";
    mark(pen, dot, 6.5);
    pen.fillStyle = "#ffffff";
    mark(pen, dot, 3);
  }
  canvas.setAttribute("aria-label", described(columns, armNames));
}

function mark(pen, { x, y }, size) {
  pen.beginPath();
  pen.arc(x, y, size, 0, 2 * Math.PI);
  pen.fill();
}

function rangeOf(columns) {
  let [low, high] = [-0.1, 0.1];
  for (const values of columns) {
    for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return [Math.floor(low * 10) / 10, Math.ceil(high * 10) / 10];
}

/** The largest dots with which both heaps are not too tall: fewer bins make larger dots and taller heaps. */
function fitted(columns, range, width) {
  for (let count = COARSEST; ; count += 4) {
    const bins = columns.map((values) => binned(values, range, count));
    const tallest = bins.map((one) => Math.max(1, ...one.map((those) => those.length)));
    const step = width / count;
    if ((tallest[0] + tallest[1]) * step <= TALL || count >= FINEST) return { bins, tallest, step: Math.min(step, TALL / (tallest[0] + tallest[1])) };
  }
}

function binned(values, [low, high], count) {
  const bins = Array.from({ length: count }, () => []);
  values.forEach((value, world) => {
    bins[Math.min(count - 1, Math.floor(((value - low) / (high - low)) * count))].push({ world, value });
  });
  return bins;
}

function place(bins, range, width, middle, step) {
  return bins.flatMap((those, side) => those.flatMap((bin, at) => bin.map(({ world, value }, above) => ({
    side, world, value, x: MARGIN + ((at + 0.5) / those.length) * (width - 2 * MARGIN),
    y: middle + (side === 0 ? -1 : 1) * (6 + (above + 0.5) * step) + (side === 0 ? 0 : 20),
  }))));
}

function drawScale(pen, [low, high], width, middle, height, columns, armNames) {
  const across = (value) => MARGIN + ((value - low) / (high - low)) * (width - 2 * MARGIN);
  pen.fillStyle = "#4a4a4a";
  pen.strokeStyle = "#b9b9b9";
  pen.font = "13px system-ui, sans-serif";
  pen.textAlign = "center";
  const tick = high - low > 1 ? 0.2 : 0.1;
  for (let at = Math.ceil(low / tick); at * tick <= high + 1e-9; at += 1) {
    const value = at * tick;
    pen.fillText(signed(value, 1), across(value), middle + 14);
    pen.fillRect(across(value), middle - 3, 1, 3);
    pen.fillRect(across(value), middle + 20, 1, 3);
  }
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(across(0), 0);
  pen.lineTo(across(0), height);
  pen.stroke();
  pen.setLineDash([]);
  pen.textAlign = "left";
  pen.font = "bold 14px system-ui, sans-serif";
  armNames.forEach((name, side) => {
    pen.fillStyle = SIDES[side].ink;
    pen.fillText(`${side === 0 ? "\u25B2" : "\u25BC"} ${name}, middle world ${signed(median(columns[side]))}`, 4, side === 0 ? 14 : height - 4);
  });
}

export function median(values) {
  const sorted = Float64Array.from(values).sort();
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

function described(columns, armNames) {
  const said = armNames.map((name, side) => {
    const sorted = Float64Array.from(columns[side]).sort();
    const part = (share) => level(sorted[Math.round(share * (sorted.length - 1))]);
    return `${name}: middle world ${part(0.5)}, eight of ten between ${part(0.1)} and ${part(0.9)}`;
  });
  return `Added value in ${counted(columns[0].length)} worlds. ${said.join(". ")}.`;
}

function nearestDot(heaps, x, y) {
  let [best, least] = [null, 144];
  for (const dot of heaps.dots) {
    const away = (dot.x - x) * (dot.x - x) + (dot.y - y) * (dot.y - y);
    if (away < least) [best, least] = [dot, away];
  }
  return best;
}

/** Worlds worth a look, by the difference between the sides. */
export function notable([a, b]) {
  const order = Array.from(a, (_, world) => world).sort((one, two) => a[one] - b[one] - (a[two] - b[two]) || one - two);
  return { last: order[0], middle: order[Math.floor(order.length / 2)], first: order[order.length - 1] };
}
