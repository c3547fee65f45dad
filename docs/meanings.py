"""What code cannot say of itself: the meaning of state variables and draws, and what strengths act on."""

from __future__ import annotations

from collections.abc import Mapping

Meanings = Mapping[str, tuple[str, str, str]]
"""name: what there is to say of it, column by column"""

# variable: (range, at launch, meaning)

PARTNER: Meanings = {
    "present": ("0, 1", "fixed for a world", "1 for a partner of the run; 0 for a spare row, which takes no part"),
    "small": ("0, 1", "fixed for a world", "1 for a small (voluntary) partner"),
    "seated": ("0, 1", "1", "1 for a partner at the table, 0 for one that has left it"),
    "others": ("0 to n - 1", "n - 1", "number of others at the table"),
    "capacity": ("at least `smallest_capacity`", "drawn", "working capacity a month; 1 is the mean of a large partner"),
    "accountability": ("[0, 1]", "drawn", "how far it answers, on its own account, for what the partnership delivers"),
    "start_commitment": ("[0, 1]", "drawn", "commitment at launch, to which turnover leads back"),
    "commitment": ("[0, 1]", "`start_commitment`", "ownership and willingness"),
    "alignment": ("[0, 1]", "`initial_purpose`", "how far its people understand and follow the shared aims"),
    "trust_sum": (
        "at least 0",
        "sum of its row of `trust`",
        "sum of its trust in the others at the table",
    ),
    "trust": (
        "[0, 1]",
        "`start_trust`",
        "`ratio(trust_sum, others, 0)`: mean of it",
    ),
    "effort": ("[0, 1]", "`initial_trust`", "share of its capacity it gave in the month last played"),
    "cost_shift": ("[0, 1]", "0", "share of its burden it pushed onto others in the month last played"),
    "shift_weight": ("at least 0", "element 5", "its capacity divided by that of the others at the table"),
    "shifted": (
        "at least 0",
        "none",
        "burden pushed onto the others last month, for each unit of their capacity",
    ),
    "burden": ("[0, 1]", "0", "share of its hours that meetings took in the month last played"),
    "work": ("at least 0", "0", "effective hours on issues this month, given to the partnership"),
    "own_work": ("at least 0", "0", "hours on its own agenda this month, beside the partnership"),
    "distance": ("[0, 1]", "0", "of its agenda from this month's aims (7.6)"),
    "heard": ("at least 0", "0", "weight of what it heard this month in encounters it called"),
    "heard_back": ("at least 0", "0", "weight of what it heard in encounters that others called"),
    "given": ("[-1, 1]", "none", "effort less cost shifting: what others may see of it"),
    "conviction": ("[0, 1]", "none", "how well it speaks of the shared aims"),
    "voice": ("[0, 1]", "element 5", "how far it is heard as itself: 1, or less under an umbrella"),
    "seat_share": (
        "[0, 1]",
        "element 5",
        "part of a seat's load it carries: 1; less under an umbrella; 0 for one that left",
    ),
    "endorsed": ("0, 1", "0", "whether it has signed up; it stays signed until a relaunch, or until it leaves"),
    "effort_sum": ("at least 0", "0", "effort summed over the months so far"),
}

PARTNERSHIP: Meanings = {
    "n_small": ("0 to n", "fixed for a world", "number of small partners"),
    "total": ("above 0", "fixed for a world", "sum of capacity"),
    "root_total": ("above 0", "fixed for a world", "sum of the square roots of capacity"),
    "structure_rate": ("at least 0", "fixed for a world", "structure a month of all hours builds (element 5)"),
    "purpose_rate": (
        "at least 0",
        "fixed for a world",
        "alignment that a month of all hours gives (element 5)",
    ),
    "members": ("0 to n", "n", "partners at the table"),
    "core": ("at least 0", "`total`", "sum of their capacity"),
    "leader": ("index", "element 5", "the one of largest capacity, lowest index"),
    "seats": ("0 to n", "element 5", "seats at the table"),
    "months_since": ("months", "`distraction_months`", "months since the last reorganisation"),
    "focus": ("[0, 1]", "1", "share of everyone's capacity that the last reorganisation leaves"),
    "start_trust": ("[0, 1]", "`quantise(initial_trust)`", "trust at launch, to which shocks lead back"),
    "alone_results": ("[0, 1]", "none", "this month's results if every partner acted alone"),
    "alone_gap_now": (
        "0 to 1 / (1 - `worse_off_share`)",
        "none",
        "gap in this month's results if all acted alone",
    ),
    "alone_gap": ("0 to 1 / (1 - `worse_off_share`)", "0", "gap in what the population would have gained"),
    "alone_outcome": ("[0, 1]", "0", "what the population would have gained had every partner acted alone"),
    "structure": ("[0, 1]", "`initial_structure`", "boards, agreements, named owners"),
    "fit": ("[0, 1]", "`initial_fit`", "how well what was built suits what it is for"),
    "purpose": ("[0, 1]", "as in 7.2", "capacity-weighted mean alignment of those at the table"),
    "trust": ("[0, 1]", "as in 7.2", "mean of the mean trust of those at the table"),
    "outcome": ("[0, 1]", "0", "what the population has gained"),
    "gap": ("0 to 1 / (1 - `worse_off_share`)", "0", "outcome of the others less that of the worse off"),
    "gap_now": ("0 to 1 / (1 - `worse_off_share`)", "none", "the same in this month's results"),
    "age": ("months", "0", "months since launch or relaunch"),
    "ended": ("0, 1", "`alone`", "1 once there is no partnership, and everyone acts alone"),
    "axed": ("0, 1", "0", "1 once a review has ended it"),
    "early": ("[0, 1]", "`early_emphasis`", "the setup now in force: emphasis in the first half of setup"),
    "late": ("[0, 1]", "`late_emphasis`", "emphasis in the second half of setup"),
    "upkeep": ("[0, 1]", "`upkeep_emphasis`", "emphasis after setup"),
    "turned": ("0, 1", "0", "1 once the early emphasis has reached the gate"),
    "emphasis": ("[0, 1]", "none", "share of this month's setup that goes to structure"),
    "setup_share": ("[0, 1]", "none", "share of free hours spent on setup, or on upkeep, this month"),
    "structure_hours": ("at least 0", "none", "effective hours on structure this month"),
    "purpose_hours": ("at least 0", "none", "effective hours on purpose this month"),
    "results": ("[0, 1]", "none", "this month's results"),
    "expectation": ("at least 0", "none", "what partners expect by now; 0 where there is no partnership"),
    "worst_issue": ("index", "0", "issue worst served in the month before"),
    "cycle_outcome": ("at least 0", "0", "outcome summed over the months of this cycle"),
    "cycle_expectation": ("at least 0", "0", "expectation summed over them"),
    "cycle_age": ("months", "0", "number of them"),
    "cycles": ("whole number", "0", "cycles that have ended"),
    "before_mean": ("at least 0", "none", "mean outcome of the cycle that ended last"),
    "before_early": ("[0, 1]", "none", "its setup: early emphasis"),
    "before_late": ("[0, 1]", "none", "late emphasis"),
    "before_upkeep": ("[0, 1]", "none", "emphasis in upkeep"),
}

ISSUE: Meanings = {
    "need": ("(0, 1], sum 1", "fixed for a world", "its part of what the population needs"),
    "common": ("(0, 1)", "drawn", "weight of the issue in what all partners care for, before it is divided by the sum"),
    "mean_agenda": ("[0, 1], sum 1", "fixed for a world", "capacity-weighted mean of its share in partners' agendas"),
    "natural_owner": ("index or -1", "element 5", "at the table, largest in capacity times agenda share"),
    "alone_work": ("at least 0", "fixed for a world", "work on it if every partner acted alone, without distraction"),
    "owner": ("index or -1", "-1, or `natural_owner`", "partner answerable for it; -1 for nobody"),
}

ENCOUNTER: Meanings = {
    "first": ("(0, 1)", "none", "chance that decides the first candidate"),
    "second": ("(0, 1)", "none", "chance that decides the second candidate"),
    "board": ("(0, 1)", "none", "chance that decides whether it is at the board"),
    "error": ("[-2, 2]", "none", "how much the caller missees"),
    "error_back": ("[-2, 2]", "none", "how much the other missees"),
    "other": ("index", "none", "whom the caller meets"),
    "trust": ("[0, 1]", "none", "the caller's trust in the other, as it stood"),
    "change": ("[-10, 2]", "none", "change of the caller's trust in the other, before it is held within [0, 1]"),
    "change_back": ("[-10, 2]", "none", "change of the other's trust in the caller"),
    "heard_back": ("[0, 1]", "none", "weight of what the other heard"),
}

# decision: (month, who, words); where a row says "issue k" it takes block `number + k // 4`, word `k % 4`

DECISIONS: Meanings = {
    "CAPACITY_AND_ACCOUNTABILITY": ("0", "partner", "capacity `u0 + u1 - 1`; accountability `u2 + u3 - 1`"),
    "COMMITMENT": ("0", "partner", "`u0 + u1 - 1`"),
    "AGENDA": ("0", "partner", "own priority for issue k"),
    "COMMON_AGENDA": ("0", "0", "common priority for issue k"),
    "TURNOVER": ("month", "partner // 4", "word partner % 4: turnover if below `turnover_prob`"),
    "ATTENDANCE": (
        "month",
        "partner // 4",
        "word partner % 4: leaves below `exit_prob`, returns below `return_prob`",
    ),
    "ORPHANING": ("month", "partner", "issue k, if this partner owns it: orphaned if below `turnover_loss`"),
    "REORGANISATION": ("month", "0", "`u0`: reorganisation if below `reorganisation_prob`"),
    "LOST_OWNERS": ("month", "0", "issue k: its owner is lost if below `reorganisation_loss`"),
    "RELAUNCH": ("month", "0", "`u0`: learns if below `learning_prob`"),
    "OWNERSHIP": ("month", "issue", "`u0` named from above, `u1` who is asked, `u2` whether it volunteers"),
    "ENCOUNTER": ("month", "calling partner", "see 7.6; one block for each encounter called"),
}


REACHED: Mapping[str, str] = {
    "load_per_seat": "burden", "load_per_talk": "burden", "monitoring": "oversight", "authority": "pooling",
    "coordination_effect": "coordination", "relational_effect": "coordination", "assignment": "owners",
    "volunteering": "owners", "board_effect": "encounters", "visibility_effect": "trust", "crowding": "trust",
    "forum_effect": "purpose", "signing_effect": "signatures", "shifting_alignment": "shifting[cost shifting]",
    "pooling_restraint": "shifting[cost shifting]", "allocation_effect": "allocation", "evidence_use": "allocation",
    "equity_use": "reach[reach of the worse off]", "fit_strength": "fit", "ownership_weight": "commitment",
}  # fmt: skip
"""What each strength of structure or of purpose acts on."""
CARRIED = (
    ("burden", "effort"), ("burden", "commitment"), ("oversight", "effort"), ("oversight", "shifting"),
    ("signatures", "oversight"), ("pooling", "allocation"), ("coordination", "outcome"), ("owners", "coordination"),
    ("encounters", "trust"), ("encounters", "purpose"), ("trust", "commitment"), ("trust", "coordination"),
    ("trust", "effort"), ("trust", "purpose"), ("shifting", "effort"), ("shifting", "trust"),
    ("allocation", "outcome"), ("reach", "outcome"), ("fit", "coordination"), ("fit", "oversight"), ("fit", "pooling"),
    ("fit", "trust"), ("effort", "outcome"), ("effort", "trust"), ("outcome", "commitment"), ("outcome", "table"),
    ("commitment", "effort"), ("commitment", "owners"), ("commitment", "signatures"),
    ("commitment", "table[at the table]"), ("table", "effort"), ("outside[support from outside]", "structure"),
    ("outside", "purpose"), ("effort", "own[own work]"), ("own", "outcome"),
)  # fmt: skip
"""How that goes on, and comes back."""

SHARED: Mapping[str, str] = {
    "accountability": "the mean of all partners; each partner's own, drawn around it",
    "alone": "the switch; the arm that turns it on",
    "commitment": "the mean at launch; each partner's own; where it is recorded, the mean over all partners",
    "conviction": "the rule; what it comes to for a partner this month",
    "cost_shift": "the rule; what it came to for a partner in the month last played; recorded, the mean over all",
    "effort": "the rule; what it came to for a partner in the month last played; recorded, the mean over all",
    "expectation": "the rule; what it comes to this month, recorded as 0 where there is no partnership",
    "given": "the rule; what it comes to for a partner this month",
    "heard": "the rule, of one encounter; the sum over those a partner called; in `aligned`, over all it was in",
    "heard_back": "the sum over encounters in which others called a partner; what the one called hears in one",
    "own_work": "the rule, a share of capacity; hours of a partner this month",
    "purpose_rate": "the rule; what it comes to at launch",
    "setup_share": "while setup lasts; this month's share of setup or upkeep, written `setup_now` in the text",
    "structure_rate": "the rule; what it comes to at launch",
    "trust": (
        "of a partner, its mean (in `temptation`, `commitment_pulls`); of the partnership, the mean of those at the "
        "table (in `coordination`); of an encounter, the tie (in `appeal`, `heard`, `trust_change`; the matrix "
        "`trust[i, j]` holds them all); recorded, the mean over all partners of their mean"
    ),
}
"""Names that stand for more than one thing: what each is, in the order in which they are listed."""
