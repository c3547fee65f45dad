// Where the middle of many worlds runs: quantiles month by month.

/**
 * The tenth, fiftieth and ninetieth of a hundred worlds in each month.
 * @param {Float64Array} series (worlds, months, names) @param {string[]} names
 * @returns {Object<string, {low: Float64Array, middle: Float64Array, high: Float64Array}>} with `added_value` beside
 */
export function summarised(series, worlds, months, names) {
  const at = (name) => (world, month) => series[(world * months + month) * names.length + names.indexOf(name)];
  const bands = {};
  for (const name of names) bands[name] = band(at(name), worlds, months);
  const [outcome, alone] = [at("outcome"), at("alone_outcome")];
  bands.added_value = band((world, month) => outcome(world, month) - alone(world, month), worlds, months);
  return bands;
}

function band(value, worlds, months) {
  const found = { low: new Float64Array(months), middle: new Float64Array(months), high: new Float64Array(months) };
  const sorted = new Float64Array(worlds);
  for (let month = 0; month < months; month += 1) {
    for (let world = 0; world < worlds; world += 1) sorted[world] = value(world, month);
    sorted.sort();
    found.low[month] = sorted[Math.floor(0.1 * (worlds - 1))];
    found.middle[month] = sorted[Math.floor(0.5 * (worlds - 1))];
    found.high[month] = sorted[Math.ceil(0.9 * (worlds - 1))];
  }
  return found;
}
