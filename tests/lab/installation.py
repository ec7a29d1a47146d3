# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs the fixture charts with the real helm, as an operator of Coder did it: Coder, and each provider."""

from __future__ import annotations

import subprocess
import threading

import yaml

from . import clusters, database, files, kube, primaries, processes, simulation, tls_secrets
from .charts.package import package_all
from .errors import LabError, Stopped
from .layout import NAMESPACE, PRIMARY, PRIMARY_RELEASE, PROVIDER_RELEASE, Layout
from .waiting import until

HELM_SECONDS = 180
INGRESSES = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses"


def package_charts(layout: Layout) -> dict[str, str]:
    """Fill the chart repository; answers chart key to .tgz."""
    packages = package_all(layout.programs["helm"], layout.state / "charts")
    return {key: str(path) for key, path in packages.items()}


def install(layout: Layout, cluster: str, charts: dict[str, str], config: dict, stop: threading.Event) -> None:
    """Install what belongs into a cluster. ``config``: the content of simulator.json."""
    if cluster == PRIMARY:
        install_primary(layout, charts, stop)
        return
    provider = next(one for one in config["providers"] if one["cluster"] == cluster)
    chart = charts[f"workspace-provider-{layout.provider_chart}"]
    values = provider_values(layout, cluster, provider["envproxy_token"])
    helm_install(layout, cluster, PROVIDER_RELEASE, chart, values, stop)
    if layout.kubernetes != "1.21":
        create_token_secret(layout, cluster)


def install_primary(layout: Layout, charts: dict[str, str], stop: threading.Event) -> None:
    """The main deployment, in the state that the lab is to begin with."""
    client = kube.connect(layout.kubeconfig(PRIMARY, "admin"))
    if layout.primary != primaries.NEW:
        tls_secrets.create(client, layout)
    if database.kind(layout.primary) == database.EXTERNAL:
        database.create_secret(client, layout)
    values = primaries.values(layout.primary, layout.coder_url, layout.ports["database"])
    first, *later = primaries.CHARTS[layout.primary]
    helm_install(layout, PRIMARY, PRIMARY_RELEASE, charts[first], values, stop)
    for chart in later:
        # As who knows that helm deletes an object whose API group changes: see the reference of the charts.
        keep_ingress(client, "keep")
        helm_install(layout, PRIMARY, PRIMARY_RELEASE, charts[chart], values, stop)
        keep_ingress(client, None)
    if layout.primary == primaries.CUSTOM:
        kube.create(client, INGRESSES, primaries.custom_ingress())


def keep_ingress(client: kube.Kube, policy: str | None) -> None:
    """Have helm keep the live ``web-ingress``, or no longer."""
    kube.merge(client, f"{INGRESSES}/web-ingress", {"metadata": {"annotations": {"helm.sh/resource-policy": policy}}})


def provider_values(layout: Layout, cluster: str, envproxy_token: str) -> dict:
    """Values of a provider, as the command that Coder's own CLI prints gives them (secret: the token)."""
    values = {
        "envproxy": {
            "token": envproxy_token,
            "accessURL": layout.listener_url(f"envproxy/{cluster}"),
            "clusterAddress": layout.server(cluster),
        },
        "cemanager": {"accessURL": layout.coder_url},
    }
    # The chart's default ingress uses APIs that were removed in Kubernetes 1.22.
    return values if layout.kubernetes == "1.21" else values | {"ingress": {"useDefault": False}}


def create_token_secret(layout: Layout, cluster: str) -> None:
    """A long-lived token for ServiceAccount ``coder``: from Kubernetes 1.24 on, none is made by itself."""
    metadata = {"name": "coder-token", "annotations": {"kubernetes.io/service-account.name": "coder"}}
    client = kube.connect(layout.kubeconfig(cluster, "admin"))
    body = {"metadata": metadata, "type": "kubernetes.io/service-account-token"}
    kube.create(client, f"/api/v1/namespaces/{NAMESPACE}/secrets", body)


def helm_install(layout: Layout, cluster: str, release: str, chart: str, values: dict, stop: threading.Event) -> None:
    """``helm upgrade --install``, without waiting for pods: ``wait_settled`` looks at the whole lab."""
    path = layout.folder(cluster) / f"{release}-values.yaml"
    files.write(path, yaml.safe_dump(values))
    name = f"{cluster}/helm"
    log = processes.log_path(layout.state, name)
    command = [
        layout.programs["helm"], "upgrade", "--install", release, chart,
        "--namespace", NAMESPACE, "--values", str(path),
        "--kubeconfig", str(layout.kubeconfig(cluster, "admin")), "--kube-context", cluster,
    ]  # fmt: skip
    running = processes.start(layout.state, name, command, helm_folders(layout))
    try:
        until(f"helm installs {release} in {cluster}", lambda: running.poll() is not None, stop, HELM_SECONDS)
    except (LabError, Stopped):
        processes.end([running])
        raise
    if running.returncode:
        lines = "\n".join(f"  | {line}" for line in files.tail(log))
        command_line = subprocess.list2cmdline(command)
        raise LabError(f"helm ended with {running.returncode}: {command_line}\nThe end of {log}:\n{lines}")


def helm_folders(layout: Layout) -> dict[str, str]:
    """helm's folders inside the lab's, so that the user's own stay as they are."""
    return {f"HELM_{kind}_HOME": str(layout.state / "helm" / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}


def wait_settled(layout: Layout, stop: threading.Event, seconds: float = 90) -> None:
    """Wait until every provider is ready, every workspace is as wanted, and every pod runs."""
    missing: list[str] = []
    clients = {cluster: kube.connect(layout.kubeconfig(cluster, "admin")) for cluster in layout.clusters}

    def look() -> bool:
        clusters.must_run(layout, simulation.PROCESS, simulation.CLOUD)
        state = simulation.control(layout, "GET", "/state")
        failed = [one["name"] for one in state["workspaces"] if one["container_status"] == "FAILED"]
        if failed:
            log = processes.log_path(layout.state, simulation.PROCESS)
            raise LabError(f"these workspaces could not be built: {', '.join(failed)}. See {log}")
        missing[:] = unsettled(state)
        for cluster, client in clients.items():
            pods = kube.pods(client)
            missing.extend(f"pod {pod} of {cluster} does not run" for pod, runs in pods.items() if not runs)
        return not missing

    until("the lab is settled", look, stop, seconds, every=0.3, explain=lambda: "\n".join(missing))


def unsettled(state: dict) -> list[str]:
    """What is not yet as it must be in the simulator's state (pure)."""
    problems = [] if state["entered"] else ["the users' address does not lead to the main deployment"]
    problems += [
        f"provider {provider['name']} is {provider['status']}: {provider['status_message']}"
        for provider in state["providers"]
        if provider["status"] != "ready"
    ]
    for workspace in state["workspaces"]:
        wanted = "ON" if workspace["name"].endswith(("-live", "-idle")) else "OFF"
        if workspace["container_status"] != wanted or workspace["updating"]:
            building = ", being built" if workspace["updating"] else ""
            problems.append(f"workspace {workspace['name']} is {workspace['container_status']}{building}, not {wanted}")
    return problems
