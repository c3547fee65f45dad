"""A partner of the naive twin (`tests/reference.py`): an agent with plain attributes that decides for itself."""

from __future__ import annotations

from math import sqrt

import mesa

from sim import draws
from sim.draws import draw

TRUST_UNIT = 1.5 * 2.0**20  # adding and taking it away rounds to multiples of 2**-32


def clip(x):
    return min(max(x, 0.0), 1.0)


def s_curve(x):
    u = x / 2.0
    return (1.0 + u / sqrt(1.0 + u * u)) / 2.0


def saturate(u, k):
    return u * (1.0 + k) / (1.0 + k * u)


def rounded(trust):
    return (trust + TRUST_UNIT) - TRUST_UNIT


def sixteen_bits(u):
    """The high and the low half of the 32-bit word behind a uniform, as uniforms."""
    word = int(u * 2.0**32)
    return (word // 65536 + 0.5) / 65536.0, (word % 65536 + 0.5) / 65536.0


def triangular(u):
    high, low = sixteen_bits(u)
    return high + low - 1.0


class NaivePartner(mesa.Agent):
    """A partner organisation that carries out its own rules."""

    def __init__(self, model, index, sector):
        super().__init__(model)
        p = model.p
        mean, accountability, commitment, partnerships, small = sector
        u = draw(model.seed_value, model.world, 0, index, draws.CAPACITY_AND_ACCOUNTABILITY)
        v = draw(model.seed_value, model.world, 0, index, draws.COMMITMENT)
        self.index, self.small = index, small
        capacity = mean * (1.0 + p["capacity_spread"] * (u[0] + u[1] - 1.0))
        self.capacity = max(p["smallest_capacity"], capacity / partnerships)
        self.accountability = clip(accountability + p["accountability_spread"] * (u[2] + u[3] - 1.0))
        self.start_commitment = clip(commitment + p["commitment_spread"] * (v[0] + v[1] - 1.0))
        self.commitment = self.start_commitment
        self.alignment, self.cost_shift, self.burden, self.endorsed = p["initial_purpose"], 0.0, 0.0, 0.0
        self.at_table, self.own_work = True, 0.0
        self.effort, self.effort_sum = p["initial_trust"], 0.0
        self.agenda = []
        self.trust = [rounded(p["initial_trust"])] * int(p["n_partners"])
        self.voice, self.load_part = 1.0, 1.0

    def draw_agenda(self, common):
        model, p = self.model, self.model.p
        own = model.priorities(self.index, draws.AGENDA)
        d, b = p["agenda_diversity"], p["agenda_bias"]
        self.agenda = [(1.0 - d) * need + d * ((1.0 - b) * own[k] + b * common[k]) for k, need in enumerate(model.need)]

    def others(self):
        return [other for other in self.model.partners if other is not self]

    def mean_trust(self):
        known = [self.trust[other.index] for other in self.others() if other.at_table]
        total = 0.0
        for trust in known:
            total += trust
        return total / len(known) if known else 0.0

    def distance(self):
        """From the shared aims of this month."""
        model, total = self.model, 0.0
        for k, agenda in enumerate(self.agenda):
            mean = model.mean_agenda[k]
            total += abs(agenda - (mean + model.p["evidence_use"] * model.purpose * (model.need[k] - mean)))
        return total / 2.0

    # phase 2

    def leave(self):
        self.at_table, self.endorsed = False, 0.0
        self.model.owner = [None if owner is self else owner for owner in self.model.owner]

    # phase 1

    def maybe_turn_over(self):
        model, p = self.model, self.model.p
        loss, start = p["turnover_loss"], rounded(p["initial_trust"])
        u = draw(model.seed_value, model.world, model.month, self.index // 4, draws.TURNOVER)[self.index % 4]
        if u >= p["turnover_prob"]:
            return
        self.alignment -= loss * self.alignment
        if self.commitment > self.start_commitment:
            self.commitment -= loss * (self.commitment - self.start_commitment)
        else:
            self.commitment += p["fresh_start"] * (self.start_commitment - self.commitment)
        for other in self.others():
            for one, two in ((self, other), (other, self)):
                above = max(one.trust[two.index] - start, 0.0)
                one.trust[two.index] = rounded(one.trust[two.index] - loss * above)
        for k, owner in enumerate(model.owner):
            if owner is self:
                u = draw(model.seed_value, model.world, model.month, self.index, draws.ORPHANING + k // 4)[k % 4]
                if u < loss:
                    model.owner[k] = None

    # phase 3

    def decide(self, load):
        """How much to give, and what to push onto others; returns effective free hours."""
        model, p = self.model, self.model.p
        if not self.at_table:
            self.effort, self.burden, self.cost_shift = 0.0, 0.0, 0.0
            self.own_work = self.capacity * (p["own_work_effect"] * p["own_effort"])
            return 0.0
        w, wt = p["endorsement_weight"], p["temptation_trust"]
        oversight = 1.0 - (1.0 - self.accountability * (1.0 - w + w * self.endorsed)) * (
            1.0 - p["monitoring"] * model.structure * model.fit
        )
        temptation = p["free_riding"] * (1.0 - oversight) * (1.0 - wt + wt * self.mean_trust())
        inclination = self.commitment - temptation - p["effort_threshold"]
        willing = s_curve(p["decisiveness"] * inclination)
        effort = s_curve(p["decisiveness"] * (inclination + p["compulsion"] * oversight))
        worth = willing + p["tickbox_quality"] * (effort - willing)
        lost = max(0.0, p["shifting_loss"] * self.capacity * (model.shifted_sum - model.shifted[self.index]))
        left = max(0.0, self.capacity - lost)
        hours = effort * left * model.focus
        my_load = load * self.load_part
        if my_load > 0.0:
            self.burden = min(1.0, my_load / hours) if hours > 0.0 else 1.0
        else:
            self.burden = 0.0
        self.effort = effort
        self.cost_shift = (
            p["shifting"] * (1.0 - oversight)
            * ((1.0 - p["shifting_alignment"] * self.alignment)
               * (1.0 - p["pooling_restraint"] * model.pooled * model.purpose))
        )  # fmt: skip
        beside = p["own_effort"] * (1.0 - effort)
        taken = beside - max(0.0, p["own_effort"] - effort)
        self.own_work = left * (p["own_work_effect"] * (beside - p["displacement"] * taken))
        return left * worth * (1.0 - self.burden)

    # phase 6

    def another(self, u):
        j = int(u * (len(self.model.partners) - 1.0))
        return self.model.partners[j + 1 if j >= self.index else j]

    def whom_to_meet(self, u):
        model, p = self.model, self.model.p
        board, second = sixteen_bits(u[1])
        first, second = self.another(u[0]), self.another(second)
        if board < p["board_effect"] * model.structure:
            return first
        one, two = (
            self.trust[other.index] + p["task_seeking"] * other.agenda[model.worst_issue] for other in (first, second)
        )
        return second if two > one else first

    def trust_change(self, other, error):
        model, p = self.model, self.model.p
        visibility = p["transparency"] + (1.0 - p["transparency"]) * (
            p["visibility_effect"] * model.structure * model.fit
        )
        gap = clip(other.effort - other.cost_shift + p["noise"] * error) - self.trust[other.index]
        weight = p["loss_aversion"] if gap < 0.0 else 1.0 - p["crowding"] * model.structure
        return rounded(p["trust_rate"] * visibility * gap * weight)

    def hears(self, other):
        t = self.model.p["talk_base"]
        return self.trust[other.index] * (t + (1.0 - t) * other.alignment)

    # phase 7

    def reflect(self, expectation, leader_effort):
        model, p = self.model, self.model.p
        self.commitment = clip(
            self.commitment
            + p["commitment_rate"]
            * (
                p["results_weight"] * (model.outcome - expectation)
                + p["reciprocity_weight"] * (self.mean_trust() - self.commitment)
                + p["ownership_weight"] * self.voice * self.alignment * (1.0 - self.commitment)
                - p["burden_weight"] * self.burden * self.commitment
                + p["example_weight"] * (leader_effort - self.commitment)
            )
        )
        ready = 1.0 - p["signing_effect"] + p["signing_effect"] * model.structure > p["something_to_sign"]
        if not self.at_table:
            return
        if p["mandated"] or (self.commitment > p["endorsement_threshold"] and ready):
            self.endorsed = 1.0
