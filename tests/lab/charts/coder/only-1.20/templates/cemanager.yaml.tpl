{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cemanager
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.cemanager.replicas }}
  selector:
    matchLabels:
      app: cemanager
  template:
    metadata:
      labels:
        app: cemanager
        com.coder.resource: "true"
    spec:
      serviceAccountName: coder
      terminationGracePeriodSeconds: 300
      initContainers:
        - name: migrations
          image: {{ .Values.cemanager.image | quote }}
          command: ["coderd", "migrate", "up"]
          env:
            {{- include "coder.databaseEnv" . | nindent 12 }}
      containers:
        - name: cemanager
          image: {{ .Values.cemanager.image | quote }}
          command: ["coderd", "run"]
          ports:
            - name: tcp-cemanager
              containerPort: 8080
          env:
            - name: ACCESS_URL
              value: {{ .Values.cemanager.accessURL | quote }}
            - name: DEVURL_HOST
              value: {{ .Values.devurls.host | quote }}
            - name: ENVBOX_IMAGE
              value: {{ .Values.envbox.image | quote }}
            {{- include "coder.databaseEnv" . | nindent 12 }}
          readinessProbe:
            httpGet:
              path: /cem-healthz
              port: 8080
            initialDelaySeconds: 10
            periodSeconds: 10
            failureThreshold: 7
---
apiVersion: v1
kind: Service
metadata:
  name: cemanager
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  type: {{ .Values.serviceType }}
  selector:
    app: cemanager
  ports:
    - name: tcp-cemanager
      port: 8080
      targetPort: 8080
