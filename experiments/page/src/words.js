// Names and numbers as a reader would say them.

/** `structure_first` -> `structure first`, `n_partners` -> `number of partners`. @param {string} name */
export function plain(name) {
  return name.startsWith("n_") ? `number of ${plain(name.slice(2))}` : name.replaceAll("_", " ");
}

/** @param {string} text */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {string} text */
export function lower(text) {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A level with a real minus sign; never `-0.00`. @param {number} value @param {number} [digits] */
export function level(value, digits = 2) {
  if (!Number.isFinite(value)) return "none";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

/** Like `level`, with its sign always shown. @param {number} value @param {number} [digits] */
export function signed(value, digits = 2) {
  const text = level(value, digits);
  return Number(value.toFixed(digits)) > 0 ? `+${text}` : text;
}

/** A count as `1,000`. @param {number} count */
export function counted(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `a`, `a and b`, `a, b and c`. @param {string[]} parts */
export function listing(parts) {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}

/** A partner's letter: A to Z, then AA, AB and so on; numbers are for issues. @param {number} index from 0 */
export function letter(index) {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letter(Math.floor(index / 26) - 1) + last;
}

/** The known name nearest to one that is not known, or "". @param {string} name @param {string[]} known */
export function nearest(name, known) {
  let best = "";
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const one of known) {
    const away = distance(name, one, least);
    if (away < least) [best, least] = [one, away];
  }
  return best;
}

/** Letters to change, add or leave out to make one word of another, up to `most`. */
function distance(a, b, most) {
  if (Math.abs(a.length - b.length) >= most) return most;
  let row = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
