{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- if .Values.coderd.satellite.enable }}
{{- $existing := lookup "v1" "Secret" .Release.Namespace "coder-replica-private-key" }}
apiVersion: v1
kind: Secret
metadata:
  name: coder-replica-private-key
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
type: Opaque
data:
  {{- if $existing }}
  privateKey: {{ index $existing.data "privateKey" }}
  {{- else }}
  privateKey: {{ genPrivateKey "ecdsa" | b64enc }}
  {{- end }}
{{- end }}
