{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}
{{- if .Values.ingress.useDefault }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: nginx-ingress-serviceaccount
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
---
# These API versions are gone from Kubernetes 1.22 on: on purpose, the product's chart has them.
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: ClusterRole
metadata:
  name: nginx-ingress-clusterrole-{{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [configmaps, endpoints, nodes, pods, secrets]
    verbs: [list, watch]
  - apiGroups: [extensions, networking.k8s.io]
    resources: [ingresses, ingresses/status]
    verbs: [get, list, watch, update]
---
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: ClusterRoleBinding
metadata:
  name: nginx-ingress-clusterrole-nisa-binding-{{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
subjects:
  - kind: ServiceAccount
    name: nginx-ingress-serviceaccount
    namespace: {{ .Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: nginx-ingress-clusterrole-{{ .Release.Namespace }}
---
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: Role
metadata:
  name: nginx-ingress-role
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [configmaps, pods, secrets, namespaces]
    verbs: [get, create, update]
---
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: RoleBinding
metadata:
  name: nginx-ingress-role-nisa-binding
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
subjects:
  - kind: ServiceAccount
    name: nginx-ingress-serviceaccount
    namespace: {{ .Release.Namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: nginx-ingress-role
---
{{- range list "custom-headers" "nginx-configuration" "tcp-services" "udp-services" }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ . }}
  namespace: {{ $.Release.Namespace }}
  labels:
    {{- include "provider.labels" $ | nindent 4 }}
---
{{- end }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-ingress-controller
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
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
          args:
            - /nginx-ingress-controller
            - --configmap={{ .Release.Namespace }}/nginx-configuration
            - --tcp-services-configmap={{ .Release.Namespace }}/tcp-services
            - --udp-services-configmap={{ .Release.Namespace }}/udp-services
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
    {{- include "provider.labels" . | nindent 4 }}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  {{- with .Values.ingress.loadBalancerIP }}
  loadBalancerIP: {{ . | quote }}
  {{- end }}
  selector:
    app: ingress-nginx
  ports:
    - name: http
      port: 80
      targetPort: 80
    - name: https
      port: 443
      targetPort: 443
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: web-ingress
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "provider.labels" . | nindent 4 }}
  annotations:
    kubernetes.io/ingress.class: nginx
spec:
  rules:
    - host: {{ .Values.ingress.host | quote }}
      http:
        paths:
          - path: /
            backend:
              serviceName: envproxy
              servicePort: 8080
    {{- with .Values.devurls.host }}
    - host: {{ . | quote }}
      http:
        paths:
          - path: /
            backend:
              serviceName: envproxy
              servicePort: 8080
    {{- end }}
{{- end }}
