"""How long things took, in two figures."""

from collections.abc import Sequence

from loadtests.bench.measure import Figures


def latencies(took_ms: Sequence[float]) -> Figures:
    """The median and the 99th percentile, by the nearest rank."""
    ordered = sorted(took_ms)
    return {
        f"p{share}_ms": ordered[max(0, -(-len(ordered) * share // 100) - 1)] for share in (50, 99)
    }
