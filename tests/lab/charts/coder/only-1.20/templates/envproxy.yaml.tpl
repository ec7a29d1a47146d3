{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- $token := lookup "v1" "Secret" .Release.Namespace "built-in-envproxy-token" }}
apiVersion: v1
kind: Secret
metadata:
  name: built-in-envproxy-token
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
type: Opaque
data:
  {{- if $token }}
  token: {{ index $token.data "token" }}
  {{- else }}
  token: {{ randAlphaNum 32 | b64enc }}
  {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: envproxy
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.envproxy.replicas }}
  selector:
    matchLabels:
      app: envproxy
  template:
    metadata:
      labels:
        app: envproxy
        com.coder.resource: "true"
    spec:
      serviceAccountName: coder
      terminationGracePeriodSeconds: {{ .Values.envproxy.terminationGracePeriodSeconds }}
      containers:
        - name: envproxy
          image: {{ .Values.envproxy.image | quote }}
          command: ["coderd", "envproxy"]
          env:
            - name: ENVPROXY_ACCESS_URL
              value: {{ .Values.envproxy.accessURL | quote }}
            - name: CEMANAGER_ACCESS_URL
              value: {{ .Values.cemanager.accessURL | quote }}
            - name: ENVPROXY_TOKEN
              valueFrom:
                secretKeyRef:
                  name: built-in-envproxy-token
                  key: token
          readinessProbe:
            httpGet:
              path: /healthz
              port: 8080
            initialDelaySeconds: 30
            periodSeconds: 20
            failureThreshold: 12
---
apiVersion: v1
kind: Service
metadata:
  name: envproxy
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  type: {{ .Values.serviceType }}
  selector:
    app: envproxy
  ports:
    - name: http
      port: 8080
      targetPort: 8080
