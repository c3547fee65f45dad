// The stage: two partnerships of one world side by side, and what is drawn of them.

import {account} from "./why.js";
import {USUAL, createCharts, drawCharts, drawMarks} from "./charts.js";
import {SIDES} from "./colours.js";
import {byId, html, say, set} from "./dom.js";
import {told} from "./happened.js";
import {marksOf} from "./lesson.js";
import {createNetwork, drawNetwork, setOut} from "./network.js";
import {ADDED, begin, createRun, goTo, now, step} from "./run.js";
import {armName, armsOf, namesOf, parametersOf} from "./setting.js";
import {capital, level, signed} from "./words.js";

/** Two engines, two partnerships, and the elements that show them. */
export function createStage(data, engines, { chosen, armChanged }) {
  const boxes = Array.from(document.querySelectorAll("#arms .arm"));
  const sides = boxes.map((box, side) => {
    const name = box.querySelector(".arm-name");
    name.addEventListener("change", () => armChanged(side, name.value));
    box.style.setProperty("--side", SIDES[side].line);
    box.style.setProperty("--side-ink", SIDES[side].ink);
    return {
      box, name, now: box.querySelector(".now"), happened: box.querySelector(".happened"),
      network: createNetwork(box.querySelector(".network"), side ? "right" : "left", chosen), key: "",
    };
  });
  return { data, sides, runs: engines.map(createRun), charts: [], shown: "", behind: null, before: null, setting: null };
}

/** Both partnerships on their first day, and then in the month of the setting. */
export function launch(stage, setting) {
  const parameters = parametersOf(stage.data, setting);
  stage.setting = setting;
  const { months } = parameters[0];
  setting.month = Math.min(setting.month, months);
  if (setting.partner !== null && setting.partner >= parameters[0].n_partners) setting.partner = null;
  stage.runs.forEach((run, side) => {
    begin(run, parameters[side], namesOf(stage.data, setting, parameters[side]), setting.seed, setting.world);
    goTo(run, setting.month, () => {});
    setOut(stage.sides[side].network, run);
  });
  const watched = watchedIn(stage);
  const names = setting.arms.map(armName);
  const key = JSON.stringify([watched, names]);
  if (key !== stage.shown) stage.charts = createCharts(byId("charts"), watched, names);
  stage.shown = key;
  byId("month").max = String(months);
}

/** The series that are drawn: a lesson says for itself what to watch. */
function watchedIn({ data, setting }) {
  return setting.view === "lesson" ? [...new Set([...data.failures[setting.failure].watch, ADDED])] : USUAL;
}

/** The engine's series that the charts of many worlds need. */
export function seriesOf(stage) {
  return [...new Set([...watchedIn(stage).filter((name) => name !== ADDED), "outcome", "alone_outcome"])];
}

function nameSides({ data, setting, sides }) {
  const known = armsOf(data, setting.failure);
  sides.forEach(({ name, box, network }, side) => {
    const key = known.join();
    if (name.dataset.known !== key) name.replaceChildren(...known.map((arm) => html("option", { value: arm }, capital(armName(arm)))));
    name.dataset.known = key;
    name.value = setting.arms[side];
    set(network.picture, "aria-label", `Network of partners: ${armName(setting.arms[side])}`);
    set(box, "aria-label", capital(armName(setting.arms[side])));
  });
}

/** One month more on both sides. @returns {boolean} whether there was one */
export function advance(stage) {
  const went = stage.runs.map(step).some(Boolean);
  stage.setting.month = stage.runs[0].month;
  return went;
}

/** Draw everything as it stands. */
export function draw(stage) {
  const { runs, sides, setting, charts, data } = stage;
  const { month, months } = runs[0];
  nameSides(stage);
  runs.forEach((run, side) => {
    drawNetwork(sides[side].network, run, setting.partner);
    say(sides[side].now, standing(run));
    drawHappened(sides[side], run);
  });
  drawCharts(charts, runs, stage.behind, stage.before, setting.arms.map(armName));
  drawMarks(charts, setting.failure ? marksOf(data, setting, month) : [], months);
  say(byId("month-name"), `Month ${month} of ${months}`);
  const slider = byId("month");
  if (slider.value !== String(month)) slider.value = String(month);
  set(slider, "aria-valuetext", `month ${month} of ${months}`);
  drawAccounts(stage);
}

function standing(run) {
  return run.month === 0 ? "The first day" : `Added value ${signed(now(run, ADDED))}`;
}

function drawHappened(side, run) {
  const events = run.month ? told(run.happened[run.month - 1]) : [];
  const lines = events.length ? events : [quiet(run)];
  const key = `${run.month} ${lines.join()}`;
  if (key === side.key) return;
  side.key = key;
  const hours = run.month ? `effort ${level(now(run, "effort"))}, lost to meetings ${level(now(run, "burden"))}${seats(run)}` : "";
  side.happened.replaceChildren(html("h3", {}, run.month ? `What happened in month ${run.month}` : "Before the first month", html("span", {}, hours)), ...lines.map((line) => html("p", { class: events.length ? "event" : "quiet" }, line)));
}

function quiet(run) {
  if (run.month === 0) return "Partners meet for the first time.";
  if (!run.engine.going) return "Everyone acts alone.";
  return now(run, "members") > 0 ? "Nothing out of the ordinary this month." : "Nobody is at the table: everyone works alone.";
}

/** How many are at the table, where some have left it. */
function seats(run) {
  const count = run.parameters.n_partners;
  const seated = Math.round(now(run, "members") * count);
  return run.engine.together && seated < count ? `, ${seated} of ${count} at the table` : "";
}

/** The account of the chosen partner on both sides. */
function drawAccounts({ data, setting, runs, sides }) {
  const select = byId("partner");
  const { names } = runs[0];
  if (select.dataset.names !== names.join()) {
    select.replaceChildren(html("option", { value: "" }, "choose one"), ...names.map((name, i) => html("option", { value: i }, name)));
    select.dataset.names = names.join();
  }
  const value = setting.partner === null ? "" : String(setting.partner);
  if (select.value !== value) select.value = value;
  const box = byId("accounts");
  const key = JSON.stringify([value, runs[0].month, setting.arms, runs.map((run) => run.parameters), setting.seed, setting.world]);
  if (box.dataset.key === key) return;
  box.dataset.key = value === "" ? "" : key;
  if (value === "") {
    box.replaceChildren(html("p", { class: "quiet" }, "Choose a partner here or in a network: the same organisation is asked on both sides."));
    return;
  }
  box.replaceChildren(...runs.map((run, side) => {
    const part = html("div", { class: "account" }, html("h3", {}, `Partner ${run.names[setting.partner]}, ${armName(setting.arms[side])}`),
      ...account(data, setting.partner, run.month, run.month ? run.engine.why(setting.partner) : null));
    part.style.setProperty("--side", sides[side].box.style.getPropertyValue("--side"));
    return part;
  }));
}

/** How it stands, in a few words, for those who listen. */
export function spoken({ runs, setting }) {
  const said = runs.map((run, side) => {
    const events = run.month ? told(run.happened[run.month - 1]).join(" ") : "";
    return `${capital(armName(setting.arms[side]))}: ${run.month ? `added value ${signed(now(run, ADDED))}. ${events}` : "the first day."}`;
  });
  return `Month ${runs[0].month}. ${said.join(" ")}`;
}

/** Keep the lines as they stand, to compare with after a change. */
export function keepLines(stage) {
  stage.before = stage.runs.map((run) => Object.fromEntries(
    Object.entries(run.history).map(([name, values]) => [name, values.slice(0, run.month)]),
  ));
}
