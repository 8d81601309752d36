{{- define "replicator.labels" -}}
app.kubernetes.io/name: image-replicator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The labels that select the pods of a component: (list root "facade"). */}}
{{- define "replicator.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: image-replicator
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The name of a region's worker: names of regions may have letters and signs that Kubernetes refuses. */}}
{{- define "replicator.worker" -}}
{{- $safe := regexReplaceAll "[^a-z0-9-]" (lower .) "-" | trunc 30 | trimAll "-" -}}
{{- if eq $safe . }}worker-{{ $safe }}{{ else }}worker-{{ $safe }}-{{ . | sha256sum | trunc 6 }}{{ end -}}
{{- end }}

{{/* A size of Kubernetes or of the configuration, in whole MiB: (list key size). */}}
{{- define "replicator.mebibytes" -}}
{{- $size := toString (index . 1) -}}
{{- $form := "^([0-9]+([.][0-9]+)?) ?([KMGTk]i?)B?$" -}}
{{- if not (regexMatch $form $size) -}}
{{- fail (printf "%s: has to be a size such as 20Gi; got %q" (index . 0) $size) -}}
{{- end -}}
{{- $units := dict "k" 0.00095367431640625 "K" 0.00095367431640625 "Ki" 0.0009765625 -}}
{{- $units = merge $units (dict "M" 0.95367431640625 "Mi" 1.0 "G" 953.67431640625 "Gi" 1024.0) -}}
{{- $units = merge $units (dict "T" 953674.31640625 "Ti" 1048576.0) -}}
{{- $amount := regexReplaceAll $form $size "${1}" | float64 -}}
{{- mulf $amount (get $units (regexReplaceAll $form $size "${3}")) | floor | int64 -}}
{{- end }}

{{/*
The section `spool`, if there is a `workers.spoolSize`. Beside the parts, the disk has journals and folders. So
the spool may take 95 % of it: Kubernetes evicts a pod that uses more than its limit.
*/}}
{{- define "replicator.spool" -}}
{{- $disk := include "replicator.mebibytes" (list "workers.spoolSize" .Values.workers.spoolSize) | float64 -}}
{{- $room := mulf 0.95 $disk | floor | int64 -}}
{{- $default := dict "size" (printf "%dMiB" $room) -}}
{{- $spool := mergeOverwrite $default (default dict .Values.config.spool) (dict "path" "/var/spool/image-replicator") -}}
{{- if gt (include "replicator.mebibytes" (list "config.spool.size" $spool.size) | int64) $room -}}
{{- $advice := "leave it out, or make workers.spoolSize larger" -}}
{{- fail (printf "config.spool.size: %v is more than the %dMiB that workers.spoolSize (%v) has room for; %s" $spool.size $room .Values.workers.spoolSize $advice) -}}
{{- end -}}
{{- toYaml $spool -}}
{{- end }}

{{/* The configuration file: `config` of the values, and the settings that the chart decides. */}}
{{- define "replicator.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $api := mergeOverwrite (default dict $config.api) (dict "host" "0.0.0.0" "port" 9292) -}}
{{- if .Values.facade.tlsSecretName -}}
{{- $_ := set $api "tls" (dict "cert" "/etc/image-replicator/tls/tls.crt" "key" "/etc/image-replicator/tls/tls.key") -}}
{{- end -}}
{{- $_ := set $config "api" $api -}}
{{- if .Values.workers.spoolSize -}}
{{- $_ := set $config "spool" (include "replicator.spool" . | fromYaml) -}}
{{- end -}}
{{- if .Values.metrics.enabled -}}
{{- $_ := set $config "metrics" (dict "host" "0.0.0.0" "port" .Values.metrics.port) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* A pod: (dict "root" . "component" "facade" "args" (list ...) "settings" .Values.facade ...). */}}
{{- define "replicator.pod" -}}
{{- $root := .root -}}
{{- $settings := .settings -}}
metadata:
  labels:
    {{- include "replicator.selector" (list $root .component) | nindent 4 }}
    app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
  annotations:
    checksum/config: {{ include "replicator.config" $root | sha256sum }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $settings.terminationGracePeriodSeconds }}
  {{- with $root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: { type: RuntimeDefault }
  {{- with $settings.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $settings.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "replicator.selector" (list $root .component) | nindent 10 }}
  containers:
    - name: {{ .container }}
      image: "{{ $root.Values.image.repository }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}"
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: {{- toYaml .args | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      env:
        - { name: TEMPORAL_ADDRESS, value: {{ $root.Values.temporal.address | quote }} }
        - { name: TEMPORAL_NAMESPACE, value: {{ $root.Values.temporal.namespace | quote }} }
        {{- if $root.Values.temporal.tlsSecretName }}
        - { name: TEMPORAL_TLS, value: "true" }
        - { name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: /etc/image-replicator/temporal/tls.crt }
        - { name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: /etc/image-replicator/temporal/tls.key }
        - { name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/image-replicator/temporal/ca.crt }
        {{- end }}
        {{- with $root.Values.temporal.serverName }}
        - { name: TEMPORAL_TLS_SERVER_NAME, value: {{ . | quote }} }
        {{- end }}
        {{- with $root.Values.temporal.apiKeySecretName }}
        - name: TEMPORAL_API_KEY
          valueFrom: { secretKeyRef: { name: {{ . }}, key: apiKey } }
        {{- end }}
        {{- with $root.Values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $root.Values.secretEnvironments }}
      envFrom:
        {{- range . }}
        - secretRef: { name: {{ . }} }
        {{- end }}
      {{- end }}
      {{- if or (eq .container "facade") $root.Values.metrics.enabled }}
      ports:
        {{- if eq .container "facade" }}
        - { name: api, containerPort: 9292 }
        {{- end }}
        {{- if $root.Values.metrics.enabled }}
        - { name: metrics, containerPort: {{ $root.Values.metrics.port }} }
        {{- end }}
      {{- end }}
      {{- if eq .container "facade" }}
      {{- $scheme := ternary "HTTPS" "HTTP" (ne $root.Values.facade.tlsSecretName "") }}
      startupProbe:
        httpGet: { path: /healthz, port: api, scheme: {{ $scheme }} }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /healthz, port: api, scheme: {{ $scheme }} }
        periodSeconds: 10
        timeoutSeconds: 5
      readinessProbe:
        httpGet: { path: /readyz, port: api, scheme: {{ $scheme }} }
        periodSeconds: 5
        timeoutSeconds: 5
      {{- else if $root.Values.metrics.enabled }}
      livenessProbe:
        httpGet: { path: /healthz, port: metrics }
        initialDelaySeconds: 30
        periodSeconds: 10
        timeoutSeconds: 5
      # A new worker is ready when it polls and reaches its stores. Until then, an update does not go on.
      readinessProbe:
        httpGet: { path: /readyz, port: metrics }
        periodSeconds: 10
        timeoutSeconds: 5
      {{- end }}
      resources: {{- toYaml $settings.resources | nindent 8 }}
      volumeMounts:
        - { name: config, mountPath: /etc/image-replicator/image-replicator.yaml, subPath: image-replicator.yaml, readOnly: true }
        - { name: tmp, mountPath: /tmp }
        {{- if $root.Values.temporal.tlsSecretName }}
        - { name: temporal-tls, mountPath: /etc/image-replicator/temporal, readOnly: true }
        {{- end }}
        {{- if and (eq .container "facade") $root.Values.facade.tlsSecretName }}
        - { name: tls, mountPath: /etc/image-replicator/tls, readOnly: true }
        {{- end }}
        {{- if and (eq .container "worker") $root.Values.workers.spoolSize }}
        - { name: spool, mountPath: /var/spool/image-replicator }
        {{- end }}
        {{- range $index, $file := $root.Values.secretFiles }}
        - { name: secret-{{ $index }}, mountPath: {{ $file.mountPath | quote }}, readOnly: true }
        {{- end }}
        {{- with concat $root.Values.volumeMounts (default list $settings.volumeMounts) }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - { name: config, configMap: { name: {{ $root.Release.Name }}-config } }
    - { name: tmp, emptyDir: {} }
    {{- with $root.Values.temporal.tlsSecretName }}
    - { name: temporal-tls, secret: { secretName: {{ . }}, defaultMode: 0440 } }
    {{- end }}
    {{- if eq .container "facade" }}
    {{- with $root.Values.facade.tlsSecretName }}
    - { name: tls, secret: { secretName: {{ . }}, defaultMode: 0440 } }
    {{- end }}
    {{- end }}
    {{- if and (eq .container "worker") $root.Values.workers.spoolSize }}
    - { name: spool, emptyDir: { sizeLimit: {{ $root.Values.workers.spoolSize }} } }
    {{- end }}
    {{- range $index, $file := $root.Values.secretFiles }}
    - { name: secret-{{ $index }}, secret: { secretName: {{ $file.secretName }}, defaultMode: 0440 } }
    {{- end }}
    {{- with concat $root.Values.volumes (default list $settings.volumes) }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* A deployment and its disruption budget, from the same dict as a pod. */}}
{{- define "replicator.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels: {{- include "replicator.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  replicas: {{ .settings.replicas }}
  selector:
    matchLabels: {{- include "replicator.selector" (list .root .component) | nindent 6 }}
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template: {{- include "replicator.pod" . | nindent 4 }}
{{- if gt (int .settings.replicas) 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels: {{- include "replicator.labels" .root | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "replicator.selector" (list .root .component) | nindent 6 }}
{{- end }}
{{- end }}

{{/* The arguments of a worker, with those of Worker Versioning. */}}
{{- define "replicator.workerArgs" -}}
{{- $versioned := list -}}
{{- with .root.Values.workerDeployment }}{{ $versioned = list "--deployment" . }}{{ end -}}
{{- concat (list "worker") .args $versioned | toJson -}}
{{- end }}
