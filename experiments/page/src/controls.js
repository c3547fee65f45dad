// Change one thing: a dozen sliders, and every other parameter one fold deeper.

import {html, say, set} from "./dom.js";
import {SettingError, armValues, checkParameter, countedIn, groundOf} from "./setting.js";
import {capital, plain} from "./words.js";

// Two that a class asks about first; the six that moved the mean of both arms' added value most, in 20,000 worlds drawn
// from the default box of sim/params.py, by regression of ranks on ranks; and the four others that moved their difference
// most. tests/page/test_access.py works the ten out again.
const DOZEN = [
  "n_partners", "setup_share",
  "own_effort", "coordination_floor", "commitment", "accountability", "free_riding", "effort_threshold",
  "purpose_months", "structure_months", "meetings", "initial_trust",
];
const KINDS = {
  lever: "Ours to set", schedule: "Setup by a schedule of one\u2019s own", uncertainty: "How this world is", sectors: "Sectors and needs",
  design: "What is followed", measure: "How it is read",
};
const STEPS = 100;
const MONTHS = 60; // that a slider of months reaches at least

/**
 * Sliders in `few`, all others by kind in `rest`. `change(name, value)` is called with a checked value, or `null` to
 * take a change back; `refuse(message)` with what is wrong.
 */
export function createControls(data, few, rest, change, refuse) {
  const rows = new Map();
  const make = (row) => {
    const made = control(data, row, change, refuse);
    rows.set(row.name, made);
    return made.element;
  };
  few.replaceChildren(...DOZEN.map((name) => make(data.parameters.find((row) => row.name === name))));
  const others = data.parameters.filter(({ name }) => !DOZEN.includes(name));
  rest.replaceChildren(...Object.entries(KINDS).map(([kind, title]) => {
    const those = others.filter((row) => foldOf(row) === kind);
    return html("details", { class: "kind" }, html("summary", {}, `${title} (${those.length})`), ...those.map(make));
  }));
  return rows;
}

/** Where a parameter is looked for: by its kind, but for the long tables of a schedule, of sectors and of needs. */
function foldOf({ name, kind }) {
  if (name.startsWith("schedule_")) return "schedule";
  return /^(sector|need)_\d/.test(name) ? "sectors" : kind;
}

function control(data, row, change, refuse) {
  const [low, high] = range(row);
  const id = `parameter-${row.name}`;
  const take = (value) => {
    try {
      change(row.name, checkParameter(data, row.name, value));
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      refuse(error.message);
    }
  };
  const step = row.integer ? 1 : (high - low) / STEPS;
  const slider = html("input", {
    type: "range", id, min: low, max: high, step, "aria-describedby": `${id}-about`,
    oninput: () => take(rounded(Number(slider.value), step)),
  });
  const field = html("input", {
    type: "text", inputmode: "decimal", "aria-label": `${capital(plain(row.name))}, exactly`, autocomplete: "off", onchange: () => take(field.value),
  });
  const back = html("button", { type: "button", class: "back", "aria-label": `Set ${plain(row.name)} back`, title: "Set back", onclick: () => change(row.name, null) }, "\u21BA");
  const held = html("span", { class: "held" });
  const about = html("p", { class: "about", id: `${id}-about` }, `${capital(row.meaning)} (${row.unit === "1" ? "a number" : row.unit}). Source: ${row.source}. `, held);
  const element = html("div", { class: "control" }, html("label", { for: id }, capital(plain(row.name))), field, back, slider, about);
  return { element, slider, field, back, held };
}

/** The range of a slider: the box of worlds where there is one, else what is allowed, as far as it is of use. */
function range({ box, low, high, unit, default: usual }) {
  if (box) return [box[0], box[1]];
  return [low, high <= 2 ? high : Math.min(high, Math.max(4 * usual, low + (unit === "months" ? MONTHS : 10)))];
}

function rounded(value, step) {
  return Number.isInteger(step) ? value : Number(value.toPrecision(4));
}

/** Show what is set; what both sides set by themselves is said to be theirs. */
export function drawControls(rows, data, setting) {
  const ground = groundOf(data, setting);
  const arms = setting.arms.map((arm) => armValues(data, setting.failure, arm));
  for (const [name, row] of rows) {
    const value = setting.changes[name] ?? ground[name];
    if (document.activeElement !== row.field) row.field.value = String(value);
    row.slider.value = String(value);
    set(row.slider, "aria-valuetext", String(value));
    row.back.hidden = !(name in setting.changes) || setting.changes[name] === ground[name];
    row.element.classList.toggle("changed", !row.back.hidden);
    const by = arms.filter((values) => name in values).length;
    const counted = name === "n_partners" ? countedIn({ ...ground, ...setting.changes }) : 0;
    row.slider.disabled = by === 2 || counted > 0;
    row.field.disabled = row.slider.disabled;
    say(row.held, counted ? `The sectors count ${counted}.` : by === 2 ? "Both sides set it themselves." : by === 1 ? "One side sets it itself." : "");
  }
}
