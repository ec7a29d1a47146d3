{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- if not .Values.coderd.satellite.enable }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: coder
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
    {{- with .Values.coderd.builtinProviderServiceAccount.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.coderd.builtinProviderServiceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
---
# Workspaces of the built-in provider run under this one.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: environments
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: coder
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
rules:
  - apiGroups: ["", "apps", "networking.k8s.io"]
    resources: [persistentvolumeclaims, pods, pods/exec, pods/log, deployments, services, secrets, events, networkpolicies]
    verbs: [create, get, list, watch, update, patch, delete, deletecollection]
  - apiGroups: [metrics.k8s.io, storage.k8s.io]
    resources: [pods, storageclasses]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: coder
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
subjects:
  - kind: ServiceAccount
    name: coder
    namespace: {{ .Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: coder
{{- end }}
