{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- /* The release's own namespace, and each one that may hold workspaces: 1.21 drops the latter. */ -}}
{{- range $namespace := prepend .Values.namespaceWhitelist .Release.Namespace }}
{{- if eq $namespace $.Release.Namespace }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: coder
  namespace: {{ $namespace }}
  labels:
    {{- include "coder.labels" $ | nindent 4 }}
{{- end }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: environments
  namespace: {{ $namespace }}
  labels:
    {{- include "coder.labels" $ | nindent 4 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: coder
  namespace: {{ $namespace }}
  labels:
    {{- include "coder.labels" $ | nindent 4 }}
rules:
  - apiGroups: ["", "apps", "networking.k8s.io"]
    resources: [persistentvolumeclaims, pods, pods/exec, pods/log, deployments, services, secrets, events, networkpolicies]
    verbs: [create, get, list, watch, update, patch, delete, deletecollection]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: coder
  namespace: {{ $namespace }}
  labels:
    {{- include "coder.labels" $ | nindent 4 }}
subjects:
  - kind: ServiceAccount
    name: coder
    namespace: {{ $.Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: coder
{{- end }}
