"""Reads the dashboard with Grafana's own SDK, and writes it again: whatever the SDK does not know is lost, and so found."""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from files import dashboard, finish


def losses(before, after, path):
    """Where the two differ. What `after` has in addition are defaults."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key not in after:
                if value is not None:
                    yield f"{path}/{key}: unknown to Grafana's SDK"
            else:
                yield from losses(value, after[key], f"{path}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after)):
            yield from losses(*pair, f"{path}/{index}")
    elif before != after:
        yield f"{path}: {before!r} became {after!r}"


def overlaps(panels):
    """Panels that cover each other, or leave the grid of 24 columns."""
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            if x >= 24:
                yield f"{panel['title']}: too wide"
                break
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"]:
                    yield f"{panel['title']} covers {other}"
                    return


register_default_plugins()
source = dashboard()
written = json.loads(JSONEncoder().encode(Dashboard.from_json(source)))
findings = list(losses(source, written, ""))
findings += overlaps(source["panels"])
ids = [panel["id"] for panel in source["panels"]]
if len(set(ids)) != len(ids):
    findings.append("two panels have the same id")
finish(findings)
