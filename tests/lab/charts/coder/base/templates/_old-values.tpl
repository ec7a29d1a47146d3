{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}

{{- /* Both schemas are read, and where both are set the old name wins. */ -}}
{{- define "coder.image" -}}
{{- (default dict .Values.cemanager).image | default .Values.coderd.image }}
{{- end }}

{{- define "coder.replicas" -}}
{{- (default dict .Values.cemanager).replicas | default .Values.coderd.replicas }}
{{- end }}

{{- define "coder.accessURL" -}}
{{- (default dict .Values.cemanager).accessURL | default .Values.coderd.accessURL }}
{{- end }}

{{- define "coder.devurlsHost" -}}
{{- (default dict .Values.devurls).host | default .Values.coderd.devurlsHost }}
{{- end }}

{{- define "coder.servicesType" -}}
{{- .Values.serviceType | default .Values.services.type }}
{{- end }}

{{- define "coder.storageClassName" -}}
{{- .Values.storageClassName | default .Values.postgres.default.storageClassName }}
{{- end }}

{{- define "coder.timescaleImage" -}}
{{- (default dict .Values.timescale).image | default .Values.postgres.default.image }}
{{- end }}

{{- define "coder.builtinDatabase" -}}
{{- if hasKey .Values.postgres "useDefault" }}{{ if .Values.postgres.useDefault }}true{{ end }}
{{- else if .Values.postgres.default.enable }}true{{ end }}
{{- end }}
