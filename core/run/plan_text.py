"""The steps of a run beside those that are planned, in the same words everywhere."""


def steps_of_plan(steps: int, planned: int, between: str = " of ") -> str:
    """Return ``300 of 1,000``; ``1,500 · plan 1,000`` beyond the plan; ``300`` without one."""
    if not planned:
        return f"{steps:,}"
    return f"{steps:,}{between if steps <= planned else ' · plan '}{planned:,}"
