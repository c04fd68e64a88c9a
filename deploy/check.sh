#!/bin/sh
# Checks the files of this folder with the tools that read them in use. README.md says which tool checks what.
#
#   deploy/check.sh            everything; fetches the tools into target/tools/deploy first (some 150 MB, from Debian and PyPI)
#   deploy/check.sh --quick    only what needs no download: the units with systemd-analyze
#
# PROMTOOL and DOCKER_COMPOSE name programs that are used instead of fetched ones, on systems that are not Debian.
# The exit status is 0 if nothing was found.
set -eu

cd "$(dirname "$0")/.."
tools=target/tools/deploy
work=target/deploy-check
passed=0
failed=0

# Runs a check, and shows its output if it fails.
check() {
    name=$1
    shift
    if "$@" > "$work/output" 2>&1; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        sed 's/^/     /' "$work/output"
        failed=$((failed + 1))
    fi
}

# Python packages of fixed versions and hashes, in an environment of their own.
fetch_python() {
    wanted=$(cksum < deploy/check/requirements.txt)
    if [ "$(cat "$tools/python/wanted" 2> /dev/null || true)" != "$wanted" ]; then
        echo "fetching Python packages into $tools/python"
        rm -rf "$tools/python"
        python3 -m venv "$tools/python"
        "$tools/python/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
            --only-binary :all: --requirement deploy/check/requirements.txt
        echo "$wanted" > "$tools/python/wanted"
    fi
}

# Programs of Debian's suite "testing", unpacked and not installed. apt checks the signatures. Debian's stable has a promtool
# that is too old for Prometheus 3.
fetch_debian() {
    if [ ! -f "$tools/debian/complete" ]; then
        echo "fetching promtool and docker-compose into $tools/debian"
        rm -rf "$tools/debian"
        mkdir -p "$tools/debian/lists/partial" "$tools/debian/cache/archives/partial" "$tools/debian/root"
        (
            cd "$tools/debian"
            : > status
            archive=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2> /dev/null |
                grep -v '^ *#' | grep -o '[a-z+]*://[^ ]*/debian/*\( \|$\)' | head -n 1)
            if [ -z "$archive" ]; then
                echo "apt's sources name no archive of Debian. Set PROMTOOL and DOCKER_COMPOSE instead." >&2
                exit 1
            fi
            echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive testing main" > sources.list
            set -- -qq -o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$PWD/lists" \
                -o Dir::State::status="$PWD/status" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=
            apt-get "$@" update
            apt-get "$@" download promtool docker-compose
            for package in *.deb; do dpkg -x "$package" root; done
            rm -rf ./*.deb lists cache
            : > complete
        )
    fi
}

# The units call a program that is not on this machine; verify wants it to exist.
units() {
    rm -rf "$work/units"
    mkdir -p "$work/units"
    for unit in deploy/systemd/*; do
        sed 's|^ExecStart=/opt/my-game/my-game-server.x86_64|ExecStart=/bin/true|' "$unit" > "$work/units/$(basename "$unit")"
    done
    # verify prints what it ignores, such as an unknown key, and returns 0.
    (cd "$work/units" && systemd-analyze verify --man=no my-game.service my-game@.service my-game.target) > "$work/verify" 2>&1 &&
        [ ! -s "$work/verify" ] || { cat "$work/verify"; return 1; }
}

# systemd's own measure of what a service could do, from 0 to 10, in tenths.
exposure() {
    systemd-analyze security --offline=true --no-pager --threshold=18 "$work/units/$1"
}

mkdir -p "$work"
if command -v systemd-analyze > /dev/null; then
    check "systemd units: systemd-analyze verify" units
    check "systemd units: exposure of my-game.service" exposure my-game.service
    check "systemd units: exposure of my-game@.service" exposure my-game@.service
else
    echo "left out: the systemd units, because there is no systemd-analyze"
fi

if [ "${1:-}" != "--quick" ]; then
    fetch_python
    if [ -z "${PROMTOOL:-}" ] || [ -z "${DOCKER_COMPOSE:-}" ]; then fetch_debian; fi
    promtool=${PROMTOOL:-$tools/debian/root/usr/bin/promtool}
    compose=${DOCKER_COMPOSE:-$tools/debian/root/usr/libexec/docker/cli-plugins/docker-compose}
    python=$tools/python/bin/python

    check "Dockerfile: hadolint" "$tools/python/bin/hadolint" --no-color --failure-threshold info deploy/Dockerfile
    check "docker-compose.yml: docker-compose config" env GRAFANA_PASSWORD=x "$compose" --file deploy/docker-compose.yml config --quiet
    for file in prometheus prometheus-kubernetes; do
        check "$file.yml: promtool check config" "$promtool" check config --lint=all --lint-fatal "deploy/prometheus/$file.yml"
    done
    check "rules.yml: promtool check rules" "$promtool" check rules --lint=all --lint-fatal deploy/prometheus/rules.yml
    check "rules.yml: promtool test rules" "$promtool" test rules deploy/prometheus/rules.test.yml
    check "Kubernetes and Agones: schemas" "$python" deploy/check/manifests.py
    check "the files agree with each other" "$python" deploy/check/agreement.py
    check "dashboard.json: the schema of Grafana's SDK" "$python" deploy/check/dashboard.py
    "$python" deploy/check/queries.py rules > "$work/dashboard-rules.yml"
    check "dashboard.json: its queries, promtool check rules" "$promtool" check rules "$work/dashboard-rules.yml"
    check "metrics: names and labels as in the code" "$python" deploy/check/queries.py names
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
