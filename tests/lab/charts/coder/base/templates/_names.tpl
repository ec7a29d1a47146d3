{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}

{{- /* The key alone decides: an empty `cemanager:` renames everything as well. */ -}}
{{- define "coder.main" -}}
{{- if hasKey .Values "cemanager" }}cemanager{{ else }}coderd{{ end }}
{{- end }}

{{- define "coder.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
com.coder.resource: "true"
{{- end }}
