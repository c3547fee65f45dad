// The same setting as a link, as a command line and as a configuration; and back.

import {AS_IT_IS, REMEDY, SettingError, armValues, lessonSetting, realChanges, settingFrom} from "./setting.js";
import {counted} from "./words.js";

const LONGEST = 100_000;

/** The part of a link after `#`. */
export function fragment(data, setting) {
  const fields = new URLSearchParams();
  if (setting.view === "lessons") fields.set("view", "lessons");
  if (setting.failure) fields.set(setting.view === "lesson" ? "lesson" : "failure", setting.failure);
  const usual = setting.failure ? lessonSetting(data, setting.failure) : settingFrom(data, new Map());
  if (setting.scenario !== usual.scenario) fields.set("scenario", setting.scenario);
  if (setting.arms.join() !== usual.arms.join()) fields.set("arms", setting.arms.join(","));
  if (setting.seed !== usual.seed) fields.set("seed", setting.seed);
  if (setting.world !== usual.world) fields.set("world", String(setting.world));
  for (const [name, value] of realChanges(data, setting)) fields.set(`p.${name}`, String(value));
  if (setting.month > 0) fields.set("month", String(setting.month));
  if (setting.partner !== null) fields.set("partner", String(setting.partner));
  return fields.toString().replaceAll("%2C", ",");
}

/** The setting of a link's part after `#`. */
export function fromFragment(data, text) {
  if (text.length > LONGEST) throw new SettingError("This link is too long to be one of this page's.");
  return settingFrom(data, new Map(new URLSearchParams(text.replace(/^#/, ""))));
}

// -- command line -----------------------------------------------------------------------------------------------------

/** `partnership run ...` for one side: prints the run that is watched. */
export function command(data, setting, side) {
  const arm = setting.arms[side];
  const set = armValues(data, setting.failure, arm);
  const words = ["partnership run", ...chosen(setting)];
  if (arm in data.setups) words.push(`setup=${arm}`);
  words.push(`seed=${setting.seed}`, `world=${setting.world}`);
  const values = { ...Object.fromEntries(realChanges(data, setting)), ...(arm === REMEDY ? set : {}) };
  for (const [name, value] of Object.entries(values)) {
    if (arm === REMEDY || !(name in set)) words.push(`parameters.${name}=${value}`);
  }
  return words.join(" ");
}

function chosen(setting) {
  const words = setting.scenario === "default" ? [] : [`scenario=${setting.scenario}`];
  return setting.failure ? [...words, `failure=${setting.failure}`] : words;
}

// -- configuration ----------------------------------------------------------------------------------------------------

const NAME = "class_exercise";
const WORLDS = 1000;

/** How a configuration is named and run. */
export const FILE = `${NAME}.yaml`;
export const SWEEP = `partnership sweep --config-dir my_configs experiment=${NAME}`;

/** Both sides as a study of 1,000 worlds, for `my_configs/experiment/`; this page reads it back, too. */
export function configuration(data, setting, link) {
  const failure = data.failures[setting.failure];
  const [first, second] = setting.arms.map((arm) => studyArm(data, setting, arm));
  const values = { ...failure?.parameters, ...Object.fromEntries(realChanges(data, setting)) };
  const lines = [
    "# @package _global_",
    `# ${SWEEP}`,
    "#",
    `# Both sides of a teaching page in ${counted(WORLDS)} worlds. Keep this file as my_configs/experiment/${FILE}.`,
    `# page: ${link}`,
  ];
  if (setting.scenario !== "default") lines.push("defaults:", `  - override /scenario: ${setting.scenario}`);
  lines.push(`name: ${NAME}`, `seed: ${setting.seed}`);
  if (Object.keys(values).length) lines.push("parameters:", ...Object.entries(values).map(([name, value]) => `  ${name}: ${value}`));
  const arms = first.arm === second.arm ? [first.arm, first.arm === "alone" ? "neither" : "alone"] : [first.arm, second.arm];
  lines.push(`arms: [${arms.join(", ")}]`, `contrast: {a: ${arms[0]}, b: ${arms[1]}}`, ...design(first.parameters, second.parameters));
  return `${lines.join("\n")}\n`;
}

/** A side as an arm of a study, and what it sets besides. */
function studyArm(data, setting, arm) {
  if (arm in data.setups) return { arm, parameters: {} };
  const failure = data.failures[setting.failure];
  if (arm === AS_IT_IS) return { arm: failure.setup, parameters: {} };
  const remedy = failure.remedy.parameters;
  const [name, setup] = Object.entries(data.setups).find(
    ([, one]) => Object.entries(one.parameters).every(([parameter, value]) => remedy[parameter] === value),
  ) ?? [failure.setup, { parameters: {} }];
  const others = Object.entries(remedy).filter(([parameter]) => !(parameter in setup.parameters));
  return { arm: name, parameters: Object.fromEntries(others) };
}

/** Worlds that differ by chance alone; where the sides differ in more than their arms, each arm meets them both ways. */
function design(first, second) {
  const [one, two] = [first, second].map((values) => Object.entries(values).map(([name, value]) => `${name}: ${value}`).join(", "));
  if (one === two && !one) return [`design: {box: none, points: ${WORLDS}}`];
  const choices = `{left: {${one}}, right: {${two}}}`;
  return [`design: {sampler: grid, box: none, worlds: shared, replicates: ${WORLDS}, factors: {side: {choices: ${choices}}}}`];
}

/** The setting of a file made by `configuration`: it carries its link. */
export function fromFile(data, text) {
  if (text.length > LONGEST) throw new SettingError("This file is too large to be one of this page's settings.");
  const found = /^# page: [^#\s]*#(\S*)$/m.exec(text);
  if (!found) {
    throw new SettingError("This file is not a setting of this page: it has no line that begins with \u201c# page:\u201d. Only files saved here can be opened here.");
  }
  return fromFragment(data, found[1]);
}
