// Fourteen lessons: each failure mode as a short chapter. Predict first; then look.

import {html} from "./dom.js";
import {AS_IT_IS, realChanges} from "./setting.js";
import {capital, counted, level, lower, plain} from "./words.js";

/** The list of all lessons; `open(name)` opens one. */
export function contents(data, open) {
  return Object.entries(data.failures).map(([name, failure], place) => html("li", {},
    html("button", { type: "button", class: "card", "data-lesson": name, onclick: () => open(name) },
      html("span", { class: "number" }, String(place + 1)), html("strong", {}, capital(plain(name))), html("span", {}, failure.sentence))));
}

/**
 * What stands before the partnership: the story, and the question. `reveal(choice)` is called once one has chosen.
 * @param {object} data @param {string} name @param {{reveal: Function}} tell
 */
export function before(data, name, tell) {
  const failure = data.failures[name];
  const button = html("button", { type: "button", class: "primary", id: "reveal", disabled: true, onclick: () => tell.reveal(Number(form.elements.prediction.value)) }, "Reveal, and watch");
  const form = html("form", { id: "prediction", onsubmit: (event) => event.preventDefault(), onchange: () => { button.disabled = false; } },
    html("fieldset", {}, html("legend", {}, failure.predict.question),
      ...failure.predict.choices.map((choice, place) => html("label", {}, html("input", { type: "radio", name: "prediction", value: place }), html("span", {}, choice.text)))),
    button);
  return [
    html("p", { class: "kicker" }, `Lesson ${Object.keys(data.failures).indexOf(name) + 1} of ${Object.keys(data.failures).length}`),
    html("h2", {}, capital(plain(name))),
    html("p", { class: "lead" }, failure.sentence),
    html("p", {}, failure.world),
    html("h3", {}, "Predict first"), form,
    html("div", { id: "answer", role: "status" }),
  ];
}

/** The answer to the question, beside what was chosen (or none, where the lesson was opened revealed). */
export function answer(failure, choice) {
  const right = failure.predict.choices[failure.answer].text;
  const chosen = failure.predict.choices[choice];
  const verdict = !chosen ? "" : choice === failure.answer ? "That is what you said." : `You said: ${lower(chosen.text)}.`;
  return [
    html("p", { class: "verdict" }, html("strong", {}, `${capital(right)}. `), `${failure.measured_in_words}. ${verdict}`),
  ];
}

/** What stands after the partnership: sign, remedy, how often, questions and sources. */
export function after(data, name) {
  const failure = data.failures[name];
  const { runs, fails, fails_with_remedy: remedied, gains } = failure.measured;
  return [
    html("h3", {}, "The warning sign"), html("p", {}, failure.warning.about, " ", warned(failure)),
    html("p", {}, stands(failure)), ...readings(failure.detector, failure.parameters.months ?? monthsOf(data)),
    html("h3", {}, "The remedy, in the same world"), html("p", {}, failure.remedy.about),
    html("p", {}, `Of ${counted(runs)} such partnerships ${counted(fails)} fail in this way; with the remedy ${counted(remedied)}. ` +
      `In ${counted(gains)} the population ends better off with it. These are worlds of this one setting, which was chosen to show the failure.`),
    html("p", {}, failure.elsewhere),
    ...(failure.note ? [html("p", { class: "note" }, ...coded(failure.note))] : []),
    html("h3", {}, "What to look for"),
    html("ul", {}, ...failure.look_for.map((mark) => html("li", {}, html("strong", {}, `${capital(plain(mark.series))}, about month ${mark.at}: `), mark.text))),
    html("h3", {}, "Questions"), html("ol", {}, ...failure.discuss.map((question) => html("li", {}, ...coded(question)))),
    ...overlaps(failure),
    html("h3", {}, "Sources"), html("ul", {}, ...failure.sources.map((key) => html("li", {}, html("strong", {}, key), data.sources[key] ? `: ${data.sources[key]}` : ""))),
    html("p", { class: "quiet" }, "How often a partnership fails in this way, and the months and readings of the detector, were worked out " +
      "when this page was built, by the project's own detectors on this same engine; the partnership itself is played live."),
  ];
}

/** Text in which words of the command line stand between backticks. */
function coded(text) {
  return text.split("`").map((part, place) => (place % 2 ? html("code", {}, part) : part));
}

function monthsOf(data) {
  return data.parameters.find(({ name }) => name === "months").default;
}

/** The detector's readings as the sign shows, as the failure stands, and at the end; what points to failure is marked. */
function readings({ clues, warned: sign, since }, months) {
  if (!clues?.length) return [];
  const at = [...new Set([sign, since, months].filter(Boolean))].sort((a, b) => a - b);
  const head = html("tr", {}, html("th", { scope: "col" }, "What the detector reads"), ...at.map((month) => html("th", { scope: "col" }, `month ${month}`)));
  const rows = clues.map((clue) => html("tr", {}, html("th", { scope: "row" }, capital(clue.name)), ...at.map((month) => cell(clue, month - 1))));
  return [html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows)), html("p", { class: "quiet" }, "Marked \u25C6: points to this failure. The failure stands once all do, to the end.")];
}

function cell({ value, beside, whose, holds }, month) {
  const read = (values) => (values && Number.isFinite(values[month]) ? level(values[month]) : "");
  const against = read(beside) ? ` against ${read(beside)} ${whose}` : "";
  const text = value ? (read(value) ? read(value) + against : "too early") : holds[month] ? "yes" : "no";
  return html("td", {}, holds[month] ? `\u25C6 ${text}` : text);
}

function overlaps(failure) {
  const entries = Object.entries(failure.overlaps ?? {});
  if (!entries.length) return [];
  return [html("h3", {}, "Often seen together with"), html("ul", {}, ...entries.map(([name, reason]) => html("li", {}, `${capital(plain(name))}: ${reason}.`)))];
}

function warned({ detector, chosen, seed }) {
  const world = `In world ${chosen} of seed ${seed}, with which this lesson opens, it`;
  return detector.warned ? `${world} shows in month ${detector.warned}.` : `${world} does not show.`;
}

function stands({ detector, remedied }) {
  const left = detector.since ? `The failure stands there from month ${detector.since}: ${detector.readings}.` : "The detector is silent there.";
  const right = remedied.since ? ` With the remedy it stands from month ${remedied.since} all the same.` : " With the remedy the detector is silent.";
  return left + right;
}

/**
 * Months to point out in the charts: the warning sign, and since when the failure stands. Only the world with which a
 * lesson opens has been searched for them.
 */
export function marksOf(data, setting, month) {
  const { detector, chosen, seed } = data.failures[setting.failure];
  const same = setting.world === chosen && setting.seed === String(seed) && setting.arms[0] === AS_IT_IS;
  if (setting.view !== "lesson" || !same || realChanges(data, setting).length) return [];
  const { warned: sign, since } = detector;
  const marks = [{ month: sign, text: "sign" }, { month: since, text: "fails" }];
  return marks.filter((one) => one.month && one.month <= month);
}
