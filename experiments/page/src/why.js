// Ask why: the terms behind a partner's effort and its commitment this month, as bars and as sentences.

import {html} from "./dom.js";
import {capital, letter, level, listing, lower, plain, signed} from "./words.js";

const SMALL = 0.0005;

/**
 * The account of a partner: `terms` are the engine's own, or null where it acted alone.
 * @param {object} data @param {number} index @param {number} month @param {object|null} terms
 */
export function account(data, index, month, terms) {
  if (month === 0) return [html("p", {}, "No month has been played yet.")];
  if (!terms) return [html("p", {}, `Partner ${letter(index)} acted alone in month ${month}; its commitment stood still.`)];
  const { effort, commitment } = terms;
  const weighed = [
    ["commitment", effort.commitment], ["compelled by boards", effort.compulsion],
    ["temptation to leave it to others", -effort.temptation], ["threshold", -effort.threshold],
  ];
  const moves = movesOf(commitment);
  const gave = effort.seated ? [
    html("h4", {}, `Effort: gave ${level(effort.effort)} of its capacity`),
    bars(weighed, 1, 2),
    html("p", {}, `Commitment (${level(effort.commitment)}) and what boards compel (${level(effort.compulsion)}) stand against ` +
      `temptation (${level(effort.temptation)}) and the threshold (${level(effort.threshold)}). ${balance(effort)}`),
  ] : [
    html("h4", {}, "Effort: gave nothing"),
    html("p", {}, `Partner ${letter(index)} was not at the table in month ${month}, and worked for itself. Those that have left come back only while more is gained together than alone.`),
  ];
  return [
    ...gave,
    html("h4", {}, `Commitment: ${level(commitment.before, 3)} to ${level(commitment.after, 3)}`),
    bars(moves.map(([name, move]) => [reason(data, name, move), move]), 0.03, 3),
    html("p", {}, sentence(data, commitment, moves)),
  ];
}

/** What moved commitment, term by term: the shocks of the month, and each pull times the rate. */
function movesOf(terms) {
  const pulls = {
    results: terms.results, reciprocity: terms.reciprocity, ownership: terms.ownership,
    burden: -terms.burden, example: terms.example,
  };
  const moved = Object.entries(pulls).map(([name, pull]) => [name, terms.rate * pull]);
  return [["shocks", terms.disturbed - terms.before], ...moved].filter(([, move]) => Math.abs(move) >= SMALL);
}

function balance(effort) {
  const sum = effort.commitment + effort.compulsion - effort.temptation - effort.threshold;
  return `The balance is ${signed(sum)}: ${sum > 0 ? "it gives more than half" : "it gives less than half"}.`;
}

function reason(data, name, move) {
  const words = data.reasons[name];
  return words ? words[move > 0 ? 0 : 1] : plain(name);
}

function sentence(data, terms, moves) {
  if (!moves.length) return "Nothing moved its commitment this month.";
  const parts = (above) => moves.filter(([, move]) => (move > 0) === above)
    .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
    .map(([name, move]) => `${lower(reason(data, name, move))} (${signed(move, 3)})`);
  const [raised, lowered] = [parts(true), parts(false)];
  const said = [];
  if (lowered.length) said.push(`lowered by ${listing(lowered)}`);
  if (raised.length) said.push(`raised by ${listing(raised)}`);
  return `${capital(`its commitment was ${said.join("; ")}`)}.`;
}

/** Bars to both sides of a middle line; `full` is the length of half the width, or the longest bar if longer. */
function bars(rows, full, digits) {
  const most = Math.max(full, ...rows.map(([, value]) => Math.abs(value)));
  return html("div", { class: "bars" }, ...rows.map(([name, value]) => {
    const bar = html("span", { class: `bar ${value < 0 ? "against" : "for"}` });
    bar.style.width = `${(50 * Math.abs(value)) / most}%`;
    return html("div", { class: "bar-row" }, html("span", { class: "bar-name" }, name),
      html("span", { class: "bar-track", "aria-hidden": "true" }, bar), html("span", { class: "bar-value" }, signed(value, digits)));
  }));
}
