"""Who sits at the naive twin's table, what people need, and how a month is recorded (`tests/reference.py`)."""

from __future__ import annotations


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


def recorded(model, going, emphasis, expectation):
    """The month as it is recorded."""
    p = model.p
    takes_part = [partner.effort > p["participation_threshold"] for partner in model.partners]
    large = [part for part, partner in zip(takes_part, model.partners, strict=True) if not partner.small]
    small = [part for part, partner in zip(takes_part, model.partners, strict=True) if partner.small]
    month = {
        "results": model.results,
        "outcome": model.outcome,
        "alone_outcome": model.alone_outcome,
        "expectation": expectation,
        "emphasis": emphasis,
        "structure": model.structure,
        "fit": model.fit,
        "purpose": model.purpose,
        "trust": model.mean(lambda partner: partner.mean_trust()),
        "commitment": model.mean(lambda partner: partner.commitment),
        "effort": model.mean(lambda partner: partner.effort) if going else p["own_effort"],
        "endorsed": model.mean(lambda partner: partner.endorsed),
        "owned": sum(owner is not None for owner in model.owner) / model.n_issues,
        "members": len(model.members()) / len(model.partners) if going else 0.0,
        "gap": model.gap,
        "alone_gap": model.alone_gap,
        "commitment_small": model.mean_of_small(lambda partner: partner.commitment),
        "burden": 0.0, "cost_shift": 0.0, "overloaded": 0.0, "laggards": 0.0,
        "participation": 0.0, "participation_large": 0.0, "participation_small": 0.0,
    }  # fmt: skip
    if going:
        month["burden"] = model.mean(lambda partner: partner.burden)
        month["cost_shift"] = model.mean(lambda partner: partner.cost_shift)
        overloaded = [partner.burden > p["overload_burden"] for partner in model.partners]
        month["overloaded"] = sum(overloaded) / len(overloaded)
        most = max(partner.effort for partner in model.partners)
        month["laggards"] = sum(2.0 * partner.effort < most for partner in model.partners) / len(model.partners)
        month["participation"] = sum(takes_part) / len(takes_part)
        month["participation_large"] = sum(large) / len(large) if large else 0.0
        month["participation_small"] = sum(small) / len(small) if small else 0.0
    month.update(answered(model, going, month["owned"]))
    return month


def answered(model, going, owned):
    """What those at the table answer on average to the six statements, and their score."""
    members = model.members() if going else []
    if not members:
        answers = [0.0] * 6
    else:
        endorsed = ordered_mean([partner.endorsed for partner in members])
        answers = [
            ordered_mean([partner.commitment for partner in members]),
            ordered_mean([partner.alignment for partner in members]),
            (endorsed + owned) / 2.0,
            model.trust,
            model.structure * model.fit,
            model.structure * model.p["monitoring"],
        ]
    total = 0.0
    for answer in answers:
        total += answer
    names = ("need", "purpose", "ownership", "trust", "arrangements", "learning")
    score = 35.0 + 140.0 * (total / 6.0) if members else 0.0
    return {**{f"pat_{name}": answer for name, answer in zip(names, answers, strict=True)}, "vichealth_score": score}
