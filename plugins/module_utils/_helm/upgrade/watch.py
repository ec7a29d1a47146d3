# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a release's pods while helm waits for them: told line by line. Private to this collection."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.pods import is_ready

PAUSE_SECONDS = 3.0
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
#: Longest part of a log line or an event that is told.
WIDTH = 160


class Watch:
    """begun: init containers of new pods that were seen to run or to have run, as ``NAME of pod POD``."""

    def __init__(self, cluster: Cluster, namespace: str, selectors: list[dict[str, str]], tell: Callable[[str], None]):
        self.begun: dict[str, str] = {}
        self._cluster, self._namespace, self._selectors, self._tell = cluster, namespace, selectors, tell
        self._events: set[str] = set()
        with side_by_side.meanwhile(self._keep_warnings):
            self._before: set[str] = {pod["metadata"]["uid"] for pod in self._pods()}
        self._told = ""
        self.ended = threading.Event()

    def run(self) -> None:
        """Until it is ended. What cannot be seen for a moment is no error of the upgrade."""
        while not self.ended.wait(PAUSE_SECONDS):
            self.look_again()

    def look(self) -> None:
        new = [pod for pod in self._pods() if pod["metadata"]["uid"] not in self._before]
        self.begun.update(begun(new))
        lines = [line for pod in new for line in state(pod)]
        line = "; ".join(lines) or self._last_warning() or "no new pod yet"
        running = next(((pod, name) for pod in new for name in running_init(pod)), None)
        if running and (last := self._last_line(*running)):
            line = f"{line}: {last}"
        if line != self._told:
            self._told = line
            self._tell(line)

    def look_again(self) -> None:
        """For whoever has to tell why helm failed; what cannot be seen is no error of its own."""
        with contextlib.suppress(ClassicError):
            self.look()

    def _keep_warnings(self) -> None:
        """UIDs of those from before, which are not this upgrade's. Without the right to see them there are none to tell."""
        with contextlib.suppress(ClassicError):
            events = self._cluster.list("v1", "Event", self._namespace, metadata_only=True)
            self._events = {one["metadata"]["uid"] for one in events}

    def _pods(self) -> list[dict[str, Any]]:
        found = self._cluster.list("v1", "Pod", self._namespace)
        return [pod for pod in found if any(_matches(pod, one) for one in self._selectors)]

    def _last_warning(self) -> str:
        """The newest event that says why no pod comes: a quota, an admission webhook, a missing ServiceAccount."""
        path, query = f"/api/v1/namespaces/{self._namespace}/events", {"fieldSelector": "type=Warning"}
        events = self._cluster.request("GET", path, query=query)["items"]
        new = [one for one in events if one["metadata"]["uid"] not in self._events]
        newest = max(new, key=lambda one: str(one.get("lastTimestamp") or one.get("eventTime") or ""), default=None)
        return f"{newest.get('reason')}: {newest.get('message')}"[:WIDTH] if newest else ""

    def _last_line(self, pod: dict[str, Any], container: str) -> str:
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod['metadata']['name']}/log"
        try:
            text = self._cluster.text(path, {"container": container, "tailLines": "1"})
        except ClassicError:
            return ""
        return text.strip()[:WIDTH]


class Nobody:
    """In place of a Watch, where nothing is waited for."""

    def __init__(self) -> None:
        self.begun: dict[str, str] = {}

    def look_again(self) -> None:
        """Nothing."""


@contextlib.contextmanager
def watching(
    cluster: Cluster, namespace: str, rendered: list[dict[str, Any]], tell: Callable[[str], None]
) -> Iterator[Watch]:
    """Beside the block; rendered: entries of manifest.objects."""
    watch = Watch(cluster, namespace, selectors(rendered), tell)
    thread = threading.Thread(target=watch.run, name="watches pods", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.ended.set()
        thread.join(PAUSE_SECONDS)


def selectors(rendered: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Labels that the pods of the manifest's workloads have. Pure."""
    specs = [obj["document"].get("spec") or {} for obj in rendered if obj["kind"] in WORKLOADS]
    return [labels for spec in specs if (labels := (spec.get("selector") or {}).get("matchLabels"))]


def begun(pods: list[dict[str, Any]]) -> dict[str, str]:
    """``NAME of pod POD`` → running, ended well or failed, of each init container that has begun. Pure."""
    found = {}
    for pod in pods:
        for status in (pod.get("status") or {}).get("initContainerStatuses") or []:
            how = status.get("state") or {}
            ended = how.get("terminated") or (status.get("lastState") or {}).get("terminated")
            if "running" in how:
                found[f"{status['name']} of pod {pod['metadata']['name']}"] = "running"
            elif ended:
                well = ended.get("exitCode") == 0
                found[f"{status['name']} of pod {pod['metadata']['name']}"] = "ended well" if well else "failed"
    return found


def running_init(pod: dict[str, Any]) -> list[str]:
    statuses = (pod.get("status") or {}).get("initContainerStatuses") or []
    return [status["name"] for status in statuses if "running" in (status.get("state") or {})]


def state(pod: dict[str, Any]) -> list[str]:
    """What a person wants to know of a pod that is not ready yet; nothing of one that is. Pure."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    if is_ready(pod):
        return []
    for init in status.get("initContainerStatuses") or []:
        how = init.get("state") or {}
        if "running" in how:
            return [f"pod {name}: init container {init['name']} runs"]
        if (reason := (how.get("waiting") or {}).get("reason")) and reason != "PodInitializing":
            return [f"pod {name}: init container {init['name']} waits ({reason})"]
    for container in status.get("containerStatuses") or []:
        if reason := ((container.get("state") or {}).get("waiting") or {}).get("reason"):
            return [f"pod {name}: {reason}"]
    return [f"pod {name} is {status.get('phase') or 'Pending'}, not ready"]


def _matches(pod: dict[str, Any], labels: dict[str, str]) -> bool:
    return labels.items() <= (pod["metadata"].get("labels") or {}).items()
