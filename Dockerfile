# syntax=docker/dockerfile:1.7
# Two stages: one compiles, the other holds the binary and nothing to build with.
FROM rust:1.95.0-slim-bookworm AS build
ARG SOURCE_DATE_EPOCH=0
ENV SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH CARGO_INCREMENTAL=0
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    infra/container/compile.sh /out

FROM debian:12.11-slim
RUN groupadd --system --gid 10001 onsale \
    && useradd --system --uid 10001 --gid onsale --home-dir /nonexistent --shell /usr/sbin/nologin onsale
# For TLS to the cache and the payment provider.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/onsale /usr/local/bin/onsale
COPY infra/container/health.sh /usr/local/bin/onsale-health
USER 10001:10001
ENV ONSALE_LISTEN=0.0.0.0:8080 ONSALE_LOG_FORMAT=json
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/onsale-health"]
ENTRYPOINT ["/usr/local/bin/onsale"]
CMD ["serve"]
