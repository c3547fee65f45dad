// The network of partners: size is capacity, colour commitment, ring alignment, ties trust, diamonds issues. Those that
// have left the table are hollow, and have no ties.

import {GREY, HOLLOW, shade, onShade} from "./colours.js";
import {html, say, set, svg} from "./dom.js";
import {FEW, HEIGHT, WIDTH, layout} from "./layout.js";
import {letter, level} from "./words.js";

const CLASSES = 8;
const FAINTEST = 0.1;
const MANY = 30; // above so many partners, only the strongest ties of each are drawn
const STRONGEST = 6;
const ISSUE = 11;

/**
 * A network in `box`; `chosen(index)` is called when a partner is chosen.
 * @param {HTMLElement} box @param {string} side for labels @param {(index: number) => void} chosen
 */
export function createNetwork(box, side, chosen) {
  const canvas = html("canvas", { "aria-hidden": "true" });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": `Network of partners, ${side}` });
  box.replaceChildren(canvas, picture);
  const network = { canvas, picture, chosen, nodes: [], issues: [], board: null, apart: null, key: "" };
  return network;
}

/** Set out the partners of a run that has just begun; the same partners keep their elements. */
export function setOut(network, run) {
  const { engine, parameters } = run;
  const count = parameters.n_partners;
  const partners = Array.from({ length: count }, (_, i) => engine.partner(i));
  const capacity = partners.map((one) => one.capacity);
  const small = partners.map((one) => one.small > 0);
  const key = JSON.stringify([capacity, small, parameters.n_issues, parameters.umbrella]);
  if (key === network.key) return;
  network.key = key;
  const places = layout(capacity);
  network.nodes = places.map((place, i) => node(network, place, i, small[i]));
  network.issues = Array.from({ length: parameters.n_issues }, (_, k) => issue(k, parameters.n_issues));
  network.board = svg("circle", { class: "board", cx: WIDTH / 2, cy: HEIGHT / 2, r: 40 });
  const few = count > MANY ? [svg("text", { class: "seat-name", x: WIDTH - 4, y: HEIGHT - 5, "text-anchor": "end" }, `the ${STRONGEST} firmest ties of each`)] : [];
  network.apart = svg("text", { class: "apart", x: WIDTH / 2, y: HEIGHT / 2, visibility: "hidden" }, "everyone acts alone");
  const umbrella = parameters.umbrella > 0 && small.includes(true) ? seat(places, small) : [];
  network.picture.replaceChildren(
    ...umbrella, ...few, network.board, ...network.issues.map((one) => one.link), ...network.issues.map((one) => one.group),
    ...network.nodes.map((one) => one.group), ...network.nodes.map((one) => one.mark),
    network.apart,
  );
}

function node(network, place, index, small) {
  const { x, y, r } = place;
  const label = svg("text", { class: "letter", "aria-hidden": "true", x: 0, y: 0, "font-size": Math.max(8, Math.min(15, r)) }, r > 6.5 ? letter(index) : "");
  const disc = svg("circle", { class: "disc", r });
  const breadth = Math.min(3.6, 0.45 * r);
  const outer = r + breadth;
  const length = 2 * Math.PI * outer;
  const track = svg("circle", { class: "track", r: outer, "stroke-width": breadth });
  const ring = svg("circle", { class: "ring", r: outer, "stroke-width": breadth, transform: "rotate(-90)" });
  const mark = svg("g", { class: "owner", "aria-hidden": "true", transform: `translate(${x + 0.75 * r + 4} ${y - 0.75 * r - 4})`, visibility: "hidden" },
    svg("rect", { x: -7, y: -7, width: 14, height: 14, transform: "rotate(45)" }), svg("text", {}));
  const change = svg("circle", { class: "turnover", r: outer + Math.min(5, 0.4 * r), visibility: "hidden" });
  const choose = () => network.chosen(index);
  const group = svg("g", {
    class: `partner${small ? " small" : ""}`, transform: `translate(${x} ${y})`, role: "button", tabindex: index === 0 ? 0 : -1,
    onclick: choose, onkeydown: (event) => onKey(network, index, event, choose),
  }, svg("circle", { class: "hit", r: outer + 2 }), change, track, ring, disc, label);
  return { group, disc, ring, label, mark, change, length, x, y, r, small };
}

/** Arrows go from partner to partner; Enter or Space asks one why. */
function onKey(network, index, event, choose) {
  const count = network.nodes.length;
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (event.key === "Enter" || event.key === " ") choose();
  else if (step) {
    const next = network.nodes[(index + step + count) % count].group;
    set(network.nodes[index].group, "tabindex", -1);
    set(next, "tabindex", 0);
    next.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Issues stand on the table, in a row or, if there are many, in two. */
function issue(k, count) {
  const columns = Math.min(count, count <= 4 ? 2 : 4);
  const rows = Math.ceil(count / columns);
  const inRow = Math.min(columns, count - Math.floor(k / columns) * columns);
  const gap = count <= 4 ? 32 : 24;
  const x = WIDTH / 2 + ((k % columns) - (inRow - 1) / 2) * gap;
  const y = HEIGHT / 2 + (Math.floor(k / columns) - (rows - 1) / 2) * gap;
  const size = count <= 4 ? ISSUE : 8;
  const box = svg("rect", { x: -size, y: -size, width: 2 * size, height: 2 * size, transform: "rotate(45) scale(0.8)" });
  const group = svg("g", { class: "issue", transform: `translate(${x} ${y})` }, box, svg("text", {}, String(k + 1)));
  return { group, x, y, link: svg("line", { class: "answers", x1: x, y1: y, x2: x, y2: y, visibility: "hidden" }), owner: -1 };
}

/** The one seat that small partners share: a shade behind them, in one piece where they stand side by side. */
function seat(places, small) {
  const those = places.filter((_, i) => small[i]);
  const r = Math.max(...those.map((place) => place.r)) + 8;
  const points = those.map(({ x, y }) => `${x},${y}`).join(" ");
  const band = places.length <= FEW && those.length > 1
    ? [svg("polyline", { class: "seat", points, "stroke-width": 2 * r })]
    : those.map((place) => svg("circle", { class: "seat-part", cx: place.x, cy: place.y, r }));
  return [...band, svg("text", { class: "seat-name", x: 4, y: HEIGHT - 5 }, "shaded: one shared seat")];
}

/** Draw the run as it stands. @param {any} network @param {any} run @param {number|null} chosen */
export function drawNetwork(network, run, chosen) {
  const { engine, parameters } = run;
  const owned = owners(network, run);
  const { ended, structure } = engine.partnership();
  const left = new Set((run.happened[run.month - 1] ?? []).filter((one) => one.kind === "turnover").map((one) => one.partner));
  set(network.picture, "class", ended > 0 ? "alone" : "together");
  network.nodes.forEach((one, i) => {
    const partner = engine.partner(i);
    one.away = partner.seated === 0;
    one.group.classList.toggle("away", one.away);
    set(one.disc, "fill", one.away ? HOLLOW : shade(partner.commitment));
    set(one.label, "fill", one.away ? GREY : onShade(partner.commitment));
    const filled = one.length * partner.alignment;
    set(one.ring, "stroke-dasharray", `${filled.toFixed(1)} ${(one.length - filled + 1).toFixed(1)}`);
    set(one.change, "visibility", left.has(i) ? "visible" : "hidden");
    set(one.mark, "visibility", owned[i] ? "visible" : "hidden");
    if (owned[i]) say(one.mark.lastChild, owned[i]);
    set(one.group, "aria-pressed", chosen === i);
    set(one.group, "aria-label", described(run.names[i], partner, owned[i]));
  });
  set(network.board, "stroke-width", (1 + 8 * structure).toFixed(1));
  set(network.apart, "visibility", ended > 0 ? "visible" : "hidden");
  drawTies(network, engine, ended > 0 ? 0 : parameters.n_partners);
}

/** Point each issue at its owner; returns, for each partner, the issues it owns as text. */
function owners(network, run) {
  const owned = [];
  network.issues.forEach((one, k) => {
    const { owner } = run.engine.issue(k);
    set(one.group, "class", owner < 0 ? "issue orphan" : "issue");
    set(one.link, "visibility", owner < 0 ? "hidden" : "visible");
    if (owner >= 0) {
      owned[owner] = owned[owner] ? `${owned[owner]},${k + 1}` : String(k + 1);
      set(one.link, "x2", network.nodes[owner].x);
      set(one.link, "y2", network.nodes[owner].y);
    }
  });
  return owned;
}

function described(name, partner, owned) {
  const size = partner.small > 0 ? "small" : "large";
  const owns = owned ? `, answers for issue ${owned}` : "";
  if (partner.seated === 0) return `Partner ${name}, ${size}: has left the table and works for itself; commitment ${level(partner.commitment)}. Ask why.`;
  return `Partner ${name}, ${size}: commitment ${level(partner.commitment)}, alignment ${level(partner.alignment)}${owns}. Ask why.`;
}

/** Ties, from faint to firm in a few classes: a path for each class is much quicker than a line for each tie. */
function drawTies(network, engine, count) {
  const { canvas } = network;
  const scale = Math.min(window.devicePixelRatio || 1, 2) * Math.max(canvas.clientWidth / WIDTH, 0.5);
  const [width, height] = [Math.round(WIDTH * scale), Math.round(HEIGHT * scale)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, WIDTH, HEIGHT);
  const trusts = count ? engine.trusts() : [];
  const paths = Array.from({ length: CLASSES }, () => new Path2D());
  for (let i = 0; i < count; i += 1) {
    const one = network.nodes[i];
    if (one.away) continue;
    for (const { j, trust } of tiesOf(trusts, i, count, network.nodes)) {
      const path = paths[Math.min(CLASSES - 1, Math.floor(trust * CLASSES))];
      path.moveTo(one.x, one.y);
      path.lineTo(network.nodes[j].x, network.nodes[j].y);
    }
  }
  const crowd = Math.min(1, 14 / Math.min(count, MANY));
  paths.forEach((path, place) => {
    const firm = (place + 0.5) / CLASSES;
    pen.lineWidth = (0.5 + 5 * firm * firm) * Math.max(crowd, 0.35);
    pen.strokeStyle = `rgba(60, 72, 90, ${(0.08 + 0.7 * firm * firm) * Math.max(crowd, 0.3)})`;
    pen.stroke(path);
  });
}

/** The ties that are drawn from a partner: each tie once; where partners are many its strongest, of equals the next. */
function tiesOf(trusts, i, count, nodes) {
  const ties = [];
  for (let j = 0; j < (count > MANY ? count : i); j += 1) {
    const trust = (trusts[i * count + j] + trusts[j * count + i]) / 2;
    if (j !== i && !nodes[j].away && trust >= FAINTEST) ties.push({ j, trust, away: (j - i + count) % count });
  }
  return count > MANY ? ties.sort((a, b) => b.trust - a.trust || a.away - b.away).slice(0, STRONGEST) : ties;
}
