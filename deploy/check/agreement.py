"""Compares values that stand in several files: ports, addresses, tokens, names, filters."""

import base64
import re

import yaml

from files import DEPLOY, code, document, documents, finish

findings = []


def agree(what, left, right):
    if left != right:
        findings.append(f"{what}: {left!r} and {right!r}")


def option(arguments, name):
    """The value of an option such as --port=1."""
    found = [word.split("=", 1)[1] for word in arguments if word.startswith(f"--{name}=")]
    return found[0] if found else None


def kind(file, name):
    (found,) = [manifest for manifest in documents(file) if manifest["kind"] == name]
    return found


compose = document("docker-compose.yml")
quilkin = document("quilkin/quilkin.yaml")
prometheus = document("prometheus/prometheus.yml")
fleet = kind("agones/fleet.yaml", "Fleet")
autoscaler = kind("agones/fleetautoscaler.yaml", "FleetAutoscaler")
allocation = kind("agones/gameserverallocation.yaml", "GameServerAllocation")
services = compose["services"]
servers = {name: service for name, service in services.items() if name.startswith("server")}
address = {name: service["networks"]["game"]["ipv4_address"] for name, service in {**servers, "quilkin": services["quilkin"]}.items()}

# Compose: the proxy's endpoints, its address, the targets of Prometheus, files that are mounted.
endpoints = [endpoint for cluster in quilkin["clusters"] for endpoint in cluster["endpoints"]]
agree(
    "endpoints of quilkin.yaml and servers of docker-compose.yml",
    sorted(endpoint["address"] for endpoint in endpoints),
    sorted(f"{address[name]}:{option(server['command'], 'port')}" for name, server in servers.items()),
)
for name, server in servers.items():
    agree(f"trusted proxy of {name}", option(server["command"], "trusted-proxy"), address["quilkin"])
targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in prometheus["scrape_configs"]}
agree(
    "targets of prometheus.yml and servers of docker-compose.yml",
    targets["my-game"],
    [f"{name}:{option(server['command'], 'metrics-port')}" for name, server in servers.items()],
)
for name, service in services.items():
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith(".") and not (DEPLOY / source).exists():
            findings.append(f"{name} mounts {source}, which does not exist")
provider = document("grafana/provisioning/dashboards/enet-rs.yml")["providers"][0]["options"]["path"]
mounted = [volume.split(":")[1] for volume in services["grafana"]["volumes"] if "dashboard.json" in volume]
agree("folder of the dashboard", [place.rsplit("/", 1)[0] for place in mounted], [provider])
published = [port for service in services.values() for port in service.get("ports", [])]
findings += [f"port {port} is open to everybody" for port in published if not port.endswith("/udp") and not port.startswith("127.0.0.1:")]

# Quilkin: the same filters on one machine and in a cluster, in the fields that Quilkin reads. It refuses others.
filters = quilkin["filters"]
clustered = kind("quilkin/kubernetes.yaml", "ConfigMap")["data"]["quilkin.yaml"]
agree("filters of quilkin.yaml and quilkin/kubernetes.yaml", yaml.safe_load(clustered)["filters"], filters)
unknown = set(quilkin) - {"version", "id", "filters", "clusters"}
unknown |= {key for item in filters for key in item} - {"name", "config"}
unknown |= {key for cluster in quilkin["clusters"] for key in cluster} - {"endpoints", "locality"}
unknown |= {key for endpoint in endpoints for key in endpoint} - {"address", "metadata"}
findings += [f"quilkin.yaml: unknown field {key}" for key in sorted(unknown)]
names = [item["name"].rsplit(".", 1)[1] for item in filters]
agree("order of the filters", names, ["LocalRateLimit", "Capture", "TokenRouter"])
suffix = filters[1]["config"]["suffix"]
agree("the token is taken off", suffix["remove"], True)

# Tokens have the length that Capture takes, and no two servers have the same.
tokens = [token for endpoint in endpoints for token in endpoint["metadata"]["quilkin.dev"]["tokens"]]
tokens += allocation["spec"]["metadata"]["annotations"]["quilkin.dev/tokens"].split(",")
for token in tokens:
    agree(f"length of the token {token}", len(base64.b64decode(token, validate=True)), suffix["size"])
agree("tokens are different", len(set(tokens)), len(tokens))

# Agones: names, ports, and the health that AgonesRs reports.
name = fleet["metadata"]["name"]
agree("name of the fleet in fleetautoscaler.yaml", autoscaler["spec"]["fleetName"], name)
agree("name of the fleet in gameserverallocation.yaml", allocation["spec"]["selectors"][0]["matchLabels"]["agones.dev/fleet"], name)
server = fleet["spec"]["template"]["spec"]
pod = server["template"]
container = pod["spec"]["containers"][0]
agree("container of the game", server["container"], container["name"])
agree("port of the game", str(server["ports"][0]["containerPort"]), option(container["args"], "port"))
agree("first port's protocol", server["ports"][0]["protocol"], "UDP")
metrics = [port["containerPort"] for port in container["ports"] if port["name"] == "metrics"]
agree("port of the metrics", [str(port) for port in metrics], [option(container["args"], "metrics-port")])
period = int(re.search(r"health_period: Duration::from_secs\((\d+)\)", code("rust/fleet/src/agones.rs", "rust/fleet/src/agones/*.rs"))[1])
if server["health"]["periodSeconds"] < 2 * period:
    findings.append(f"periodSeconds is less than two reports of AgonesRs, which come every {period} seconds")

# Prometheus in a cluster looks for labels that the pods have.
quilkin_pod = kind("quilkin/kubernetes.yaml", "Deployment")["spec"]["template"]
for job in document("prometheus/prometheus-kubernetes.yml")["scrape_configs"]:
    wanted = {rule["source_labels"][0]: rule["regex"] for rule in job["relabel_configs"] if rule.get("action") == "keep"}
    label = wanted.get("__meta_kubernetes_pod_label_app_kubernetes_io_name")
    target = {"my-game": pod, "quilkin": quilkin_pod}.get(job["job_name"])
    if target:
        agree(f"label of the job {job['job_name']}", label, target["metadata"]["labels"]["app.kubernetes.io/name"])
        ports = [port["name"] for port in target["spec"]["containers"][0]["ports"]]
        if wanted["__meta_kubernetes_pod_container_port_name"] not in ports:
            findings.append(f"no port of {job['job_name']} has the name that prometheus-kubernetes.yml looks for")

# Each pod has a policy with exactly its ports, and only those of UDP are open to everybody.
policies = {policy["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/name"]: policy["spec"] for policy in documents("agones/networkpolicy.yaml")}
for name, ports in {
    pod["metadata"]["labels"]["app.kubernetes.io/name"]: server["ports"] + container["ports"],
    "quilkin": quilkin_pod["spec"]["containers"][0]["ports"],
}.items():
    allowed = [(rule, port) for rule in policies.pop(name)["ingress"] for port in rule["ports"]]
    agree(
        f"ports of the policy {name}",
        sorted((port["protocol"], port["port"]) for _, port in allowed),
        sorted((port["protocol"], port["containerPort"]) for port in ports),
    )
    findings += [f"the policy {name} opens port {port['port']} to everybody" for rule, port in allowed if port["protocol"] != "UDP" and "from" not in rule]
agree("policies without a pod", sorted(policies), [])

# The image has the port that everything else names.
image = (DEPLOY / "Dockerfile").read_text()
agree("EXPOSE of the Dockerfile", re.findall(r"^EXPOSE (\d+)/udp$", image, re.M), [option(container["args"], "port")])
program = re.search(r'"/game/([^"]+)"', image)[1]
for unit in sorted((DEPLOY / "systemd").glob("*.service")):
    if f"/opt/my-game/{program}" not in unit.read_text():
        findings.append(f"{unit.name} starts another program than the Dockerfile")
finish(findings)
