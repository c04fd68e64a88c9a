"""The queries of dashboard and alarms.

    queries.py rules    prints the dashboard's queries as rules, for promtool
    queries.py names    compares names and labels in all queries with those in the code that writes the metrics
"""

import json
import re
import sys

from files import code, dashboard, document, finish

CODE = ["rust/multiplayer/src/metrics.rs", "rust/multiplayer/src/metrics/*.rs", "rust/fleet/src/metrics/*.rs"]
# What Grafana puts in place of its variables.
VARIABLES = {"$__rate_interval": "1m", "$__range": "1h", "$job": "my-game", "$instance": ".*"}
# Metrics of Agones.
FOREIGN = {"agones_fleets_replicas_count"}


def shown():
    """The dashboard's queries."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            text = target["expr"]
            for variable, value in VARIABLES.items():
                text = text.replace(variable, value)
            if "$" in text:
                raise SystemExit(f"{panel['title']}: an unknown variable in {text}")
            yield panel["title"], text


def alarms():
    for group in document("prometheus/rules.yml")["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def rules():
    """The dashboard's queries as recording rules. JSON is YAML, too."""
    made = [{"record": f"dashboard:query_{number}", "expr": text} for number, (_, text) in enumerate(shown())]
    print(json.dumps({"groups": [{"name": "dashboard", "rules": made}]}, indent=1))


def names():
    strings = set(re.findall(r'"([a-z0-9_]+)"', code(*CODE)))
    known = {name for name in strings if name.startswith("enet_")}
    findings = []
    for title, text in [*shown(), *alarms()]:
        for name in re.findall(r"\b(?:enet|agones|quilkin)_[a-z_]+", text):
            base = re.sub(r"_(bucket|count|sum)$", "", name)
            if not {name, base} & (known | FOREIGN):
                findings.append(f"{title}: the code has no metric {name}")
        for label, values in re.findall(r'\b(reason|cause|queue)=~?"([^"]*)"', text):
            for value in values.split("|"):
                if value not in strings:
                    findings.append(f"{title}: the code has no {label} \"{value}\"")
    shown_text = " ".join(text for _, text in shown())
    findings += [f"the dashboard shows no {name}" for name in sorted(known) if name not in shown_text]
    finish(findings)


{"rules": rules, "names": names}[sys.argv[1]]()
