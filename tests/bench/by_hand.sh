#!/usr/bin/env bash
# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The migration of a region by hand: what the vendor's guide says, corrected where it loses the region, as somebody who knows
# all that would write it down: helm, kubectl and curl, no questions back, no preflight, no second run.
# The environment says everything: see ways.py.
set -euo pipefail

coder() { # METHOD PATH [JSON]
  curl --fail-with-body -sS --cacert "$CODER_CA" -H "Session-Token: $CODER_TOKEN" -X "$1" "$CODER_URL$2" ${3:+--json "$3"}
}
pools=/api/private/resource-pools

echo "== the satellite"
"$HELM" upgrade --install coder-satellite coder --repo "$CHART_REPO" --version "$CHART_VERSION" \
  --kubeconfig "$SATELLITE_KUBECONFIG" --namespace coder-satellite --create-namespace \
  --set coderd.satellite.enable=true --set "coderd.satellite.accessURL=$SATELLITE_URL" \
  --set "coderd.satellite.primaryURL=$CODER_URL" --set coderd.serviceNext=true >/dev/null
"$KUBECTL" --kubeconfig "$SATELLITE_KUBECONFIG" -n coder-satellite rollout status deployment/coderd --timeout=300s

echo "== its registration, under the key that its cluster holds"
served=$(curl -sS --fail --retry 30 --retry-delay 1 --retry-all-errors --cacert "$CODER_CA" \
  "$SATELLITE_URL/api/private/satellites/key" | jq -r .key)
held=$("$KUBECTL" --kubeconfig "$SATELLITE_KUBECONFIG" -n coder-satellite get secret coder-replica-private-key \
  -o jsonpath='{.data.privateKey}' | base64 -d | openssl pkey -pubout)
[ "$(tr -d '\n' <<<"$served")" = "$(tr -d '\n' <<<"$held")" ] || { echo "another key is served" >&2; exit 1; }
coder POST /api/private/satellites "$(jq -n --arg key "$served" --arg name "$REGION" '{name: $name, public_key: $key}')" >/dev/null

work() { # PROVIDER KUBECONFIG
  local provider=$1 kubectl=("$KUBECTL" --kubeconfig "$2" -n coder) helm=("$HELM" --kubeconfig "$2" -n coder)
  local id off all
  id=$(coder GET $pools | jq -r --arg name "$provider" '.kubernetes[] | select(.name == $name).id')

  echo "== $provider: Networking v2"
  off=$(coder GET "$pools/$id/workspaces" | jq -r '.[] | select(.latest_stat.container_status == "OFF") | select(.name | endswith("-broken") | not).id')
  coder POST "$pools/$id/cordon" '{"reason": "moves to a satellite"}' >/dev/null
  coder PATCH "$pools/$id" '{"enable_net_v2": true}' >/dev/null # Coder rebuilds by itself what is on

  echo "== $provider: rebuilds"
  for one in $off; do coder PATCH "/api/v0/workspaces/$one" '{}' >/dev/null; done
  settled "$id"
  all=$(coder GET "$pools/$id/workspaces" | jq -r '.[] | select(.latest_stat.container_status == "ON").id')
  reach "$(head -n1 <<<"$all")"
  for one in $off; do coder PUT "/api/v0/workspaces/$one/stop" >/dev/null; done

  echo "== $provider: keep, sealed into the stored release"
  "${helm[@]}" get manifest coder-workspace-provider >"$WORK/$provider.yaml"
  "${helm[@]}" upgrade coder-workspace-provider workspace-provider --repo "$CHART_REPO" --version "$PROVIDER_CHART_VERSION" \
    --reuse-values --post-renderer "$PYTHON" \
    --post-renderer-args "$KEEP" --post-renderer-args "$WORK/$provider.yaml" >/dev/null
  [ "$("${helm[@]}" get manifest coder-workspace-provider | grep -c 'helm.sh/resource-policy.*keep')" = 4 ]

  echo "== $provider: envproxy off, and a soak"
  "${kubectl[@]}" scale deployment/envproxy --replicas=0 >/dev/null
  until [ -z "$("${kubectl[@]}" get pods -l coder.deployment=envproxy -o name)" ]; do sleep 1; done
  sleep "$SOAK_SECONDS"
  ready "$id"

  echo "== $provider: the old chart goes"
  "${helm[@]}" uninstall coder-workspace-provider >/dev/null
  "${kubectl[@]}" get serviceaccount/coder serviceaccount/coder-workspace-provider-environments role/coder rolebinding/coder >/dev/null
  ready "$id"
  coder POST "$pools/$id/uncordon" >/dev/null
}

settled() { # PROVIDER-ID: none of its workspaces is being built
  until coder GET "$pools/$1/workspaces" | jq -e 'map(.updating or .latest_stat.container_status == "CREATING") | any | not' >/dev/null; do
    sleep 1
  done
}

ready() { # PROVIDER-ID
  coder GET "$pools/$1" | jq -e '.status == "ready"' >/dev/null
}

reach() { # WORKSPACE-ID: it answers through the satellite
  local answer
  read -r answer < <(curl -siN --http1.1 --max-time 10 --cacert "$CODER_CA" -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
    -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' \
    "$SATELLITE_URL/api/private/envagent/$1/connect?session_token=$CODER_TOKEN")
  [[ $answer == *" 101 "* ]] || { echo "workspace $1 is not reachable through $SATELLITE_URL: $answer" >&2; exit 1; }
}

while read -r provider kubeconfig; do work "$provider" "$kubeconfig" </dev/null; done <<<"$PROVIDERS"
