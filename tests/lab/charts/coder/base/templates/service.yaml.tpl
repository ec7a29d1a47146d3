{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "coder.serviceName" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
  {{- with .Values.services.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    app: {{ include "coder.main" . }}
  {{- if include "coder.serviceNextLayout" . }}
  {{- range $key, $value := .Values.coderd.serviceSpec }}
  {{- if $value }}
  {{ $key }}: {{ toJson $value }}
  {{- end }}
  {{- end }}
  ports:
    - name: tcp-{{ include "coder.main" . }}
      port: 80
      targetPort: 8080
    - name: tls-{{ include "coder.main" . }}
      port: 443
      targetPort: 8443
  {{- else }}
  type: {{ include "coder.servicesType" . }}
  ports:
    - name: tcp-{{ include "coder.main" . }}
      port: 8080
      targetPort: 8080
    - name: tls-{{ include "coder.main" . }}
      port: 8443
      targetPort: 8443
  {{- end }}
