{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}

{{- /*
What the cluster holds decides the layout at render time. "true" or empty. The Services that count as a sign of the old
layout differ by version: see "coder.oldServices" in _version.tpl.
*/ -}}
{{- define "coder.oldServiceExists" -}}
{{- $namespace := .Release.Namespace }}
{{- range splitList " " (include "coder.oldServices" .) }}
{{- if lookup "v1" "Service" $namespace . }}true{{ end }}
{{- end }}
{{- end }}

{{- define "coder.serviceNextLayout" -}}
{{- if .Values.coderd.serviceNext }}true
{{- else if eq (toString .Values.ingress.useDefault) "false" }}
{{- else if not (include "coder.oldServiceExists" .) }}true
{{- end }}
{{- end }}

{{- define "coder.nginx" -}}
{{- if and (include "coder.oldServiceExists" .) (not .Values.coderd.serviceNext) .Values.ingress.enable .Values.ingress.useDefault }}true{{ end }}
{{- end }}

{{- /* A load balancer that is already there keeps its name, and so its address. */ -}}
{{- define "coder.serviceName" -}}
{{- if and (include "coder.serviceNextLayout" .) (lookup "v1" "Service" .Release.Namespace "ingress-nginx") }}ingress-nginx
{{- else }}{{ include "coder.main" . }}
{{- end }}
{{- end }}
