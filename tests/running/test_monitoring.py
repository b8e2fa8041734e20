"""Dashboard, alerts and scrape of docs/running: every series that they name is one of ours."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it says nothing of its types

from server.edge.calls import CALLS
from server.metrics import METRICS, Metrics
from tests.running.examples import EXAMPLES
from tests.server.test_metrics import READINGS

OTHER_LABELS = {"le", "instance", "job"}
"""Labels that Prometheus adds."""


def samples() -> set[str]:
    """The names of all series that a server has, whether counted yet or not."""
    metrics = Metrics()
    metrics.read(READINGS)
    names = {sample.name for family in metrics.collect() for sample in family.samples}
    for metric in METRICS:
        suffixes = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        names |= {metric.name + suffix for suffix in suffixes}
    return names


def panels() -> list[dict[str, Any]]:
    """The dashboard's panels."""
    board = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
    found: list[dict[str, Any]] = board["panels"]
    return found


def rules() -> list[dict[str, Any]]:
    """The alerts."""
    groups = yaml.safe_load((EXAMPLES / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> Iterator[tuple[str, str]]:
    """Every query of the examples, with the place where it stands."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for rule in rules():
        yield rule["alert"], rule["expr"]


def named(query: str) -> set[str]:
    """The series that a query names: what is neither a function, a label nor a text."""
    bare = re.sub(r'"[^"]*"', "", query)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|ignoring|without)\s*\([^)]*\)", " ", bare)
    words = set(re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\w)(?!\s*\()", bare))
    return words - {"and", "or", "unless", "by", "on", "bool", "up"}


def labels(query: str) -> set[str]:
    """The labels that a query filters or groups by."""
    inside = re.findall(r"\{([^}]*)\}", query)
    groups = re.findall(r"\bby\s*\(([^)]*)\)", query)
    matched = [label for part in inside for label in re.findall(r"(\w+)\s*(?:=|!)", part)]
    return set(matched) | {label.strip() for group in groups for label in group.split(",")}


def test_the_queries_are_taken_apart_rightly() -> None:
    """Functions, labels, texts and spans are no series."""
    query = 'sum by (le) (rate(a_total{kind=~"b",x!="c"}[5m])) / on (d) max(e_bytes) > 0.05'

    assert (named(query), labels(query)) == ({"a_total", "e_bytes"}, {"le", "kind", "x"})


@pytest.mark.parametrize(("place", "query"), list(queries()), ids=lambda value: value[:40])
def test_a_query_names_only_what_is_there(place: str, query: str) -> None:
    """Series and labels."""
    known = {label for metric in METRICS for label in metric.labels} | OTHER_LABELS
    asked = named(query)

    assert asked or "up{" in query, place
    assert (asked - samples(), labels(query) - known) == (set(), set()), place


def test_every_metric_of_ours_is_looked_at() -> None:
    """On the dashboard or by an alert: what nobody looks at need not be counted."""
    asked = {name for _, query in queries() for name in named(query)}
    board = (EXAMPLES / "grafana-dashboard.json").read_text()

    assert [
        metric.name
        for metric in METRICS
        if not any(name.startswith(metric.name) for name in asked) and metric.name not in board
    ] == []


def test_a_panel_is_where_no_other_is() -> None:
    """Within Grafana's 24 columns."""
    places = [panel["gridPos"] for panel in panels()]
    squares = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(squares) == len(set(squares))
    assert max(x for x, _ in squares) < 24


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    """In words."""
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]


def test_every_alert_and_every_example_is_explained() -> None:
    """In the page about running it."""
    page = EXAMPLES.with_suffix(".md").read_text()
    examples = [path.name for path in EXAMPLES.iterdir()]

    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in page] == []
    assert [name for name in examples if f"(running/{name})" not in page] == []


def test_prometheus_asks_where_gutsy_answers() -> None:
    """And loads the alerts."""
    config = yaml.safe_load((EXAMPLES / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]

    assert (job["job_name"], job.get("metrics_path", "/metrics")) == ("gutsy", "/metrics")
    assert "/metrics" in [call.path for call in CALLS]
    assert [(EXAMPLES / name).exists() for name in config["rule_files"]] == [True]
