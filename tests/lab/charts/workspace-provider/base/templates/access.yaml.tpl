{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: coder
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
    {{- with .Values.serviceAccount.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- include "provider.annotations" .Values.serviceAccount.annotations | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: coder
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
  {{- include "provider.annotations" dict | nindent 2 }}
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
    {{- include "provider.labels" . | nindent 4 }}
  {{- include "provider.annotations" dict | nindent 2 }}
subjects:
  - kind: ServiceAccount
    name: coder
    namespace: {{ .Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: coder
---
# Workspaces run under this one.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Release.Name }}-environments
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
  {{- include "provider.annotations" dict | nindent 2 }}
