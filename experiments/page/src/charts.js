// Lines over the months: both sides in each chart, what 1,000 worlds did behind them, and the difference.

import {SIDES} from "./colours.js";
import {html, say, set, svg} from "./dom.js";
import {ADDED} from "./run.js";
import {capital, level, plain, signed} from "./words.js";

const W = 320;
const H = 118;
const LEFT = 30;
const RIGHT = 48;
const TOP = 6;
const BOTTOM = 18;

/** What is drawn unless a lesson watches something else. */
export const USUAL = ["structure", "purpose", "trust", "commitment", ADDED];
const DIFFERENCE = "difference";
const BOUNDS = { [ADDED]: [-0.5, 0.5], [DIFFERENCE]: [-0.2, 0.2] };

/** Charts of these series, and of the difference in added value, in `box`. */
export function createCharts(box, names, armNames) {
  const charts = [...names, DIFFERENCE].map((name) => chart(name, armNames));
  box.replaceChildren(...charts.map((one) => one.figure));
  return charts;
}

function chart(name, armNames) {
  const bands = SIDES.map((side) => svg("path", { class: "band", fill: side.line }));
  const lines = SIDES.map((side) => svg("path", { class: "line", stroke: side.line, "stroke-dasharray": side.dash }));
  const before = SIDES.map((side) => svg("path", { class: "line before", stroke: side.line }));
  const ends = SIDES.map((side) => svg("text", { class: "end", fill: side.ink }));
  const [axes, cursor, marks] = [svg("g", { class: "axes" }), svg("line", { class: "cursor" }), svg("g", { class: "marks" })];
  const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img" }, axes, ...bands, marks, cursor, ...before, ...lines, ...ends);
  const title = name === DIFFERENCE ? `Difference in added value` : capital(plain(name));
  const figure = html("figure", { class: `chart ${name}` }, html("figcaption", {}, title), picture);
  if (name === DIFFERENCE) {
    picture.append(
      svg("text", { class: "ahead", x: LEFT + 4, y: TOP + 11 }, `\u25B2 ${armNames[0]} ahead`),
      svg("text", { class: "ahead", x: LEFT + 4, y: H - BOTTOM - 5 }, `\u25BC ${armNames[1]} ahead`),
    );
  }
  return { name, title, figure, picture, bands, lines, before, ends, axes, cursor, marks, key: "" };
}

/**
 * Draw all charts as the two runs stand.
 * @param {any[]} charts @param {any[]} runs @param {any} behind bands of 1,000 worlds, or null
 * @param {any[]|null} before histories to compare with, after a change
 */
export function drawCharts(charts, runs, behind, before, armNames) {
  for (const one of charts) {
    const values = valuesOf(one.name, runs.map((run) => run.history));
    const old = before ? valuesOf(one.name, before) : [];
    const months = runs[0].months;
    const bounds = boundsOf(one.name, [...values, ...old], behind?.[one.name]);
    drawAxes(one, months, bounds);
    one.before.forEach((line, side) => set(line, "d", old[side] ? path(old[side], old[side].length, months, bounds) : ""));
    one.lines.forEach((line, side) => set(line, "d", values[side] ? path(values[side], runs[0].month, months, bounds) : ""));
    one.bands.forEach((band, side) => set(band, "d", area(behind?.[one.name]?.[side], months, bounds)));
    drawEnds(one, values, runs[0].month, months, bounds, armNames);
  }
}

/** The series of both sides; of the difference, one line. */
function valuesOf(name, histories) {
  if (name !== DIFFERENCE) return histories.map((history) => history[name]);
  const [a, b] = histories.map((history) => history[ADDED]);
  return [a.map((value, month) => value - b[month])];
}

/** Levels run from 0 to 1; differences from below 0 to above, in steps, so that the axis does not shake. */
function boundsOf(name, values, band) {
  if (!(name in BOUNDS)) return [0, 1];
  let [low, high] = BOUNDS[name];
  const all = [...values, ...(band ?? []).flatMap((one) => [one.low, one.high])];
  const step = high;
  for (const series of all) {
    for (const value of series) {
      while (value > high) high += step;
      while (value < low) low -= step;
    }
  }
  return [low, high];
}

const across = (month, months) => LEFT + ((W - LEFT - RIGHT) * month) / Math.max(months, 1);
const up = (value, [low, high]) => TOP + ((H - TOP - BOTTOM) * (high - value)) / (high - low);

function path(values, until, months, bounds) {
  let text = "";
  for (let month = 0; month < until; month += 1) {
    if (values[month] === values[month]) {
      text += `${text ? "L" : "M"}${across(month + 1, months).toFixed(1)} ${up(values[month], bounds).toFixed(1)}`;
    }
  }
  return text;
}

/** What the middle eight of ten worlds did. */
function area(band, months, bounds) {
  if (!band) return "";
  const there = Array.from(band.high, (value, month) => `${across(month + 1, months).toFixed(1)} ${up(value, bounds).toFixed(1)}`);
  const back = Array.from(band.low, (value, month) => `${across(month + 1, months).toFixed(1)} ${up(value, bounds).toFixed(1)}`);
  return `M${there.join("L")}L${back.reverse().join("L")}Z`;
}

function drawAxes(one, months, bounds) {
  const key = `${months} ${bounds}`;
  if (one.key === key) return;
  one.key = key;
  const middle = (bounds[0] + bounds[1]) / 2;
  const values = bounds[0] < 0 ? [bounds[0], 0, bounds[1]] : [bounds[0], middle, bounds[1]];
  const every = months <= 84 ? 12 : 12 * Math.ceil(months / 84);
  const parts = values.flatMap((value) => {
    const y = up(value, bounds);
    return [
      svg("line", { x1: LEFT, x2: W - RIGHT, y1: y, y2: y, class: value === 0 ? "zero" : "" }),
      svg("text", { x: LEFT - 5, y: y + 4, "text-anchor": "end" }, level(value, Number.isInteger(value) ? 0 : 1)),
    ];
  });
  for (let month = 0; month <= months; month += every) {
    parts.push(svg("text", { x: across(month, months), y: H - 4, "text-anchor": "middle" }, String(month)));
  }
  one.axes.replaceChildren(...parts);
}

/** The value of each side at its end; kept apart where they would overlap. */
function drawEnds(one, values, month, months, bounds, armNames) {
  const x = across(month, months);
  set(one.cursor, "x1", x);
  set(one.cursor, "x2", x);
  set(one.cursor, "y1", TOP);
  set(one.cursor, "y2", H - BOTTOM);
  const at = values.map((series) => (month > 0 ? series[month - 1] : NaN));
  const heights = [0, 1].map((side) => at[side] ?? NaN).map((value) => (value === value ? up(value, bounds) : H / 2));
  if (values.length > 1 && Math.abs(heights[0] - heights[1]) < 14) {
    const middle = (heights[0] + heights[1]) / 2;
    const first = heights[0] <= heights[1] ? -7 : 7;
    [heights[0], heights[1]] = [middle + first, middle - first];
    const over = Math.max(0, Math.max(...heights) - (H - BOTTOM - 5));
    heights.forEach((height, side) => { heights[side] = height - over; });
  }
  const show = one.name === ADDED || one.name === DIFFERENCE ? signed : level;
  one.ends.forEach((end, side) => {
    const shown = at[side] === at[side] && at[side] !== undefined;
    say(end, shown ? show(at[side]) : "");
    set(end, "x", x + 5);
    set(end, "y", Math.min(H - BOTTOM, Math.max(TOP + 9, heights[side] + 5)));
  });
  const said = at.map((value, side) => (value === value ? `${at.length > 1 ? `${armNames[side]} ` : ""}${show(value)}` : "")).filter(Boolean);
  set(one.picture, "aria-label", `${one.title}, month ${month}: ${said.join(", ") || "not begun"}`);
}

/** Months to point out, each with a name, in all charts. @param {Array<{month: number, text: string}>} marks */
export function drawMarks(charts, marks, months) {
  for (const one of charts) {
    one.marks.replaceChildren(...marks.flatMap(({ month, text }) => {
      const x = across(month, months);
      const name = one.name === DIFFERENCE ? "" : text;
      return [svg("line", { x1: x, x2: x, y1: TOP, y2: H - BOTTOM }), svg("text", { x: x + 3, y: TOP + 9 }, name)];
    }));
  }
}
