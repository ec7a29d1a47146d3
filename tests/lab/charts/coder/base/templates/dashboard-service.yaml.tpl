{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- if and (hasKey .Values "dashboard") (not .Values.coderd.satellite.enable) }}
apiVersion: v1
kind: Service
metadata:
  name: dashboard
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  type: {{ include "coder.servicesType" . }}
  selector:
    app: {{ include "coder.main" . }}
  ports:
    - port: 3000
      targetPort: 8080
{{- end }}
