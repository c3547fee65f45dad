"""The naive twin: the same model once more, as a plain Mesa model whose agents step themselves.

Short and slow on purpose: plain attributes, plain loops, no arrays, no lanes, and none of the engine's rules. It is
written from the description of the model (docs/odd.md and decision 5), so that agreement to the last bit means
that two readings of the description are one. Sums start at 0.0 and run in the order of the index.
"""

from __future__ import annotations

from math import sqrt

import mesa

from sim import draws
from sim.draws import draw
from sim.params import resolve
from tests.naive_partner import NaivePartner, clip, rounded, saturate, triangular


class NaivePartnership(mesa.Model):
    """A partnership of naive partners; `step` is one month."""

    def __init__(self, values=None, setup="balanced", seed=0, world=0):
        super().__init__(rng=int(seed))
        self.p = resolve(values, setup)
        self.seed_value, self.world, self.month = seed, world, 0
        n, self.n_issues = int(self.p["n_partners"]), int(self.p["n_issues"])
        self.need = needs(self.p, self.n_issues)
        self.partners = [NaivePartner(self, i, sector) for i, sector in enumerate(seated(self.p, n))]
        n_small = sum(partner.small for partner in self.partners)
        common = self.priorities(0, draws.COMMON_AGENDA)
        for partner in self.partners:
            partner.draw_agenda(common)
        self.total = self.summed(lambda partner: partner.capacity)
        self.root_total = self.summed(lambda partner: sqrt(partner.capacity))
        self.leader = max(self.partners, key=lambda partner: partner.capacity)
        self.mean_agenda = [
            self.summed(lambda partner, k=k: partner.capacity * partner.agenda[k]) / self.total
            for k in range(self.n_issues)
        ]
        self.natural_owner = [
            max(self.partners, key=lambda partner, k=k: partner.capacity * partner.agenda[k])
            for k in range(self.n_issues)
        ]
        self.seats = n
        if self.p["umbrella"] and n_small > 0:
            self.seats = n - n_small + 1
            for partner in [partner for partner in self.partners if partner.small]:
                partner.voice, partner.load_part = self.p["umbrella_fidelity"] / sqrt(n_small), 1.0 / n_small
        self.structure, self.fit, self.purpose = 0.0, self.p["fit_floor"], 0.0
        self.owner = [None] * self.n_issues
        self.outcome, self.alone_outcome, self.results = 0.0, 0.0, 0.0
        self.age, self.axed, self.worst_issue = 0, bool(self.p["alone"]), 0
        self.emphases = self.p["early_emphasis"], self.p["late_emphasis"], self.p["upkeep_emphasis"]
        self.cycles, self.cycle_outcomes, self.cycle_expectations = [], [], []
        self.alone_results = self.results_alone()
        self.history = []

    # helpers

    def summed(self, of):
        total = 0.0
        for partner in self.partners:
            total += of(partner)
        return total

    def mean(self, of):
        return self.summed(of) / len(self.partners)

    def mean_of_small(self, of):
        small = [of(partner) for partner in self.partners if partner.small]
        return ordered_mean(small) if small else 0.0

    def priorities(self, who, decision):
        u = [draw(self.seed_value, self.world, 0, who, decision + k // 4)[k % 4] for k in range(self.n_issues)]
        total = 0.0
        for x in u:
            total += x * x
        return [x * x / total for x in u]

    def issue_work(self, work, k):
        """`work` of each partner on issue k, as share of full effort on need, for amount and for breadth."""
        amount, roots, c = 0.0, 0.0, self.p["complementarity"]
        for w in work:
            amount += w
            roots += sqrt(w)
        return (1.0 - c) * (amount / (self.total * self.need[k])) + c * (
            roots * roots / (self.need[k] * (self.root_total * self.root_total))
        )

    def results_alone(self):
        results = 0.0
        for k, need in enumerate(self.need):
            work = [self.p["own_effort"] * partner.capacity * partner.agenda[k] for partner in self.partners]
            results += need * saturate(self.p["coordination_floor"] * self.issue_work(work, k), self.p["saturation"])
        return results

    def set_purpose(self):
        self.purpose = self.summed(lambda partner: partner.capacity * partner.alignment) / self.total

    # the month

    def step(self):
        going = not self.axed
        emphasis, expectation = 0.0, 0.0
        if going:
            self.disturb()
            emphasis, setup_share, load = self.convene()
            worst_issue = self.contribute_and_deliver(emphasis, setup_share, load)
        else:
            self.results = self.alone_results
        self.outcome += (self.results - self.outcome) / self.p["outcome_delay"]
        self.alone_outcome += (self.alone_results - self.alone_outcome) / self.p["outcome_delay"]
        if going:
            self.build()
            self.meet()
            self.worst_issue = worst_issue
            self.set_purpose()
            expectation = self.reflect()
        for partner in self.partners:
            partner.effort_sum += partner.effort if going else self.p["own_effort"]
        self.record(going, emphasis, expectation)
        if going and self.p["review_month"] == self.month + 1 and self.outcome < self.p["review_floor"]:
            self.axed = True
        self.month += 1

    def disturb(self):
        p = self.p
        for partner in self.partners:
            partner.maybe_turn_over()
        if draw(self.seed_value, self.world, self.month, 0, draws.REORGANISATION)[0] < p["reorganisation_prob"]:
            self.reorganise()
        if p["cycle_months"] and self.month > 0 and self.month % int(p["cycle_months"]) == 0:
            self.relaunch()
        self.set_purpose()

    def reorganise(self):
        loss, start = self.p["reorganisation_loss"], rounded(self.p["initial_trust"])
        self.structure -= loss * self.structure
        for k in range(self.n_issues):
            if draw(self.seed_value, self.world, self.month, 0, draws.LOST_OWNERS + k // 4)[k % 4] < loss:
                self.owner[k] = None
        share = self.p["reorganisation_trust"] * loss
        for partner in self.partners:
            for other in partner.others():
                trust = partner.trust[other.index]
                partner.trust[other.index] = rounded(trust - share * max(trust - start, 0.0))

    def relaunch(self):
        p = self.p
        outcome, expected = (
            ordered_mean(self.cycle_outcomes),
            ordered_mean(self.cycle_expectations),
        )
        now = self.emphases
        if draw(self.seed_value, self.world, self.month, 0, draws.RELAUNCH)[0] < p["learning_prob"]:
            if not self.cycles and outcome < expected:
                self.emphases = tuple(1.0 - e for e in now)
            elif self.cycles and self.cycles[-1][0] > outcome:
                self.emphases = self.cycles[-1][1]
        self.cycles.append((outcome, now))
        self.cycle_outcomes, self.cycle_expectations = [], []
        self.structure *= p["relaunch_keeps"]
        self.fit, self.age, self.owner = p["fit_floor"], 0, [None] * self.n_issues
        for partner in self.partners:
            partner.endorsed = 0.0
            partner.alignment *= p["relaunch_alignment"]
            partner.commitment *= 1.0 - p["relaunch_fatigue"]

    def convene(self):
        p, (early, late, upkeep) = self.p, self.emphases
        if self.age >= p["setup_months"]:
            emphasis, setup_share = upkeep, p["upkeep_share"]
        else:
            setup_share, twice = p["setup_share"], 2 * self.age + 1
            emphasis = early if twice < p["setup_months"] else late
            if twice == p["setup_months"]:
                emphasis = (early + late) / 2.0
        talk = 1.0 - emphasis if setup_share > 0.0 else 0.0
        load = (p["load_per_seat"] * self.structure + p["load_per_talk"] * talk) * self.seats / p["reference_seats"]
        return emphasis, setup_share, load

    def contribute_and_deliver(self, emphasis, setup_share, load):
        self.shifted = [
            partner.cost_shift * (partner.capacity / (self.total - partner.capacity)) for partner in self.partners
        ]
        self.shifted_sum = 0.0
        for shifted in self.shifted:
            self.shifted_sum += shifted
        free = [partner.decide(load) for partner in self.partners]
        self.structure_hours, self.purpose_hours, work = 0.0, 0.0, []
        for hours in free:
            self.structure_hours += setup_share * hours * emphasis
            self.purpose_hours += setup_share * hours * (1.0 - emphasis)
            work.append(hours - setup_share * hours)
        return self.deliver(work)

    def deliver(self, work):
        p, served, self.results = self.p, [], 0.0
        for k, need in enumerate(self.need):
            aim = self.mean_agenda[k] + p["evidence_use"] * self.purpose * (need - self.mean_agenda[k])
            on_issue = []
            for partner, hours in zip(self.partners, work, strict=True):
                turned = p["allocation_effect"] * partner.alignment
                own = (1.0 - turned) * partner.agenda[k] + turned * aim
                on_issue.append(hours * ((1.0 - p["pooled_share"]) * own + p["pooled_share"] * aim))
            ownership = p["ownership_effect"] * self.owner[k].commitment if self.owner[k] else 0.0
            floor = p["coordination_floor"]
            alone = (1.0 - ownership) * (1.0 - p["coordination_effect"] * self.structure * self.fit)
            coordination = floor + (1.0 - floor) * (1.0 - alone)
            served.append(saturate(coordination * self.issue_work(on_issue, k), p["saturation"]))
            self.results += need * served[k]
        return served.index(min(served))

    def build(self):
        p, share = self.p, self.structure_hours / self.total
        built = p["structure_rate"] * share * (1.0 - self.structure)
        kept = self.structure - p["structure_decay"] * self.structure
        quality = 1.0 - p["fit_strength"] * (1.0 - (p["fit_floor"] + (1.0 - p["fit_floor"]) * self.purpose))
        if kept + built > 0.0:
            self.fit = (kept * self.fit + built * quality) / (kept + built)
        if p["upkeep_share"] > 0.0:
            worked = min(1.0, share / p["upkeep_share"])
        else:
            worked = 1.0 if share > 0.0 else 0.0
        self.fit += p["adaptability"] * worked * (quality - self.fit)
        for k in range(self.n_issues):
            if self.owner[k] is None:
                u = draw(self.seed_value, self.world, self.month, k, draws.OWNERSHIP)
                asked = self.partners[int(u[1] * len(self.partners))]
                if u[0] < p["assignment"] * self.structure * min(1.0, p["assignment_reach"] * share):
                    self.owner[k] = self.natural_owner[k]
                elif u[2] < p["volunteering"] * asked.alignment * asked.commitment:
                    self.owner[k] = asked
        self.structure = kept + built

    def meet(self):
        p, n = self.p, len(self.partners)
        called, told, changes = [0.0] * n, [0.0] * n, []
        for partner in self.partners:
            for e in range(int(p["meetings"])):
                u = draw(self.seed_value, self.world, self.month, partner.index, draws.ENCOUNTER + e)
                other = partner.whom_to_meet(u)
                changes.append((partner, other, partner.trust_change(other, triangular(u[2]))))
                changes.append((other, partner, other.trust_change(partner, triangular(u[3]))))
                called[partner.index] += partner.hears(other)
                told[other.index] += other.hears(partner)
        for one, other, change in changes:
            one.trust[other.index] += change
        for partner in self.partners:
            partner.trust = [clip(trust) for trust in partner.trust]
        talk = p["purpose_rate"] * (self.purpose_hours / self.total) * (1.0 + p["forum_effect"] * self.structure)
        for partner in self.partners:
            heard = called[partner.index] + told[partner.index]
            gained = talk * heard * partner.voice * (1.0 - partner.alignment)
            partner.alignment = clip(partner.alignment + gained - p["purpose_decay"] * partner.alignment)

    def reflect(self):
        p = self.p
        expectation = p["expected_ratio"] * self.alone_results * self.age / (self.age + p["patience"])
        leader_effort = self.leader.effort
        for partner in self.partners:
            partner.reflect(expectation, leader_effort)
        self.cycle_outcomes.append(self.outcome)
        self.cycle_expectations.append(expectation)
        self.age += 1
        return expectation

    def record(self, going, emphasis, expectation):
        p = self.p
        takes_part = [partner.effort > p["participation_threshold"] for partner in self.partners]
        large = [part for part, partner in zip(takes_part, self.partners, strict=True) if not partner.small]
        small = [part for part, partner in zip(takes_part, self.partners, strict=True) if partner.small]
        month = {
            "results": self.results,
            "outcome": self.outcome,
            "alone_outcome": self.alone_outcome,
            "expectation": expectation,
            "emphasis": emphasis,
            "structure": self.structure,
            "fit": self.fit,
            "purpose": self.purpose,
            "trust": self.mean(lambda partner: partner.mean_trust()),
            "commitment": self.mean(lambda partner: partner.commitment),
            "effort": self.mean(lambda partner: partner.effort) if going else p["own_effort"],
            "endorsed": self.mean(lambda partner: partner.endorsed),
            "owned": sum(owner is not None for owner in self.owner) / self.n_issues,
            "commitment_small": self.mean_of_small(lambda partner: partner.commitment),
            "burden": 0.0, "cost_shift": 0.0, "overloaded": 0.0, "laggards": 0.0,
            "participation": 0.0, "participation_large": 0.0, "participation_small": 0.0,
        }  # fmt: skip
        if going:
            month["burden"] = self.mean(lambda partner: partner.burden)
            month["cost_shift"] = self.mean(lambda partner: partner.cost_shift)
            overloaded = [partner.burden > p["overload_burden"] for partner in self.partners]
            month["overloaded"] = sum(overloaded) / len(overloaded)
            most = max(partner.effort for partner in self.partners)
            month["laggards"] = sum(2.0 * partner.effort < most for partner in self.partners) / len(self.partners)
            month["participation"] = sum(takes_part) / len(takes_part)
            month["participation_large"] = sum(large) / len(large) if large else 0.0
            month["participation_small"] = sum(small) / len(small) if small else 0.0
        self.history.append(month)


def needs(p, n_issues):
    """Weights as they are given, over their sum; or falling evenly."""
    weights = [p[f"need_{k + 1}"] for k in range(n_issues)]
    if any(weights):
        total = 0.0
        for weight in weights:
            total += weight
        return [weight / total for weight in weights]
    return [(n_issues - k) / (n_issues * (n_issues + 1) / 2) for k in range(n_issues)]


def seated(p, n):
    """For each partner: mean capacity, mean accountability, mean commitment, partnerships, and whether it is small."""
    sectors = []
    for s in range(1, 9):
        of = {name: p[f"sector_{s}_{name}"] for name in ("capacity", "accountability", "commitment", "partnerships")}
        sector = (
            of["capacity"], p["accountability"] + of["accountability"], p["commitment"] + of["commitment"],
            of["partnerships"] or p["partnerships"], bool(p[f"sector_{s}_small"]),
        )  # fmt: skip
        sectors += [sector] * int(p[f"sector_{s}_count"])
    if sectors:
        return sectors
    n_small = int(p["small_share"] * n + 0.5)
    large = (1.0, p["accountability"], p["commitment"], p["partnerships"], False)
    return [large] * (n - n_small) + [(p["small_capacity"], *large[1:4], True)] * n_small


def ordered_mean(numbers):
    total = 0.0
    for number in numbers:
        total += number
    return total / len(numbers)


def naive_run(values=None, setup="balanced", seed=0, world=0):
    """A whole run of the naive twin: one dictionary a month."""
    model = NaivePartnership(values, setup, seed, world)
    for _ in range(int(model.p["months"])):
        model.step()
    return model.history
