/**
 * The engine, as the page sees it: one run month by month, or many runs at once.
 *
 * Everything is worked out by the WebAssembly module, which is made from the Python source of the model; this file
 * only hands over numbers, and says what memory holds. Works in a page, in a worker and in Node.
 *
 * @typedef {{[name: string]: number}} Row
 * @typedef {{kind: string, partner?: number, issue?: number}} Happening
 */

const NUMBER = 8; // bytes
const PAGE = 65536; // bytes of memory that WebAssembly hands out at once
const CHUNK = 250; // runs played in one call, at the most,
const KEPT = 2_000_000; // and numbers of monthly series: both bound the memory that is needed
const ARRAYS = ["parameters", "partnership", "partners", "issues", "agenda", "trust", "encounters", "series", "summary", "worlds"];
const SECTION = "columns";

/**
 * Make an engine from the bytes of the module. Each has memory of its own: two arms are two engines.
 * @param {BufferSource} wasmBytes
 * @returns {Promise<Engine>}
 */
export async function loadEngine(wasmBytes) {
  const module = await WebAssembly.compile(wasmBytes);
  const instance = await WebAssembly.instantiate(module, {});
  const [section] = WebAssembly.Module.customSections(module, SECTION);
  return new Engine(instance.exports, JSON.parse(new TextDecoder().decode(section)));
}

/** Name the numbers of a row. */
function named(names, values, start) {
  /** @type {Row} */
  const row = {};
  names.forEach((name, place) => { row[name] = values[start + place]; });
  return row;
}

/** The numbers of a full set of parameters, in the order of the table. */
function ordered(names, params) {
  return names.map((name) => {
    const value = params[name];
    if (typeof value !== "number" || !Number.isFinite(value)) throw new RangeError(`${name} is not a number: ${value}`);
    return value;
  });
}

/** Where the arrays of a run stand, from a place in memory on. */
class Layout {
  constructor(wasm, base, sizes) {
    this.base = base;
    this.places = {};
    ARRAYS.forEach((name, order) => { this.places[name] = base / NUMBER + wasm.place(order, ...sizes); });
    this.numbers = wasm.place(ARRAYS.length, ...sizes);
    this.end = base + this.numbers * NUMBER;
  }
}

export class Engine {
  #wasm;
  #seen;
  #start; // the first byte of memory that is ours
  #live; // the run as it stands
  #found; // as the month just played found it
  #shocked; // scratch: as that month's shocks left it
  #out; // where terms and marks are written
  #end; // and the first byte beyond
  #run; // [seed, partners, issues, meetings, months kept]
  #history = [];
  #happened = [];

  constructor(wasm, columns) {
    this.#wasm = wasm;
    this.#start = Math.ceil(wasm.__heap_base.value / 64) * 64;
    this.#end = this.#start;
    /** Names of parameters, of monthly series and of outcomes. */
    this.parameters = columns.parameters;
    this.series = columns.series;
    this.outcomes = columns.outcomes;
    /** Names of what partner(i), partnership() and issue(k) tell. */
    this.columns = { partner: columns.partner, partnership: columns.partnership, issue: columns.issue };
    this.terms = { effort: columns.effort, commitment: columns.commitment };
  }

  get #memory() {
    const { buffer } = this.#wasm.memory;
    if (!this.#seen || this.#seen.buffer !== buffer) this.#seen = new Float64Array(buffer); // growing moves it
    return this.#seen;
  }

  #reserve(end) {
    const missing = end - this.#wasm.memory.buffer.byteLength;
    if (missing > 0) this.#wasm.memory.grow(Math.ceil(missing / PAGE));
  }

  #sizes(params, months) {
    return [params.n_partners, params.n_issues, params.meetings, months];
  }

  /**
   * Launch one run. `params` is a full set of parameters by name.
   * @param {Row} params
   * @param {bigint|number} seed 0 to 2**63 - 1
   * @param {number} world 0 to 2**32 - 1
   */
  begin(params, seed, world) {
    const values = ordered(this.parameters, params);
    const sizes = this.#sizes(params, 1);
    this.#live = new Layout(this.#wasm, this.#start, sizes);
    this.#found = new Layout(this.#wasm, this.#live.end, sizes);
    this.#shocked = new Layout(this.#wasm, this.#found.end, sizes);
    this.#out = this.#shocked.end;
    const terms = Math.max(this.terms.effort.length, this.terms.commitment.length, params.n_partners + 2);
    this.#end = this.#out + terms * NUMBER;
    this.#reserve(this.#end);
    const { base, numbers, places } = this.#live;
    this.#memory.fill(0, base / NUMBER, base / NUMBER + numbers);
    this.#memory.set(values, places.parameters);
    new BigInt64Array(this.#wasm.memory.buffer)[places.worlds] = BigInt(world);
    this.#run = [BigInt(seed), ...sizes];
    this.#history = [];
    this.#happened = [];
    this.#wasm.begin(base, ...this.#run);
  }

  /** Play one month. Playing on after the last is allowed. */
  step() {
    const { base, numbers, places } = this.#live;
    const first = base / NUMBER;
    this.#memory.copyWithin(this.#found.base / NUMBER, first, first + numbers);
    const marks = this.#shocks();
    this.#wasm.advance(base, ...this.#run, this.month);
    this.#history.push(this.#memory.slice(places.series, places.series + this.series.length));
    this.#happened = this.#compare(marks);
  }

  /** Months played. */
  get month() {
    return this.#history.length;
  }

  /** Partners in the run. */
  get partners() {
    return this.#run[1];
  }

  /** Issues in the run. */
  get issues() {
    return this.#run[2];
  }

  /** Whether there is a partnership: not where all act alone, nor once a review ended it. */
  get going() {
    return this.#value(this.#live, "partnership", "partnership", 0, "ended") === 0;
  }

  /** Whether there was one in the month just played; before the first, whether there is one. */
  get together() {
    return this.#value(this.month ? this.#found : this.#live, "partnership", "partnership", 0, "ended") === 0;
  }

  #value(layout, array, schema, index, name) {
    const names = this.columns[schema];
    return this.#memory[layout.places[array] + index * names.length + names.indexOf(name)];
  }

  /** What one partner is and does. While it acts alone, its effort is `own_effort` and nothing burdens it. */
  partner(i) {
    const names = this.columns.partner;
    const row = named(names, this.#memory, this.#live.places.partners + i * names.length);
    if (!this.together) {
      row.effort = this.#memory[this.#live.places.parameters + this.parameters.indexOf("own_effort")];
      row.burden = 0;
      row.cost_shift = 0;
    }
    return row;
  }

  partnership() {
    return named(this.columns.partnership, this.#memory, this.#live.places.partnership);
  }

  /** `owner` is -1 where nobody answers for the issue. */
  issue(k) {
    const names = this.columns.issue;
    return named(names, this.#memory, this.#live.places.issues + k * names.length);
  }

  /** Effort that partner i expects of partner j. */
  trust(i, j) {
    return this.#memory[this.#live.places.trust + i * this.#across + j];
  }

  /** All of it at once, row by row (partners x partners). */
  trusts() {
    const n = this.partners;
    const found = new Float64Array(n * n);
    for (let i = 0; i < n; i += 1) {
      const start = this.#live.places.trust + i * this.#across;
      found.set(this.#memory.subarray(start, start + n), i * n);
    }
    return found;
  }

  /** Numbers in a row of the trust matrix, which may be more than there are partners. */
  get #across() {
    return (this.#live.places.encounters - this.#live.places.trust) / this.partners;
  }

  /** The series of a month already played, from 1, by name. */
  seriesAt(month) {
    const row = this.#history[month - 1];
    if (!row) throw new RangeError(`month ${month} has not been played`);
    return named(this.series, row, 0);
  }

  /**
   * The terms behind what a partner did in the month just played, as `sim.why` has them; null where it acted alone.
   * @param {number} i
   * @returns {{effort: Row, commitment: Row}|null}
   */
  why(i) {
    if (!this.month || !this.together) return null;
    const [found, shocked] = [this.#found, this.#shocked];
    const first = found.base / NUMBER;
    this.#memory.copyWithin(shocked.base / NUMBER, first, first + found.numbers);
    this.#wasm.shock(shocked.base, ...this.#run, this.month - 1);
    this.#wasm.weigh(shocked.base, ...this.#run, i, this.#out);
    const effort = named(this.terms.effort, this.#memory, this.#out / NUMBER);
    const before = this.#value(found, "partners", "partner", i, "commitment");
    const disturbed = this.#value(shocked, "partners", "partner", i, "commitment");
    this.#wasm.pull(this.#live.base, ...this.#run, i, before, disturbed, this.#out);
    return { effort, commitment: named(this.terms.commitment, this.#memory, this.#out / NUMBER) };
  }

  /** What happened in the month just played. */
  events() {
    return this.#happened;
  }

  #shocks() {
    this.#wasm.shocks(this.#live.base, ...this.#run, this.month, this.#out);
    return this.#memory.slice(this.#out / NUMBER, this.#out / NUMBER + this.partners + 2);
  }

  #compare(marks) {
    /** @type {Happening[]} */
    const happened = [];
    const n = this.partners;
    if (marks[n + 1]) happened.push({ kind: "relaunch" });
    if (marks[n]) happened.push({ kind: "reorganisation" });
    for (let i = 0; i < n; i += 1) if (marks[i]) happened.push({ kind: "turnover", partner: i });
    for (let k = 0; k < this.issues; k += 1) {
      const [before, after] = [this.#found, this.#live].map((layout) => this.#value(layout, "issues", "issue", k, "owner"));
      if (before !== after && before >= 0) happened.push({ kind: "orphaned", issue: k, partner: before });
      if (before !== after && after >= 0) happened.push({ kind: "owned", issue: k, partner: after });
    }
    for (let i = 0; i < n; i += 1) {
      const [before, after] = [this.#found, this.#live].map((layout) => this.#value(layout, "partners", "partner", i, "seated"));
      if (after < before) happened.push({ kind: "left", partner: i });
      if (after > before) happened.push({ kind: "returned", partner: i });
    }
    for (let i = 0; i < n; i += 1) {
      const [before, after] = [this.#found, this.#live].map((layout) => this.#value(layout, "partners", "partner", i, "endorsed"));
      if (after > before) happened.push({ kind: "signed", partner: i });
    }
    if (this.together && !this.going) happened.push({ kind: "axed" });
    return happened;
  }

  /**
   * Play whole runs of one set of parameters in the worlds from `from` up to, not including, `to`.
   * @param {Row} params
   * @param {bigint|number} seed
   * @param {number} from
   * @param {number} to
   * @param {{series?: string[]}} [wanted] monthly series to keep
   * @returns {{outcomes: Float64Array, series: Float64Array}} (runs x outcomes), (runs x months x series wanted)
   */
  runMany(params, seed, from, to, { series = [] } = {}) {
    const values = ordered(this.parameters, params);
    const places = series.map((name) => this.series.indexOf(name));
    if (places.includes(-1)) throw new RangeError(`there is no series ${series[places.indexOf(-1)]}`);
    const outcomes = new Float64Array((to - from) * this.outcomes.length);
    const kept = new Float64Array((to - from) * params.months * series.length);
    const chunk = series.length ? Math.ceil(Math.min(CHUNK, KEPT / (params.months * this.series.length))) : CHUNK;
    for (let first = from; first < to; first += chunk) {
      const runs = Math.min(chunk, to - first);
      const found = this.#play(values, params, seed, first, runs, series.length > 0);
      outcomes.set(found.outcomes, (first - from) * this.outcomes.length);
      const start = (first - from) * params.months * places.length;
      for (let row = 0; row < found.series.length / this.series.length; row += 1) {
        places.forEach((place, at) => {
          kept[start + row * places.length + at] = found.series[row * this.series.length + place];
        });
      }
    }
    return { outcomes, series: kept };
  }

  #play(values, params, seed, first, runs, keeps) {
    const sizes = this.#sizes(params, params.months);
    const layout = new Layout(this.#wasm, this.#end, sizes);
    const points = layout.end;
    const worlds = points + runs * values.length * NUMBER;
    const order = worlds + runs * NUMBER;
    const outcomes = order + runs * NUMBER;
    const series = outcomes + runs * this.outcomes.length * NUMBER;
    const size = keeps ? runs * params.months * this.series.length : 0;
    this.#reserve(series + size * NUMBER);
    const integers = new BigInt64Array(this.#wasm.memory.buffer);
    for (let run = 0; run < runs; run += 1) {
      this.#memory.set(values, points / NUMBER + run * values.length);
      integers[worlds / NUMBER + run] = BigInt(first + run);
      integers[order / NUMBER + run] = BigInt(run);
    }
    this.#wasm.run_many(layout.base, points, worlds, order, runs, BigInt(seed), ...sizes, outcomes, series, Number(keeps));
    return {
      outcomes: this.#memory.slice(outcomes / NUMBER, outcomes / NUMBER + runs * this.outcomes.length),
      series: this.#memory.slice(series / NUMBER, series / NUMBER + size),
    };
  }
}
