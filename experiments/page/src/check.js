/**
 * The stored sample of runs, played again: is this the engine that the Python package has, to the last bit?
 *
 * @typedef {{parameters: {[name: string]: number}, seed: number, world: number, outcomes: (number|null)[], series: number}} Case
 */

const [START, PRIME] = [0x811c9dc5, 0x01000193]; // FNV-1a, 32 bits

/** FNV-1a of the 32-bit words of some numbers, lowest word first. */
export function digest(numbers, value = START) {
  const view = new DataView(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  let found = value;
  for (let at = 0; at < view.byteLength; at += 4) found = Math.imul(found ^ view.getUint32(at, true), PRIME);
  return found >>> 0;
}

/** The series of a run played month by month, in the order of months and names. */
function stepped(engine, params, { seed, world }) {
  engine.begin(params, seed, world);
  let found = START;
  for (let month = 1; month <= params.months; month += 1) {
    engine.step();
    const row = engine.seriesAt(month);
    found = digest(Float64Array.from(engine.series, (name) => row[name]), found);
  }
  return found;
}

/** What a case finds different, or null. */
function difference(engine, params, one) {
  const { outcomes, series } = engine.runMany(params, one.seed, one.world, one.world + 1, { series: engine.series });
  const wrong = engine.outcomes.findIndex((_, place) => !Object.is(outcomes[place], one.outcomes[place] ?? NaN));
  if (wrong >= 0) return `${engine.outcomes[wrong]} is ${outcomes[wrong]} and not ${one.outcomes[wrong]}`;
  if (digest(series) !== one.series) return "a monthly series differs";
  if (stepped(engine, params, one) !== one.series) return "a monthly series differs when played month by month";
  return null;
}

/**
 * Play the sample. `engine` is used for it: give one that shows nothing.
 * @param {import("./engine.js").Engine} engine
 * @param {Case[]} cases `check` of the page's data
 * @param {{[name: string]: number}} defaults every parameter's default
 * @returns {{runs: number, numbers: number, equal: boolean, first_difference: string|null}}
 */
export function runCheck(engine, cases, defaults) {
  let numbers = 0;
  let first = null;
  cases.forEach((one, place) => {
    const params = { ...defaults, ...one.parameters };
    numbers += engine.outcomes.length + 2 * params.months * engine.series.length;
    const found = first === null ? difference(engine, params, one) : null;
    if (found) first = `run ${place + 1}: ${found}`;
  });
  return { runs: cases.length, numbers, equal: first === null, first_difference: first };
}
