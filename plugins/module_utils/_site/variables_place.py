# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that say where everything is: the main deployment, a region, a provider. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._site.variable import (
    ALL,
    CHART,
    FLAG,
    MAPPING,
    NAMES,
    NUMBER,
    PATH,
    PROVIDER,
    REGION,
    TEXT,
    UID,
    URL,
    Variable,
)

KUBE_SYSTEM = "UID of that cluster's namespace `kube-system`"

PRIMARY = (
    Variable("coder_url", URL, ALL, "access URL of the main deployment", required=True),
    Variable(
        "coder_token", TEXT, ALL, "session token of a site manager", derived="environment `CODER_TOKEN`", secret=True
    ),
    Variable("coder_ca_path", PATH, ALL, "file with the authorities to trust", derived="the system's"),
    Variable("coder_primary_kubeconfig", PATH, ALL, "file with the access to the main deployment's cluster"),
    Variable("coder_primary_context", TEXT, ALL, "context in that file"),
    Variable("coder_primary_namespace", TEXT, ALL, "namespace of the main deployment", "coder"),
    Variable("coder_primary_cluster_uid", UID, ALL, KUBE_SYSTEM),
    Variable("coder_helm_binary", PATH, ALL, "Helm 3.13 or later, or Helm 4", "helm"),
    Variable(
        "coder_backup_dir",
        PATH,
        ALL,
        "where the objects of releases are written before anything is removed; it holds secrets. In AWX it has no default: "
        "a job's container ends with the job",
        derived="`backups` beside the inventory",
        written=True,
    ),
)

OF_REGION = (
    Variable("coder_region", TEXT, REGION, "the region's name, the same as the group's", derived="the group's name"),
    Variable("coder_satellite_name", TEXT, REGION, "the satellite in Coder", derived="`coder_region`"),
    Variable("coder_satellite_url", URL, REGION, "its access URL: the region's new address", required=True),
    Variable(
        "coder_satellite_ca_path", PATH, REGION, "file with the authorities to trust for it", derived="`coder_ca_path`"
    ),
    Variable(
        "coder_satellite_kubeconfig",
        PATH,
        REGION,
        "file with the access to the satellite's cluster",
        derived="the environment's",
    ),
    Variable("coder_satellite_context", TEXT, REGION, "context in that file", derived="the environment's"),
    Variable("coder_satellite_cluster_uid", UID, REGION, KUBE_SYSTEM),
    Variable(
        "coder_satellite_namespace", TEXT, REGION, "a namespace of its own, never a provider's", "coder-satellite"
    ),
    Variable("coder_satellite_release", TEXT, REGION, "the satellite's Helm release", "coder-satellite"),
    Variable(
        "coder_satellite_chart_ref", CHART, REGION, "the chart: its name in a repository, a file or a URL", "coder"
    ),
    Variable(
        "coder_satellite_chart_repo_url",
        URL,
        REGION,
        "the chart's repository; a chart that is a file or a URL takes none",
        derived="`https://helm.coder.com`",
    ),
    Variable(
        "coder_satellite_chart_version",
        TEXT,
        REGION,
        "the chart's version: the one of the main deployment",
        derived="as Coder answers",
    ),
    Variable(
        "coder_satellite_values",
        MAPPING,
        REGION,
        "Helm values, also as text in YAML; `coderd.satellite.*` is set over them",
        {},
        secret=True,
    ),
    Variable("coder_satellite_fingerprint", TEXT, REGION, "the key's fingerprint, where it is known beforehand"),
    Variable(
        "coder_satellite_ready_timeout",
        NUMBER,
        REGION,
        "seconds until its pods are ready and its address answers",
        600,
        least=1,
        most=86400,
    ),
)

OF_PROVIDER = (
    Variable("coder_provider_name", TEXT, PROVIDER, "the workspace provider in Coder", derived="the host's name"),
    Variable(
        "coder_provider_kubeconfig",
        PATH,
        PROVIDER,
        "file with the access to the provider's cluster",
        derived="the environment's",
    ),
    Variable("coder_provider_context", TEXT, PROVIDER, "context in that file", derived="the environment's"),
    Variable(
        "coder_provider_cluster_uid",
        UID,
        PROVIDER,
        KUBE_SYSTEM + ": whatever the context says, no other cluster is touched",
    ),
    Variable("coder_provider_namespace", TEXT, PROVIDER, "namespace of the provider and its workspaces", "coder"),
    Variable(
        "coder_provider_release",
        TEXT,
        PROVIDER,
        "its release of the chart `workspace-provider`",
        "coder-workspace-provider",
    ),
    Variable(
        "coder_provider_chart_ref",
        CHART,
        PROVIDER,
        "the chart that `update_provider.yml` installs: its name in a repository, a file or a URL",
        "workspace-provider",
    ),
    Variable(
        "coder_provider_chart_repo_url",
        URL,
        PROVIDER,
        "the chart's repository; a chart that is a file or a URL takes none",
        derived="`https://helm.coder.com`",
    ),
    Variable(
        "coder_provider_chart_version",
        TEXT,
        PROVIDER,
        "the chart's version",
        derived="that of the main deployment, as Coder answers",
    ),
    Variable(
        "coder_workspaces_leave",
        NAMES,
        PROVIDER,
        "workspaces that we do not rebuild, by name or id. Coder's own rebuild of running workspaces at the switch does "
        "not know this list",
        [],
    ),
    Variable(
        "coder_canary_workspace", TEXT, PROVIDER, "the workspace that is rebuilt first, alone", derived="chosen by us"
    ),
    Variable(
        "coder_external_connect",
        FLAG,
        PROVIDER,
        "whether the provider takes external connections",
        derived="as it is",
    ),
    Variable(
        "coder_provider_candidate_chart",
        PATH,
        PROVIDER,
        "a chart that you are about to upgrade the release to: refused where it would drop envproxy too early",
    ),
    Variable(
        "coder_shared_clusters",
        FLAG,
        PROVIDER,
        "several providers share this cluster, in different namespaces",
        False,
    ),
)
