// One partnership, month by month, as the engine plays it; what it was is kept for the charts and for going back.

/** Series that are drawn; `added_value` is outcome less that of acting alone. */
export const ADDED = "added_value";

/**
 * @typedef {object} Run
 * @property {number} month months played
 * @property {number} months how many there are
 * @property {Object<string, Float64Array>} history value of each series in months 1, 2, ... (at 0, 1, ...)
 * @property {Array<Array<object>>} happened events of each month
 * @property {string[]} names what each partner is called
 * @property {any} engine
 */

/** A run on an engine of its own. @returns {Run} */
export function createRun(engine) {
  return { engine, month: 0, months: 0, history: {}, happened: [], names: [], parameters: {} };
}

/** Launch the partnership of one world. @param {Run} run */
export function begin(run, parameters, names, seed, world) {
  run.engine.begin(parameters, BigInt(seed), world);
  const same = run.months === parameters.months;
  run.month = 0;
  run.months = parameters.months;
  run.parameters = parameters;
  run.names = names;
  run.happened.length = 0;
  for (const name of [...run.engine.series, ADDED]) {
    if (!same || !run.history[name]) run.history[name] = new Float64Array(run.months);
    run.history[name].fill(NaN);
  }
}

/** Play one month. @param {Run} run @returns {boolean} whether there was one left to play */
export function step(run) {
  if (run.month >= run.months) return false;
  run.engine.step();
  const now = run.engine.seriesAt(run.month + 1);
  for (const name of run.engine.series) run.history[name][run.month] = now[name];
  run.history[ADDED][run.month] = now.outcome - now.alone_outcome;
  run.month += 1;
  run.happened.push(run.engine.events());
  return true;
}

/** Go to a month, forwards or back; back means from the first day on, which gives the same months again. */
export function goTo(run, month, launch) {
  if (month < run.month) launch();
  while (run.month < month && step(run));
}

/** The value of a series in the month just played; NaN before the first. @param {Run} run @param {string} name */
export function now(run, name) {
  return run.month > 0 ? run.history[name][run.month - 1] : NaN;
}

