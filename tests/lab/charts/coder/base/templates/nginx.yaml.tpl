{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- if include "coder.nginx" . }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: nginx-ingress-serviceaccount
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: nginx-ingress-clusterrole-{{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [configmaps, endpoints, nodes, pods, secrets]
    verbs: [list, watch]
  - apiGroups: [extensions, networking.k8s.io]
    resources: [ingresses, ingresses/status]
    verbs: [get, list, watch, update]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: nginx-ingress-clusterrole-nisa-binding-{{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
subjects:
  - kind: ServiceAccount
    name: nginx-ingress-serviceaccount
    namespace: {{ .Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: nginx-ingress-clusterrole-{{ .Release.Namespace }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ingress-nginx
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: ingress-nginx
  template:
    metadata:
      labels:
        app: ingress-nginx
    spec:
      serviceAccountName: nginx-ingress-serviceaccount
      terminationGracePeriodSeconds: 300
      containers:
        - name: nginx-ingress-controller
          image: quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0
          lifecycle:
            preStop:
              exec:
                command: [/wait-shutdown]
---
apiVersion: v1
kind: Service
metadata:
  name: ingress-nginx
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  selector:
    app: ingress-nginx
  ports:
    - name: http
      port: 80
      targetPort: 80
    - name: https
      port: 443
      targetPort: 443
    {{- if .Values.ssh.enable }}
    - name: ssh
      port: 22
      targetPort: 22
    {{- end }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web-ingress
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "coder.labels" . | nindent 4 }}
  annotations:
    kubernetes.io/ingress.class: nginx
    {{- with .Values.ingress.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- with .Values.ingress.tls }}
  {{- if .enable }}
  tls:
    - hosts: [{{ $.Values.ingress.host | quote }}]
      secretName: {{ .hostSecretName }}
    {{- if .devurlsHostSecretName }}
    - hosts: [{{ include "coder.devurlsHost" $ | quote }}]
      secretName: {{ .devurlsHostSecretName }}
    {{- end }}
  {{- end }}
  {{- end }}
  rules:
    - host: {{ .Values.ingress.host | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ include "coder.main" . }}
                port:
                  number: 8080
{{- end }}
