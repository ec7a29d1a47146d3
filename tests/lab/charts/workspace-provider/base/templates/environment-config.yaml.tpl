{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- /* Never kept on uninstall, in no state of the chart. */ -}}
{{- with .Values.environments.tolerations }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: ce-environment-config
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "provider.labels" $ | nindent 4 }}
data:
  tolerations: {{ toJson . | quote }}
{{- end }}
