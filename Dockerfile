# One image for `serve` and `worker`: the compiled program, its workflow bundle, the packages of a release
# with their Node.js, the C++ library that these need, and `sync`, by which a worker makes small files
# durable. There is no shell in it.
#
#   docker build -t image-replicator .
#   docker run --read-only -v ./image-replicator.yaml:/etc/image-replicator/image-replicator.yaml:ro \
#     image-replicator serve
#
# To build from images of your own: BUILD_IMAGE has npm and /bin/sync, and RUNTIME_IMAGE has glibc, libstdc++
# and the certificates of authorities.
ARG BUILD_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm run --silent sbom >dist/sbom.cdx.json && npm prune --omit=dev --ignore-scripts

FROM ${RUNTIME_IMAGE}
COPY --from=build /bin/sync /usr/bin/sync
LABEL org.opencontainers.image.title="image-replicator" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
# A worker lives long and moves much: bin/image-replicator says why these bounds are there.
ENV MALLOC_ARENA_MAX=2 \
    NODE_ENV=production \
    IMAGE_REPLICATOR_CONFIG=/etc/image-replicator/image-replicator.yaml
USER 65532:65532
EXPOSE 9292
ENTRYPOINT ["/app/node_modules/.bin/node", "--max-semi-space-size=1", "/app/dist/src/cli/main.js"]
CMD ["serve"]
# Of the facade. A worker is asked by `health --worker`, if the configuration has `metrics`.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["/app/node_modules/.bin/node", "/app/dist/src/cli/main.js", "health"]
