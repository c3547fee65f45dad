// Colours that everyone can tell apart, and that keep their order in grey.

/** The two sides, as in the project's figures: blue and solid, orange and dashed. Ink is for text. */
export const SIDES = [
  { line: "#0072B2", ink: "#005a8d", dash: "none" },
  { line: "#E69F00", ink: "#8a5a00", dash: "7 3" },
];

// From pale to dark green: lightness alone tells the level.
const RAMP = [[246, 244, 228], [199, 227, 190], [120, 190, 150], [38, 136, 107], [4, 72, 56]];

/** The colour of a commitment in [0, 1]. */
export function shade(value) {
  const place = Math.min(Math.max(value, 0), 1) * (RAMP.length - 1);
  const low = Math.min(Math.floor(place), RAMP.length - 2);
  const mix = RAMP[low].map((part, c) => Math.round(part + (RAMP[low + 1][c] - part) * (place - low)));
  return `rgb(${mix.join(",")})`;
}

/** A partner that is not at the table, and its letter. */
export const HOLLOW = "#ffffff";
export const GREY = "#5b6670";

/** Text that can be read on `shade(value)`. */
export function onShade(value) {
  return value > 0.6 ? "#ffffff" : "#1d2b26";
}
