{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "coder.main" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  replicas: {{ include "coder.replicas" . }}
  selector:
    matchLabels:
      app: {{ include "coder.main" . }}
  template:
    metadata:
      labels:
        app: {{ include "coder.main" . }}
        com.coder.resource: "true"
    spec:
      terminationGracePeriodSeconds: 300
      {{- if not .Values.coderd.satellite.enable }}
      serviceAccountName: coder
      {{- end }}
      {{- with .Values.services.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if not .Values.coderd.satellite.enable }}
      initContainers:
        - name: migrations
          image: {{ include "coder.image" . | quote }}
          command: ["coderd", "migrate", "up"]
          env:
            {{- include "coder.databaseEnv" . | nindent 12 }}
      {{- end }}
      containers:
        - name: {{ include "coder.main" . }}
          image: {{ include "coder.image" . | quote }}
          command: ["coderd", "run"]
          ports:
            - name: tcp-{{ include "coder.main" . }}
              containerPort: 8080
            - name: tls-{{ include "coder.main" . }}
              containerPort: 8443
          env:
            - name: ACCESS_URL
              value: {{ include "coder.accessURL" . | quote }}
            - name: DEVURL_HOST
              value: {{ include "coder.devurlsHost" . | quote }}
            - name: ENVBOX_IMAGE
              value: {{ .Values.envbox.image | quote }}
            {{- if .Values.coderd.satellite.enable }}
            - name: CODER_PRIMARY_ACCESS_URL
              value: {{ .Values.coderd.satellite.primaryURL | quote }}
            - name: CODER_SATELLITE_ACCESS_URL
              value: {{ .Values.coderd.satellite.accessURL | quote }}
            - name: CODER_SATELLITE_PRIVATE_KEY
              valueFrom:
                secretKeyRef:
                  name: coder-replica-private-key
                  key: privateKey
            {{- else }}
            {{- include "coder.databaseEnv" . | nindent 12 }}
            {{- end }}
            {{- include "coder.versionEnv" . | nindent 12 }}
          readinessProbe:
            httpGet:
              path: /cem-healthz
              port: 8080
            initialDelaySeconds: 10
            periodSeconds: 10
            failureThreshold: 7
          {{- with .Values.coderd.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- /* The product's fault, kept: devurlsHostSecretName alone is a list without its key, broken YAML. */}}
          {{- if or .Values.certs.secret.name .Values.coderd.tls.hostSecretName }}
          volumeMounts:
          {{- end }}
            {{- if .Values.certs.secret.name }}
            - name: certs
              mountPath: /etc/ssl/certs/{{ .Values.certs.secret.key }}
              subPath: {{ .Values.certs.secret.key }}
            {{- end }}
            {{- if .Values.coderd.tls.hostSecretName }}
            - name: tls
              mountPath: /etc/ssl/certs/host
            {{- end }}
            {{- if .Values.coderd.tls.devurlsHostSecretName }}
            - name: devurls-tls
              mountPath: /etc/ssl/certs/devurls
            {{- end }}
      {{- if or .Values.certs.secret.name .Values.coderd.tls.hostSecretName }}
      volumes:
        {{- if .Values.certs.secret.name }}
        - name: certs
          secret:
            secretName: {{ .Values.certs.secret.name }}
        {{- end }}
        {{- if .Values.coderd.tls.hostSecretName }}
        - name: tls
          secret:
            secretName: {{ .Values.coderd.tls.hostSecretName }}
        {{- end }}
        {{- if .Values.coderd.tls.devurlsHostSecretName }}
        - name: devurls-tls
          secret:
            secretName: {{ .Values.coderd.tls.devurlsHostSecretName }}
        {{- end }}
      {{- end }}
