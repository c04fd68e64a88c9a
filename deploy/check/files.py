"""Reads the files of the folder deploy/."""

import json
import os
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parent.parent
# The tree with the code. Another one may have it, while several branches are in work.
SOURCES = Path(os.environ.get("ENET_SOURCES", DEPLOY.parent))


def documents(name):
    """All YAML documents of a file."""
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def document(name):
    """The YAML document of a file that has one."""
    (only,) = documents(name)
    return only


def dashboard():
    return json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())


def code(*patterns):
    """The text of all source files that match."""
    files = [path for pattern in patterns for path in sorted(SOURCES.glob(pattern))]
    if not files:
        raise SystemExit(f"{SOURCES} has no {' or '.join(patterns)}: the code has moved, or is on another branch (set ENET_SOURCES)")
    return "\n".join(path.read_text() for path in files)


def finish(findings):
    """Prints what was found, and ends the process."""
    for finding in findings:
        print(finding)
    raise SystemExit(1 if findings else 0)
