{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- if .Values.postgres.useDefault }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: timescale
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
---
apiVersion: v1
kind: Service
metadata:
  name: timescale
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    app: timescale
  ports:
    - port: 5432
      targetPort: 5432
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: timescale
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  serviceName: timescale
  replicas: 1
  selector:
    matchLabels:
      app: timescale
  template:
    metadata:
      labels:
        app: timescale
        com.coder.resource: "true"
    spec:
      serviceAccountName: timescale
      terminationGracePeriodSeconds: 120
      containers:
        - name: timescale
          image: {{ .Values.timescale.image | quote }}
          ports:
            - containerPort: 5432
          volumeMounts:
            - name: timescale-data
              mountPath: /var/lib/postgresql/data
  volumeClaimTemplates:
    - metadata:
        name: timescale-data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .Values.storageClassName }}
        storageClassName: {{ . | quote }}
        {{- end }}
        resources:
          requests:
            storage: {{ .Values.timescale.resources.requests.storage }}
{{- end }}
