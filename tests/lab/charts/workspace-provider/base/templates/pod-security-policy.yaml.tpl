{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- if .Values.podSecurityPolicyName }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: coder-restricted
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
  {{- include "provider.annotations" dict | nindent 2 }}
rules:
  - apiGroups: [policy]
    resources: [podsecuritypolicies]
    verbs: [use]
    resourceNames: [{{ .Values.podSecurityPolicyName | quote }}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: coder-restricted
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
  {{- include "provider.annotations" dict | nindent 2 }}
subjects:
  - kind: ServiceAccount
    name: {{ .Release.Name }}-environments
    namespace: {{ .Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: coder-restricted
{{- end }}
