# The daemon as an image: docker build -t shared-lock .
# It needs an etcd: docker run -e SHARED_LOCK_ETCD_ADDR_LIST=http://10.0.0.1:2379 -p 8080:8080 -p 50051:50051 shared-lock
# How to run it in earnest: deployment/README.md.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No package needs its install script: what is compiled comes prebuilt.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY proto ./proto
COPY scripts ./scripts
COPY cmd ./cmd
COPY src ./src
# It also has the program compiled for this very Node.js.
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund
# Where the original's image has it too, which manifests name.
RUN mkdir links && ln -s ../../opt/shared-lock/bin/shared-lock links/shared-lock

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="shared-lock" \
      org.opencontainers.image.description="Leases, locks with fencing tokens and leader election over gRPC and HTTP, on etcd" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /opt/shared-lock
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/proto ./proto
COPY --from=build /build/dist ./dist
COPY bin ./bin
COPY --from=build /build/links /usr/bin/
COPY LICENSE ./
# etcd, always: with a store of its own, each container would be alone with its locks.
ENV NODE_ENV=production \
    SHARED_LOCK_STORAGE_TYPE=etcd \
    SHARED_LOCK_SERVER_HOST=0.0.0.0
# Nobody's: no name, no home, no file of its own. Nothing is written, so that the root can be read-only.
USER 65532:65532
EXPOSE 8080 50051
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["shared-lock", "health"]
ENTRYPOINT ["shared-lock"]
CMD ["serve"]
