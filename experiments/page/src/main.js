// The page: what its buttons and fields do.

import {runCheck} from "./check.js";
import {createClock} from "./clock.js";
import {createControls, drawControls} from "./controls.js";
import {byId, html, say} from "./dom.js";
import {loadEngine} from "./engine.js";
import {after, answer, before, contents} from "./lesson.js";
import {goTo} from "./run.js";
import {SettingError, armName, checkSeed, checkWorld, firstSetting, lessonSetting, parametersOf, realChanges, rosterOf} from "./setting.js";
import {FILE, SWEEP, command, configuration, fragment, fromFile, fromFragment} from "./share.js";
import {advance, createStage, draw, keepLines, launch, seriesOf, spoken} from "./stage.js";
import {capital, counted, plain} from "./words.js";
import {WORLDS, column, createBackground, createDots, drawDots, notable, summary} from "./worlds.js";

const AGAIN = 300;
const LONGEST_FILE = 1_000_000;

const data = JSON.parse(byId("data").textContent);
const wasm = Uint8Array.from(atob(byId("wasm").textContent), (letter) => letter.charCodeAt(0));
const engines = [await loadEngine(wasm), await loadEngine(wasm)];

const stage = createStage(data, engines, { chosen: askWhy, armChanged: (side, arm) => attempt(() => change({ arms: stage.setting.arms.map((old, place) => (place === side ? arm : old)) })) });
const clock = createClock(playMonth, (playing) => {
  byId("play").textContent = playing ? "Pause" : atEnd() ? "Play again" : "Play";
  if (!playing) settle();
});
const rows = createControls(data, byId("few"), byId("rest"), changeParameter, refuse);
const dots = createDots(byId("dots"), watchWorld);
let background = null;
let found = null;
let wanted = false;
let again = 0;

// -- what is seen -----------------------------------------------------------------------------------------------------

/** Take up a setting, whole; a mistake in it leaves the page as it was. */
function take(setting) {
  clock.pause();
  const { view } = setting;
  document.body.dataset.view = view;
  stage.before = null;
  forgetWorlds();
  byId("lessons").hidden = view !== "lessons";
  byId("lesson").hidden = view !== "lesson";
  byId("lesson-after").hidden = true;
  byId("work").hidden = view !== "watch";
  for (const [name, on] of [["watch", view === "watch"], ["lessons", view !== "watch"]]) byId(`show-${name}`).setAttribute("aria-current", on ? "page" : "false");
  launch(stage, setting);
  if (view === "lesson") openLesson(setting.failure);
  show();
  settle();
}

/** Draw everything, settings included. */
function show() {
  draw(stage);
  const { setting } = stage;
  byId("scenario").value = setting.scenario;
  byId("failure").value = setting.failure;
  const failure = data.failures[setting.failure];
  say(byId("about-choice"), failure ? failure.world : data.scenarios[setting.scenario].about);
  say(byId("roster"), rosterOf(data, setting, stage.runs[0].parameters));
  for (const name of ["seed", "world"]) if (document.activeElement !== byId(name)) byId(name).value = String(setting[name]);
  drawControls(rows, data, setting);
  if (found && !byId("distributions").hidden) showWorlds();
}

/** Write the setting into the address, and say how it stands. */
function settle() {
  if (!clock.playing()) byId("play").textContent = atEnd() ? "Play again" : "Play";
  say(byId("said"), spoken(stage));
  const text = fragment(data, stage.setting);
  history.replaceState(null, "", text ? `#${text}` : location.href.split("#")[0]);
}

function refuse(message) {
  byId("message").hidden = false;
  byId("message").firstElementChild.textContent = message;
  if (stage.setting) show();
}

/** Do what may be refused: a mistake becomes a message, and nothing changes. */
function attempt(what) {
  try {
    const done = what();
    byId("message").hidden = true;
    return done;
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    refuse(error.message);
    return undefined;
  }
}

// -- time -------------------------------------------------------------------------------------------------------------

function atEnd() {
  return stage.runs[0].month >= stage.runs[0].months;
}

function playMonth() {
  const went = advance(stage);
  draw(stage);
  if (stage.setting.month % 12 === 0) say(byId("said"), spoken(stage));
  return went && !atEnd();
}

function toMonth(month) {
  clock.pause();
  stage.setting.month = Math.max(0, Math.min(month, stage.runs[0].months));
  if (stage.setting.month < stage.runs[0].month) launch(stage, stage.setting);
  else stage.runs.forEach((run) => goTo(run, stage.setting.month, () => {}));
  draw(stage);
  settle();
}

function play() {
  if (!clock.playing() && atEnd()) toMonth(0);
  clock.toggle();
}

// -- change one thing -------------------------------------------------------------------------------------------------

/** The same month of a setting that differs; the lines as they were stay as faint ones. One that cannot be is refused. */
function change(fields, compare = true) {
  const setting = { ...stage.setting, ...fields };
  parametersOf(data, setting);
  const playing = clock.playing();
  clock.pause();
  if (!compare) stage.before = null;
  else if (!stage.before) keepLines(stage);
  launch(stage, setting);
  worldsChanged();
  show();
  settle();
  if (playing) clock.play();
}

function changeParameter(name, value) {
  byId("message").hidden = true;
  const changes = { ...stage.setting.changes };
  if (value === null) delete changes[name];
  else changes[name] = value;
  change({ changes });
}

/** Another world or scenario: nothing to compare with. */
function elsewhere(fields) {
  change(fields, false);
}

function reset() {
  const { view, failure, scenario, arms, seed, world } = stage.setting;
  clock.pause();
  launch(stage, { ...firstSetting(), view, failure, scenario, arms, seed, world });
  stage.before = null;
  worldsChanged();
  show();
  settle();
}

function chooseFailure(name) {
  const base = name ? lessonSetting(data, name) : firstSetting();
  take({ ...base, view: "watch", scenario: stage.setting.scenario });
}

function askWhy(index) {
  stage.setting.partner = stage.setting.partner === index ? null : index;
  draw(stage);
  settle();
}

function watchWorld(world) {
  elsewhere({ world, month: 0 });
  byId("stage").scrollIntoView({ block: "start" });
  clock.play();
}

// -- 1,000 worlds -----------------------------------------------------------------------------------------------------

function runWorlds() {
  background ??= createBackground(byId("worker").textContent, wasm, {
    progress: (done) => say(byId("progress"), `${counted(done)} of ${counted(WORLDS)} worlds`),
    found: (result, milliseconds) => {
      found = result;
      byId("distributions").hidden = false;
      say(byId("progress"), `Two times ${counted(WORLDS)} worlds in ${(milliseconds / 1000).toFixed(1)} s.`);
      say(byId("charts-note"), `Shaded: the middle eight of ten of ${counted(WORLDS)} worlds, month by month, on each side.`);
      stage.behind = bandsOf(result);
      show();
    },
    failed: (message) => refuse(`The worlds could not be run here: ${message}`),
  });
  wanted = true;
  background.ask(parametersOf(data, stage.setting), stage.setting.seed, seriesOf(stage));
}

/** Bands by series, a pair for the two sides; and the paired difference is left to the dots. */
function bandsOf(result) {
  return Object.fromEntries(Object.keys(result[0].bands).map((name) => [name, result.map(({ bands }) => bands[name])]));
}

function showWorlds() {
  const { setting } = stage;
  const names = setting.arms.map(armName);
  const columns = column(found, engines[0].outcomes, byId("outcome").value);
  drawDots(dots, columns, setting.world, names);
  const where = setting.failure ? `${plain(setting.failure)}` : `scenario ${plain(setting.scenario)}`;
  const changes = realChanges(data, setting).length;
  const changed = changes ? `${where} with ${changes} parameter${changes > 1 ? "s" : ""} changed` : where;
  byId("summary").replaceChildren(...summary(columns, names, setting.seed, changed).map((line) => html("p", {}, line)));
}

/** What was found holds no longer; it is found anew if it is being looked at. */
function worldsChanged() {
  if (!wanted) return;
  clearTimeout(again);
  again = setTimeout(runWorlds, AGAIN);
}

function forgetWorlds() {
  clearTimeout(again);
  background?.forget();
  [found, wanted, stage.behind] = [null, false, null];
  byId("distributions").hidden = true;
  say(byId("progress"), "");
  say(byId("charts-note"), "");
}

// -- lessons ----------------------------------------------------------------------------------------------------------

function openLesson(name) {
  byId("lesson").replaceChildren(...before(data, name, { reveal: (choice) => reveal(name, choice) }));
}

function reveal(name, choice) {
  byId("answer").replaceChildren(...answer(data.failures[name], choice));
  byId("reveal").hidden = true;
  for (const input of byId("prediction").querySelectorAll("input")) input.disabled = true;
  byId("lesson-after").hidden = false;
  byId("lesson-after").replaceChildren(...after(data, name), html("p", { class: "lesson-end" },
    html("button", { type: "button", id: "print", onclick: printed }, "Print as a handout"),
    html("button", { type: "button", id: "explore", onclick: () => take({ ...stage.setting, view: "watch", month: 0 }) }, "Change one thing in this world"),
    nextLesson(name)));
  byId("work").hidden = false;
  draw(stage);
  runWorlds();
  byId("answer").scrollIntoView({ block: "start" });
  if (stage.setting.month === 0 && !still()) clock.play();
}

function nextLesson(name) {
  const names = Object.keys(data.failures);
  const next = names[(names.indexOf(name) + 1) % names.length];
  return html("button", { type: "button", onclick: () => openAt(next) }, `Next: ${plain(next)}`);
}

function openAt(name) {
  take(lessonSetting(data, name));
  byId("lesson").scrollIntoView({ block: "start" });
}

/** The handout shows the whole run. */
function printed() {
  toMonth(stage.runs[0].months);
  window.print();
}

function still() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// -- share ------------------------------------------------------------------------------------------------------------

function openShare() {
  clock.pause();
  const { setting } = stage;
  const address = `${location.href.split("#")[0]}#${fragment(data, setting)}`;
  const text = configuration(data, setting, address.split("/").pop());
  byId("link").value = address;
  byId("command-left").value = command(data, setting, 0);
  byId("command-right").value = command(data, setting, 1);
  byId("configuration").value = text;
  byId("file-name").textContent = `my_configs/experiment/${FILE}`;
  byId("sweep").textContent = SWEEP;
  const save = byId("save");
  if (save.href) URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([text], { type: "text/yaml" }));
  save.download = FILE;
  byId("share").showModal();
}

/** Copy from a field; where the browser forbids it, the text is left selected. */
async function copy(button) {
  const field = byId(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

async function openFile(file) {
  if (!file) return;
  const text = file.size > LONGEST_FILE ? "" : await file.text();
  attempt(() => take(fromFile(data, text)));
}

// -- beginnings -------------------------------------------------------------------------------------------------------

function listen() {
  const on = (id, event, what) => byId(id).addEventListener(event, what);
  on("play", "click", play);
  on("step", "click", () => toMonth(stage.setting.month + 1));
  on("rewind", "click", () => toMonth(0));
  on("month", "input", () => toMonth(Number(byId("month").value)));
  on("speed", "change", () => clock.pace(Number(byId("speed").value)));
  on("reset", "click", reset);
  for (const id of ["many", "many-here"]) on(id, "click", () => { runWorlds(); byId("worlds").scrollIntoView({ block: "nearest" }); });
  on("outcome", "change", show);
  on("partner", "change", () => { stage.setting.partner = byId("partner").value === "" ? null : Number(byId("partner").value); draw(stage); settle(); });
  on("scenario", "change", () => attempt(() => elsewhere({ scenario: byId("scenario").value })));
  on("failure", "change", () => chooseFailure(byId("failure").value));
  on("seed", "change", () => attempt(() => elsewhere({ seed: checkSeed(byId("seed").value) })));
  on("world", "change", () => attempt(() => elsewhere({ world: checkWorld(byId("world").value) })));
  on("next-world", "click", () => elsewhere({ world: (stage.setting.world + 1) % 2 ** 32 }));
  on("home", "click", () => { take(firstSetting()); if (!still()) clock.play(); });
  on("show-watch", "click", () => take(stage.setting.view === "watch" ? stage.setting : { ...firstSetting(), month: 0 }));
  on("show-lessons", "click", () => take({ ...firstSetting(), view: "lessons" }));
  on("open-share", "click", openShare);
  on("open-about", "click", () => { clock.pause(); byId("about").showModal(); });
  on("close-message", "click", () => { byId("message").hidden = true; });
  on("open-settings", "click", () => openSettings(true));
  on("close-settings", "click", () => openSettings(false));
  on("file", "change", () => openFile(byId("file").files[0]));
  for (const which of ["last", "middle", "first"]) {
    on(`world-${which}`, "click", () => watchWorld(notable(column(found, engines[0].outcomes, byId("outcome").value))[which]));
  }
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));
  for (const button of document.querySelectorAll("dialog .close")) button.addEventListener("click", () => button.closest("dialog").close());
  document.addEventListener("keydown", keys);
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => { event.preventDefault(); openFile(event.dataTransfer?.files[0]); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) clock.pause(); });
  window.addEventListener("hashchange", () => attempt(() => take(fromFragment(data, location.hash))));
  window.addEventListener("resize", () => { if (!byId("work").hidden) show(); });
}

function openSettings(open) {
  document.body.classList.toggle("settings-open", open);
  byId("open-settings").setAttribute("aria-expanded", String(open));
  byId(open ? "close-settings" : "open-settings").focus();
  draw(stage);
}

/** Keys work wherever they do not mean something else already. */
function keys(event) {
  if (event.key === "Escape" && document.body.classList.contains("settings-open")) openSettings(false);
  const busy = event.target.closest("input, select, textarea, button, summary, a, dialog, [role=button]");
  if (busy || event.ctrlKey || event.altKey || event.metaKey || byId("work").hidden) return;
  const does = { " ": play, ArrowRight: () => toMonth(stage.setting.month + 1), ArrowLeft: () => toMonth(stage.setting.month - 1), Home: () => toMonth(0) }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

function fill() {
  byId("scenario").replaceChildren(...Object.keys(data.scenarios).map((name) => html("option", { value: name }, capital(plain(name)))));
  byId("failure").replaceChildren(html("option", { value: "" }, "none"), ...Object.keys(data.failures).map((name) => html("option", { value: name }, capital(plain(name)))));
  byId("contents").replaceChildren(...contents(data, openAt));
  say(byId("headline"), data.headline ? `One run is an anecdote, and so are 1,000 of one setting. ${data.headline}` : "");
  say(byId("version"), `Version ${data.version}.`);
}

/** The page's own proof that it runs the engine it says it runs. */
function check() {
  const { runs, numbers, equal } = runCheck(checker, data.check, defaults);
  say(byId("checked"), equal
    ? `Checked just now: in ${counted(runs)} stored runs of the project\u2019s native engine, all ${counted(numbers)} numbers are equal to the last bit.`
    : "This page\u2019s engine does not give the numbers of the native one. Do not rely on it; rebuild the page.");
  byId("checked").classList.toggle("wrong", !equal);
}

const defaults = Object.fromEntries(data.parameters.map((row) => [row.name, row.default]));
const checker = await loadEngine(wasm);
fill();
listen();
take(attempt(() => fromFragment(data, location.hash)) ?? firstSetting());
if (stage.setting.view === "watch" && stage.setting.month === 0 && !still()) clock.play();
setTimeout(check, 500);
