{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: dashboard
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.dashboard.replicas }}
  selector:
    matchLabels:
      app: dashboard
  template:
    metadata:
      labels:
        app: dashboard
        com.coder.resource: "true"
    spec:
      containers:
        - name: dashboard
          image: {{ .Values.dashboard.image | quote }}
          ports:
            - containerPort: 3000
---
apiVersion: v1
kind: Service
metadata:
  name: dashboard
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  type: {{ .Values.serviceType }}
  selector:
    app: dashboard
  ports:
    - port: 3000
      targetPort: 3000
