#!/usr/bin/env bash
# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The update of the main deployment by hand, 1.20 to 1.21.7 and then serviceNext: what the vendor's guide says, corrected where it loses
# the ingress, as somebody who knows all that would write it down. The values for both steps are edited already (VALUES, VALUES_NEXT).
# The environment says everything: see updates.py.
set -euo pipefail

kubectl=("$KUBECTL" --kubeconfig "$PRIMARY_KUBECONFIG" -n coder)
helm=("$HELM" --kubeconfig "$PRIMARY_KUBECONFIG" -n coder)

upgrade() { # VALUES
  "${helm[@]}" upgrade coder coder --repo "$CHART_REPO" --version "$CHART_VERSION" --values "$1" --reset-values --atomic --wait \
    --timeout 30m >/dev/null
  "${kubectl[@]}" rollout status deployment/coderd --timeout=300s >/dev/null
}

answers() { # VERSION: Coder itself says that it is that one
  until curl -sS --cacert "$CODER_CA" -o /dev/null -D - "$CODER_URL/api" | tr -d '\r' | grep -qix "coder-version: $1"; do sleep 1; done
}

address() {
  "${kubectl[@]}" get services -o jsonpath='{.items[*].status.loadBalancer.ingress[*].ip}'
}

before=$(address)

echo "== the values as they are"
"${helm[@]}" get values coder -o yaml >"$WORK/exported.yaml"

echo "== to $CHART_VERSION, with the ingress protected from helm"
"${kubectl[@]}" annotate ingress web-ingress helm.sh/resource-policy=keep >/dev/null
upgrade "$VALUES"
"${kubectl[@]}" annotate ingress web-ingress helm.sh/resource-policy- >/dev/null
"${kubectl[@]}" get ingress web-ingress >/dev/null
answers "$CHART_VERSION"

echo "== to the layout serviceNext"
upgrade "$VALUES_NEXT"
answers "$CHART_VERSION"
[ "$(address)" = "$before" ] || { echo "the load balancer's address changed: $(address)" >&2; exit 1; }
