// Where partners stand: decided by how many there are and which share a seat, never by what happens to them.

export const WIDTH = 460;
export const HEIGHT = 330;
const MOST_ON_A_RING = 30;
const FEW = 18;

/**
 * Places of partners on rings around the table. Large partners come first and stand outside; many small ones stand
 * inside, few of them side by side at the bottom.
 * @param {number[]} capacity of each partner @param {boolean[]} small
 * @returns {{places: Array<{x: number, y: number, r: number, angle: number}>, rings: Array<{from: number, to: number, rx: number, ry: number}>}}
 */
export function layout(capacity, small) {
  const count = capacity.length;
  const large = small.filter((one) => !one).length;
  const groups = count <= FEW || large === 0 || large === count
    ? [[0, count]] : [[0, large], [large, count]];
  const rings = groups.flatMap(([from, to]) => split(from, to));
  const places = new Array(count);
  rings.forEach((ring, depth) => {
    const outer = 1 - (0.66 * depth) / Math.max(rings.length, 2);
    ring.rx = (WIDTH / 2 - 34) * outer;
    ring.ry = (HEIGHT / 2 - 30) * outer;
    const size = sizes(ring, rings.length, count);
    const step = (2 * Math.PI) / (ring.to - ring.from);
    // The first large partner stands just right of the top; on one ring the small ones, last, end up at the upper left.
    for (let i = ring.from; i < ring.to; i += 1) {
      const angle = -Math.PI / 2 + (i - ring.from + 0.5) * step;
      places[i] = {
        x: WIDTH / 2 + ring.rx * Math.cos(angle), y: HEIGHT / 2 + ring.ry * Math.sin(angle),
        r: Math.max(4.5, size * Math.sqrt(capacity[i])), angle,
      };
    }
  });
  return { places, rings };
}

function split(from, to) {
  const parts = Math.ceil((to - from) / MOST_ON_A_RING);
  return Array.from({ length: parts }, (_, part) => ({
    from: from + Math.floor(((to - from) * part) / parts), to: from + Math.floor(((to - from) * (part + 1)) / parts), rx: 0, ry: 0,
  }));
}

/** Radius of a partner of capacity 1, such that neighbours of that size do not touch. */
function sizes(ring, rings, count) {
  const around = Math.PI * (ring.rx + ring.ry);
  const between = (0.62 * (HEIGHT / 2)) / rings;
  return Math.min(21, (0.4 * around) / Math.max(ring.to - ring.from, 4), count > FEW ? between * 0.5 + 3 : 21);
}
