{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: envproxy
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.envproxy.replicas }}
  selector:
    matchLabels:
      app: envproxy
  template:
    metadata:
      labels:
        app: envproxy
        coder.deployment: envproxy
        com.coder.resource: "true"
    spec:
      serviceAccountName: coder
      terminationGracePeriodSeconds: {{ .Values.envproxy.terminationGracePeriodSeconds }}
      containers:
        - name: envproxy
          image: {{ .Values.envproxy.image | quote }}
          command: ["coderd", "envproxy"]
          ports:
            - name: http
              containerPort: 8080
            - name: ssh
              containerPort: 2222
          env:
            - name: ENVPROXY_ACCESS_URL
              value: {{ .Values.envproxy.accessURL | quote }}
            - name: ENVPROXY_CLUSTER_ADDRESS
              value: {{ .Values.envproxy.clusterAddress | quote }}
            - name: CEMANAGER_ACCESS_URL
              value: {{ .Values.cemanager.accessURL | quote }}
            - name: DEVURL_HOST
              value: {{ .Values.devurls.host | quote }}
            {{- /* In clear, on purpose: the product's chart has it so, in each of its states. */}}
            - name: CEMANAGER_TOKEN
              value: {{ required "envproxy.token must be given: the provider's creation answers it" .Values.envproxy.token | quote }}
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
    {{- include "provider.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    app: envproxy
  ports:
    - name: http
      port: 8080
      targetPort: 8080
    - name: ssh
      port: 2222
      targetPort: 2222
