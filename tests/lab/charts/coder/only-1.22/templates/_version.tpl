{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}

{{- define "coder.oldServices" }}ingress-nginx{{ end }}

{{- define "coder.versionEnv" -}}
{{- if .Values.coderd.superAdmin.passwordSecret.name -}}
- name: SUPER_ADMIN_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .Values.coderd.superAdmin.passwordSecret.name }}
      key: {{ .Values.coderd.superAdmin.passwordSecret.key }}
{{- end }}
{{- end }}
