// Where partners stand: decided by how many and how large they are, never by what happens to them.

export const WIDTH = 460;
export const HEIGHT = 330;
/** As many stand on one ring. */
export const FEW = 18;
const AROUND = 1050; // length of the outer ring
const APART = 9; // room between two partners, besides what each takes up
const DEEPEST = 0.52; // the inner ring is so much narrower than the outer one

/**
 * Places of partners on rings around the table. Large partners, which come first, stand outside; small ones inside, or
 * on one ring side by side.
 * @param {number[]} capacity of each partner
 * @returns {Array<{x: number, y: number, r: number}>}
 */
export function layout(capacity) {
  const count = capacity.length;
  const rings = count <= FEW ? 1 : Math.ceil(1 + Math.sqrt(count / 30));
  const breadths = Array.from({ length: rings }, (_, depth) => 1 - (rings > 1 ? (DEEPEST * depth) / (rings - 1) : 0));
  const all = breadths.reduce((sum, breadth) => sum + breadth, 0);
  const size = radius((AROUND * all) / count, rings);
  const radii = capacity.map((one) => Math.max(2.5, size * Math.sqrt(one)));
  const margin = Math.max(30, Math.max(...radii) + 10); // for ring, owner's mark and those who are new
  const places = [];
  let passed = 0;
  for (const breadth of breadths) {
    passed += breadth;
    const from = places.length;
    const to = Math.round((count * passed) / all);
    const whole = radii.slice(from, to).reduce((sum, r) => sum + r + APART, 0);
    let sofar = 0;
    for (let i = from; i < to; i += 1) {
      // From just right of the top, clockwise, each as wide as it is: on one ring the small ones end up at the upper left.
      const angle = -Math.PI / 2 + (2 * Math.PI * (sofar + (radii[i] + APART) / 2)) / whole;
      sofar += radii[i] + APART;
      places.push({
        x: WIDTH / 2 + (WIDTH / 2 - margin - 4) * breadth * Math.cos(angle),
        y: HEIGHT / 2 + (HEIGHT / 2 - margin) * breadth * Math.sin(angle),
        r: radii[i],
      });
    }
  }
  return places;
}

/** Radius of a partner of capacity 1, such that it does not crowd its neighbours on the ring and on the next. */
function radius(spacing, rings) {
  const between = rings > 1 ? (DEEPEST * (HEIGHT / 2 - 30)) / (rings - 1) : Infinity;
  return Math.min(21, 0.38 * spacing - 2, 0.42 * between - 2);
}
