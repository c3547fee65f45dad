// A setting: everything that decides what is seen. Here it is checked, and turned into the parameters of each side.

import {letter, listing, nearest, plain} from "./words.js";

/**
 * @typedef {object} Setting
 * @property {"watch"|"lesson"|"lessons"} view
 * @property {string} scenario
 * @property {string} failure name of a failure mode, or ""
 * @property {string[]} arms the two sides: setups, or with a failure `as_it_is` and `remedy`
 * @property {string} seed a whole number below 2**63, as text: it may be larger than a JavaScript number holds
 * @property {number} world
 * @property {Object<string, number>} changes parameters set otherwise
 * @property {number} month
 * @property {number|null} partner who is asked why
 */

/** A mistake in a link, a field or a file; the message says what is allowed. */
export class SettingError extends Error {}

export const AS_IT_IS = "as_it_is";
export const REMEDY = "remedy";
const SEEDS = 2n ** 63n;
const WORLDS = 2 ** 32;

/** What a first-time visitor sees. @returns {Setting} */
export function firstSetting() {
  return {
    view: "watch", scenario: "default", failure: "", arms: ["structure_first", "purpose_first"],
    seed: "1", world: 0, changes: {}, month: 0, partner: null,
  };
}

/** The lesson of a failure mode: the failing world beside the same world with the remedy. */
export function lessonSetting(data, failure) {
  const { seed, chosen } = data.failures[failure];
  return {
    ...firstSetting(), view: "lesson", failure, arms: [AS_IT_IS, REMEDY], seed: String(seed), world: chosen ?? 0,
  };
}

/** What the two sides may be. */
export function armsOf(data, failure) {
  return [...(failure ? [AS_IT_IS, REMEDY] : []), ...Object.keys(data.setups)];
}

/** An arm as a reader would name it. */
export function armName(arm) {
  return arm === REMEDY ? "with the remedy" : plain(arm);
}

/** What an arm sets, whatever else is chosen. */
export function armValues(data, failure, arm) {
  if (arm === AS_IT_IS) return {};
  return arm === REMEDY ? data.failures[failure].remedy.parameters : data.setups[arm].parameters;
}

/** All parameters before changes: defaults, scenario, and the failure's setup and world. */
export function groundOf(data, setting) {
  const ground = Object.fromEntries(data.parameters.map(({ name, default: value }) => [name, value]));
  Object.assign(ground, data.scenarios[setting.scenario].parameters);
  const failure = data.failures[setting.failure];
  return Object.assign(ground, failure ? { ...data.setups[failure.setup].parameters, ...failure.parameters } : {});
}

/**
 * All parameters of both sides. What an arm sets holds against changes, as in a sweep; sectors count their partners.
 * Raises `SettingError` where parameters of a side contradict each other.
 */
export function parametersOf(data, setting) {
  const ground = { ...groundOf(data, setting), ...setting.changes };
  const composed = countedIn(ground) > 0 ? { n_partners: countedIn(ground) } : {};
  return setting.arms.map((arm) => onePlan({ ...ground, ...armValues(data, setting.failure, arm), ...composed }));
}

/** Refuse a schedule with gaps or one that goes back, and two parameters that both decide where setup goes. */
function onePlan(parameters) {
  const untils = Object.keys(parameters).filter((name) => /^schedule_\d+_until$/.test(name)).map((name) => parameters[name]);
  const used = untils.filter((until) => until > 0);
  if (used.some((until, place) => untils[place] !== until || until <= (used[place - 1] ?? 0))) {
    throw new SettingError("The entries of a schedule are used from the first on, and each ends after the one before; 0 for those not used.");
  }
  const plans = ["responsiveness", "gate", "schedule_1_until", ...(used.length ? ["learning_prob"] : [])];
  const [first, second] = plans.filter((name) => parameters[name] > 0);
  if (second) throw new SettingError(`${first} and ${second} both decide where setup goes; leave one of them at 0.`);
  return parameters;
}

/** How many partners the sectors count; 0 in a world of the two sectors, where `n_partners` says it. */
export function countedIn(parameters) {
  const counts = Object.entries(parameters).filter(([name]) => /^sector_\d+_count$/.test(name));
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

/** The partners of each sector of the scenario, from 0, by its name; none where the scenario names no sectors. */
export function sectorsOf(data, setting, parameters) {
  let first = 0;
  return data.scenarios[setting.scenario].sectors.map((name, place) => {
    const count = parameters[`sector_${place + 1}_count`];
    first += count;
    return { name, partners: Array.from({ length: count }, (_, i) => first - count + i) };
  });
}

/** What each partner is called: its letter, and its sector where it has a named one. @returns {string[]} */
export function namesOf(data, setting, parameters) {
  const names = Array.from({ length: parameters.n_partners }, (_, index) => letter(index));
  for (const { name, partners } of sectorsOf(data, setting, parameters)) {
    for (const index of partners) names[index] = `${letter(index)} (${name})`;
  }
  return names;
}

/** Who is at the table, and for what, where the scenario says it by name; else "". */
export function rosterOf(data, setting, parameters) {
  const { issues } = data.scenarios[setting.scenario];
  const sectors = sectorsOf(data, setting, parameters).filter(({ partners }) => partners.length);
  if (!sectors.length) return "";
  const told = sectors.map(({ name, partners }) => `${spanOf(partners)} ${name}`);
  return `Partners: ${told.join("; ")}. Issues: ${issues.slice(0, parameters.n_issues).map((issue, k) => `${k + 1} ${issue}`).join("; ")}.`;
}

function spanOf(partners) {
  const [first, last] = [letter(partners[0]), letter(partners[partners.length - 1])];
  if (partners.length < 3) return listing([...new Set([first, last])]);
  return `${first} to ${last}`;
}

// -- checks -----------------------------------------------------------------------------------------------------------

/** One of a list of names. */
export function checkName(what, name, known) {
  if (known.includes(name)) return name;
  const near = nearest(name, known);
  const said = near ? `did you mean "${near}"?` : `there are ${known.join(", ")}`;
  throw new SettingError(`There is no ${what} "${short(name)}"; ${said}`);
}

/** The value of one parameter as a number within its range. */
export function checkParameter(data, name, value) {
  const known = data.parameters.map((row) => row.name);
  checkName("parameter", name, known);
  const row = data.parameters[known.indexOf(name)];
  const number = asNumber(value);
  const takes = row.unit === "switch" ? "0 or 1"
    : `${row.least ? "0, or " : ""}a ${row.integer ? "whole number" : "number"} from ${row.least || row.low} to ${row.high}`;
  if (Number.isNaN(number)) throw new SettingError(`${name}: "${short(value)}" is not a number; it takes ${takes} (${row.meaning}).`);
  if (number < row.low || number > row.high) {
    const bound = number < row.low ? row.low : row.high;
    throw new SettingError(`${name}: ${number} is out of range; it takes ${takes}; the nearest is ${bound} (${row.meaning}).`);
  }
  if (number > 0 && number < row.least) {
    throw new SettingError(`${name}: ${number} is too small; it takes ${takes} (${row.meaning}).`);
  }
  if (row.integer && !Number.isInteger(number)) {
    throw new SettingError(`${name}: ${number} is not whole; it takes ${takes}; the nearest is ${Math.round(number)} (${row.meaning}).`);
  }
  return number;
}

/** A seed as text. */
export function checkSeed(value) {
  const text = String(value).trim();
  if (!/^\d{1,19}$/.test(text) || BigInt(text) >= SEEDS) {
    throw new SettingError(`seed: "${short(text)}" cannot be used; a seed is a whole number from 0 to ${SEEDS - 1n}.`);
  }
  return BigInt(text).toString();
}

/** A whole number below a bound. */
export function checkWhole(what, value, bound) {
  const text = String(value).trim();
  if (!/^\d{1,15}$/.test(text) || Number(text) >= bound) {
    throw new SettingError(`${what}: "${short(text)}" cannot be used; it is a whole number from 0 to ${bound - 1}.`);
  }
  return Number(text);
}

/** The number of a world. */
export function checkWorld(value) {
  return checkWhole("world", value, WORLDS);
}

function asNumber(value) {
  const text = String(value).trim();
  if (text === "true" || text === "false") return Number(text === "true");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

function short(value) {
  const text = String(value);
  return text.length > 40 ? `${text.slice(0, 40)}\u2026` : text;
}

/**
 * A whole setting from fields of text, as in a link or a file; raises `SettingError` for anything that cannot be used.
 * @param {Map<string, string>} fields @returns {Setting}
 */
export function settingFrom(data, fields) {
  const known = ["view", "lesson", "scenario", "failure", "setup", "arms", "seed", "world", "month", "partner"];
  const take = (name) => fields.get(name) ?? "";
  for (const name of fields.keys()) if (!name.startsWith("p.")) checkName("field", name, known);
  const lesson = take("lesson");
  let setting = firstSetting();
  const failure = lesson || take("failure");
  if (failure) {
    checkName("failure mode", failure, Object.keys(data.failures));
    setting = { ...lessonSetting(data, failure), view: lesson ? "lesson" : "watch" };
  }
  if (take("view")) setting.view = checkName("view", take("view"), ["watch", "lessons"]);
  if (take("scenario")) setting.scenario = checkName("scenario", take("scenario"), Object.keys(data.scenarios));
  if (take("setup")) {
    const setup = checkName("setup", take("setup"), Object.keys(data.setups));
    setting.arms = [setup, setup === "purpose_first" ? "structure_first" : "purpose_first"];
  }
  if (take("arms")) {
    const arms = take("arms").split(",");
    if (arms.length !== 2) throw new SettingError(`arms: "${short(take("arms"))}" are not two; give two with a comma between.`);
    setting.arms = arms.map((arm) => checkName("setup", arm, armsOf(data, failure)));
  }
  if (take("seed")) setting.seed = checkSeed(take("seed"));
  if (take("world")) setting.world = checkWorld(take("world"));
  for (const [name, value] of fields) {
    if (name.startsWith("p.")) setting.changes[name.slice(2)] = checkParameter(data, name.slice(2), value);
  }
  const [{ months, n_partners: partners }] = parametersOf(data, setting);
  if (take("month")) setting.month = checkWhole("month", take("month"), months + 1);
  if (take("partner")) setting.partner = checkWhole("partner", take("partner"), partners);
  return setting;
}

/** Changes that make a difference: those that differ from what the setting has without them. */
export function realChanges(data, setting) {
  const ground = groundOf(data, setting);
  return Object.entries(setting.changes).filter(([name, value]) => ground[name] !== value);
}
