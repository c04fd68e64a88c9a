"""Checks the manifests: those of Kubernetes against its schemas, those of Agones against agones.schema.json.

Agones' custom resources have their schema in its Helm chart, which no package registry has. agones.schema.json is a reading of that
chart, limited to the fields that are used here; it refuses all others. Pods within a fleet are checked with Kubernetes' own schema.
"""

import json
from pathlib import Path

import jsonschema
import kubernetes_validate

from files import documents, finish

# The oldest version that still got corrections when this was written.
KUBERNETES = "1.34"
AGONES = json.loads((Path(__file__).parent / "agones.schema.json").read_text())
FILES = [
    "agones/fleet.yaml",
    "agones/fleetautoscaler.yaml",
    "agones/gameserverallocation.yaml",
    "agones/networkpolicy.yaml",
    "quilkin/kubernetes.yaml",
]


def kubernetes(manifest):
    try:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{'/'.join(map(str, error.path))}: {error.message}"


def agones(manifest):
    schema = {"$ref": f"#/$defs/{manifest['kind']}", "$defs": AGONES["$defs"]}
    for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest):
        yield f"{error.json_path}: {error.message}"
    if manifest["kind"] == "Fleet":
        pod = manifest["spec"]["template"]["spec"]["template"]
        yield from kubernetes({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "pod"}, "template": pod})


findings = []
for file in FILES:
    for manifest in documents(file):
        check = agones if "agones.dev/" in manifest["apiVersion"] else kubernetes
        findings += [f"{file}: {manifest['kind']}: {finding}" for finding in check(manifest)]
finish(findings)
