// In the background: many worlds of one setting, on an engine of their own. Told what to do by worlds.js.

import {loadEngine} from "./engine.js";
import {summarised} from "./bands.js";

const PART = 100;

let engine = null;

/** First the engine's bytes, then one request after another; a newer request ends the one before. */
let latest = 0;
self.onmessage = async ({ data: message }) => {
  try {
    if (message.wasm) engine = loadEngine(message.wasm);
    else await answer(message);
  } catch (error) {
    self.postMessage({ id: message.id, error: String(error) });
  }
};

/** Play the worlds of both sides, part by part, and report on the way. */
async function answer({ id, sides, seed, worlds, names }) {
  latest = id;
  const loaded = await engine;
  const started = performance.now();
  const parts = sides.map(() => []);
  for (let from = 0; from < worlds; from += PART) {
    const to = Math.min(worlds, from + PART);
    sides.forEach((parameters, side) => {
      parts[side].push(loaded.runMany(parameters, BigInt(seed), from, to, { series: names }));
    });
    self.postMessage({ id, done: to });
    await new Promise((resolve) => { setTimeout(resolve, 0); });
    if (latest !== id) return;
  }
  const found = sides.map((parameters, side) => ({
    outcomes: joined(parts[side].map((part) => part.outcomes)),
    bands: summarised(joined(parts[side].map((part) => part.series)), worlds, parameters.months, names),
  }));
  self.postMessage({ id, found, milliseconds: performance.now() - started });
}

function joined(arrays) {
  const all = new Float64Array(arrays.reduce((sum, one) => sum + one.length, 0));
  let place = 0;
  for (const one of arrays) {
    all.set(one, place);
    place += one.length;
  }
  return all;
}
