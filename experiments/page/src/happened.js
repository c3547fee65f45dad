// What happened in a month, in words.

import {capital, letter, listing} from "./words.js";

const TOLD = {
  reorganisation: () => "The partnership is reorganised from above: structure, owners and trust suffer, and everyone is distracted.",
  relaunch: () => "The partnership is relaunched in a new form.",
  turnover: (partners) => `New people at ${who(partners)}: some understanding and trust is lost.`,
  left: (partners) => `${capital(who(partners))} ${partners.length > 1 ? "leave" : "leaves"} the table.`,
  returned: (partners) => `${capital(who(partners))} ${partners.length > 1 ? "come" : "comes"} back to the table.`,
  orphaned: (_, issues) => `${issue(issues)} ${issues.length > 1 ? "have lost their owners" : "has lost its owner"}.`,
  signed: (partners) => `${capital(who(partners))} ${partners.length > 1 ? "sign" : "signs"} up.`,
  axed: () => "A review ends the partnership: from now on everyone acts alone.",
};

/**
 * Sentences for the events of a month; events of one kind share a sentence.
 * @param {Array<{kind: string, partner?: number, issue?: number}>} events @returns {string[]}
 */
export function told(events) {
  const sentences = [];
  for (const kind of Object.keys(TOLD)) {
    const those = events.filter((event) => event.kind === kind);
    if (those.length) sentences.push(TOLD[kind](those.map((one) => one.partner), those.map((one) => one.issue)));
  }
  const owned = events.filter((event) => event.kind === "owned");
  for (const partner of new Set(owned.map((event) => event.partner))) {
    const issues = owned.filter((event) => event.partner === partner).map((event) => event.issue);
    sentences.push(`Partner ${letter(partner)} now answers for ${listing(issues.map((k) => `issue ${k + 1}`))}.`);
  }
  return sentences;
}

function who(partners) {
  return `partner${partners.length > 1 ? "s" : ""} ${listing(partners.map(letter))}`;
}

function issue(issues) {
  return `Issue${issues.length > 1 ? "s" : ""} ${listing(issues.map((k) => String(k + 1)))}`;
}
