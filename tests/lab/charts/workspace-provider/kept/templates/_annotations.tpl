{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}

{{- /* Given an object's own annotations; this state of the chart keeps the object on uninstall. */ -}}
{{- define "provider.annotations" -}}
annotations:
  helm.sh/resource-policy: keep
  {{- with . }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
