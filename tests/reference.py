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
from tests.naive_month import needs, ordered_mean, recorded, seated
from tests.naive_partner import NaivePartner, clip, rounded, s_curve, saturate, triangular

STRUCTURE_MONTHS, PURPOSE_MONTHS = 3.465735902799726, 4.073158524426186  # as 7.0 gives them


class NaivePartnership(mesa.Model):
    """A partnership of naive partners; `step` is one month."""

    def __init__(self, values=None, setup="balanced", seed=0, world=0):
        super().__init__(rng=int(seed))
        self.p = resolve(values, setup)
        self.seed_value, self.world, self.month = seed, world, 0
        n, self.n_issues = int(self.p["n_partners"]), int(self.p["n_issues"])
        self.need = needs(self.p, self.n_issues)
        self.partners = [NaivePartner(self, i, sector) for i, sector in enumerate(seated(self.p, n))]
        common = self.priorities(0, draws.COMMON_AGENDA)
        for partner in self.partners:
            partner.draw_agenda(common)
        self.total = self.summed(lambda partner: partner.capacity)
        self.root_total = self.summed(lambda partner: sqrt(partner.capacity))
        self.mean_agenda = [
            self.summed(lambda partner, k=k: partner.capacity * partner.agenda[k]) / self.total
            for k in range(self.n_issues)
        ]
        self.sit_down()
        history = self.p["initial_purpose"]
        self.structure, self.fit = (
            self.p["initial_structure"],
            self.p["fit_floor"] + (1 - self.p["fit_floor"]) * history,
        )
        owned = int(self.p["initial_owned"] * self.n_issues + 0.5)
        self.owner = [self.natural_owner(k) if k < owned else None for k in range(self.n_issues)]
        self.outcome, self.alone_outcome, self.results = 0.0, 0.0, 0.0
        self.gap, self.alone_gap, self.turned = 0.0, 0.0, False
        self.since_reorganisation, self.focus = self.p["distraction_months"], 1.0
        self.take_stock()
        self.age, self.axed, self.worst_issue = 0, bool(self.p["alone"]), 0
        self.emphases = self.p["early_emphasis"], self.p["late_emphasis"], self.p["upkeep_emphasis"]
        self.cycles, self.cycle_outcomes, self.cycle_expectations = [], [], []
        self.alone_work = [
            self.issue_work(
                [
                    self.p["coordination_floor"] * (self.p["own_effort"] * it.capacity * it.agenda[k])
                    for it in self.partners
                ],
                k,
            )
            for k in range(self.n_issues)
        ]
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

    def members(self):
        return [partner for partner in self.partners if partner.at_table]

    def sit_down(self):
        """Seats, voice and load of those at the table, and who leads them."""
        members = self.members()
        small = [partner for partner in members if partner.small]
        self.core = 0.0
        for partner in members:
            self.core += partner.capacity
        self.leader = max(members, key=lambda partner: partner.capacity) if members else None
        under = small if self.p["umbrella"] else []
        self.seats = len(members) - len(small) + 1 if under else len(members)
        for partner in self.partners:
            partner.voice, partner.load_part = 1.0, 1.0
        for partner in under:
            partner.voice, partner.load_part = self.p["umbrella_fidelity"] / sqrt(len(small)), 1.0 / len(small)

    def natural_owner(self, k):
        return max(self.members(), key=lambda partner: partner.capacity * partner.agenda[k], default=None)

    def served(self, work, purpose):
        """How far work on an issue serves the worse off, and the others."""
        p = self.p
        d, r = p["worse_off_share"], 1.0 - p["inverse_care"] * (1.0 - p["equity_use"] * purpose)
        work *= self.focus
        return saturate(work * r, p["saturation"]), saturate(work * ((1.0 - d * r) / (1.0 - d)), p["saturation"])

    def results_of(self, works, purpose):
        """This month's results, the gap between groups, and how far each issue is served."""
        results, gap, all_served = 0.0, 0.0, []
        for need, work in zip(self.need, works, strict=True):
            worse, others = self.served(work, purpose)
            all_served.append(others + self.p["worse_off_share"] * (worse - others))
            results += need * all_served[-1]
            gap += need * (others - worse)
        return results, gap, all_served

    def take_stock(self):
        weighted, trust, members = 0.0, 0.0, self.members()
        for partner in members:
            weighted += partner.capacity * partner.alignment
            trust += partner.mean_trust()
        self.purpose = weighted / self.core if members else 0.0
        self.trust = trust / len(members) if members else 0.0

    # the month

    def step(self):
        going = not self.axed
        emphasis, expectation = 0.0, 0.0
        reorganised = self.reform()
        self.alone_results, alone_gap, _ = self.results_of(self.alone_work, 0.0)
        if going:
            self.disturb(reorganised)
            self.attend()
            self.take_stock()
            emphasis, setup_share, load = self.convene()
            worst_issue = self.contribute_and_deliver(emphasis, setup_share, load)
        else:
            self.results, self.results_gap = self.alone_results, alone_gap
        self.outcome += (self.results - self.outcome) / self.p["outcome_delay"]
        self.alone_outcome += (self.alone_results - self.alone_outcome) / self.p["outcome_delay"]
        self.gap += (self.results_gap - self.gap) / self.p["outcome_delay"]
        self.alone_gap += (alone_gap - self.alone_gap) / self.p["outcome_delay"]
        if going:
            self.build()
            self.meet()
            self.worst_issue = worst_issue
            self.take_stock()
            expectation = self.reflect()
        for partner in self.partners:
            partner.effort_sum += partner.effort if going else self.p["own_effort"]
        self.history.append(recorded(self, going, emphasis, expectation))
        if going and self.p["review_month"] == self.month + 1 and self.outcome < self.p["review_floor"]:
            self.axed = True
        self.month += 1

    def reform(self):
        """Whether a reorganisation comes this month; what it leaves of everyone's attention."""
        p = self.p
        comes = draw(self.seed_value, self.world, self.month, 0, draws.REORGANISATION)[0] < p["reorganisation_prob"]
        comes = comes or p["reorganisation_month"] == self.month + 1
        self.since_reorganisation = 0.0 if comes else self.since_reorganisation + 1.0
        self.focus = 1.0 - p["distraction"] * max(0.0, 1.0 - self.since_reorganisation / p["distraction_months"])
        return comes

    def disturb(self, reorganised):
        p = self.p
        for partner in self.partners:
            partner.maybe_turn_over()
        if reorganised:
            self.reorganise()
        if p["cycle_months"] and self.month > 0 and self.month % int(p["cycle_months"]) == 0:
            self.relaunch()

    def attend(self):
        p, back = self.p, self.outcome > self.alone_outcome
        for partner in self.partners:
            u = draw(self.seed_value, self.world, self.month, partner.index // 4, draws.ATTENDANCE)[partner.index % 4]
            if partner.at_table:
                if partner.commitment < p["exit_level"] and not p["mandated"] and u < p["exit_prob"]:
                    partner.leave()
            elif back and u < p["return_prob"]:
                partner.at_table = True
        self.sit_down()

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
        self.turned = False
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
            if p["gate"]:
                if early * self.structure + (1.0 - early) * self.purpose >= p["gate"]:
                    self.turned = True
                emphasis = late if self.turned else early
        entries = [(p[f"schedule_{s}_until"], p[f"schedule_{s}_emphasis"]) for s in range(1, 5)]
        if entries[0][0]:
            emphasis = ([entry for until, entry in entries if self.age < until] + [upkeep])[0]
        if p["responsiveness"]:
            emphasis = s_curve(p["responsiveness"] * (self.purpose - self.structure))
        talk = 1.0 - emphasis if setup_share > 0.0 else 0.0
        growth = 1.0 - p["load_growth"] + p["load_growth"] * self.seats / p["reference_seats"]
        load = (p["load_per_seat"] * self.structure + p["load_per_talk"] * talk) * growth
        return emphasis, setup_share, load

    def contribute_and_deliver(self, emphasis, setup_share, load):
        self.pooled = max(self.p["pooled_share"], self.p["authority"] * self.structure * self.fit)
        self.shifted = [
            partner.cost_shift * (partner.capacity / (self.core - partner.capacity))
            if partner.at_table and len(self.members()) > 1 else 0.0
            for partner in self.partners
        ]  # fmt: skip
        self.shifted_sum = 0.0
        for shifted in self.shifted:
            self.shifted_sum += shifted
        free = [partner.decide(load) for partner in self.partners]
        self.structure_hours, self.purpose_hours, work = 0.0, 0.0, []
        for hours in free:
            self.structure_hours += setup_share * hours * emphasis
            self.purpose_hours += setup_share * hours * (1.0 - emphasis)
            work.append(hours - setup_share * hours)
        outside = self.p["outside_share"] * self.total if self.age < self.p["outside_months"] else 0.0
        part = self.p["outside_emphasis"]
        self.structure_hours = self.structure_hours * self.focus + outside * part
        self.purpose_hours = self.purpose_hours * self.focus + outside * (1.0 - part)
        return self.deliver(work)

    def deliver(self, work):
        p, works, pooled = self.p, [], self.pooled
        for k, need in enumerate(self.need):
            ownership = p["ownership_effect"] * self.owner[k].commitment if self.owner[k] else 0.0
            floor = p["coordination_floor"]
            alone = (1.0 - ownership) * (1.0 - p["coordination_effect"] * self.structure * self.fit)
            alone *= 1.0 - p["relational_effect"] * self.purpose * self.trust
            coordination = floor + (1.0 - floor) * (1.0 - alone)
            aim = self.mean_agenda[k] + p["evidence_use"] * self.purpose * (need - self.mean_agenda[k])
            on_issue = []
            for partner, hours in zip(self.partners, work, strict=True):
                turned = p["allocation_effect"] * partner.alignment
                own = (1.0 - turned) * partner.agenda[k] + turned * aim
                joint = hours * ((1.0 - pooled) * own + pooled * aim)
                on_issue.append(coordination * joint + floor * (partner.own_work * partner.agenda[k]))
            works.append(self.issue_work(on_issue, k))
        self.results, self.results_gap, served = self.results_of(works, self.purpose)
        return served.index(min(served))

    def build(self):
        p, share = self.p, self.structure_hours / self.total
        built = min(1.0, STRUCTURE_MONTHS / p["structure_months"] * share) * (1.0 - self.structure)
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
                    self.owner[k] = self.natural_owner(k)
                elif asked.at_table and u[2] < p["volunteering"] * asked.alignment * asked.commitment:
                    self.owner[k] = asked
        self.structure = kept + built

    def meet(self):
        p, n = self.p, len(self.partners)
        called, told, changes = [0.0] * n, [0.0] * n, []
        for partner in self.partners:
            for e in range(int(p["meetings"])):
                u = draw(self.seed_value, self.world, self.month, partner.index, draws.ENCOUNTER + e)
                other = partner.whom_to_meet(u)
                if not (partner.at_table and other.at_table):
                    continue
                changes.append((partner, other, partner.trust_change(other, triangular(u[2]))))
                changes.append((other, partner, other.trust_change(partner, triangular(u[3]))))
                called[partner.index] += partner.hears(other)
                told[other.index] += other.hears(partner)
        for one, other, change in changes:
            one.trust[other.index] += change
        for partner in self.partners:
            partner.trust = [clip(trust) for trust in partner.trust]
        talk = (
            PURPOSE_MONTHS
            / p["purpose_months"]
            * (self.purpose_hours / self.total)
            * (1.0 + p["forum_effect"] * self.structure)
        )
        for partner in self.partners:
            heard = called[partner.index] + told[partner.index]
            open_to = 1.0 - p["goal_conflict"] * partner.distance()
            gained = talk * heard * partner.voice * open_to * (1.0 - partner.alignment)
            partner.alignment = clip(partner.alignment + gained - p["purpose_decay"] * partner.alignment)

    def reflect(self):
        p = self.p
        expectation = p["expected_ratio"] * self.alone_results * self.age / (self.age + p["patience"])
        leader_effort = self.leader.effort if self.leader else 0.0
        for partner in self.partners:
            partner.reflect(expectation, leader_effort)
        self.cycle_outcomes.append(self.outcome)
        self.cycle_expectations.append(expectation)
        self.age += 1
        return expectation


def naive_run(values=None, setup="balanced", seed=0, world=0):
    """A whole run of the naive twin: one dictionary a month."""
    model = NaivePartnership(values, setup, seed, world)
    for _ in range(int(model.p["months"])):
        model.step()
    return model.history
