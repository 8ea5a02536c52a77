# The image of couponbot: one static file on an empty base, with the certificates to trust and nobody to log in as.
# docker build --build-arg VERSION=v1.2.3 -t couponbot .

FROM --platform=$BUILDPLATFORM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=
ARG TARGETOS
ARG TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    GOOS=$TARGETOS GOARCH=$TARGETARCH CGO_ENABLED=0 go build -trimpath -buildvcs=false \
    -ldflags "-s -w -X github.com/coupontools/couponbot/cmd/internal/app.version=$VERSION" \
    -o /out/couponbot ./cmd/couponbot
# Files for people are written to /tmp on their way to Slack.
RUN mkdir -p /out/root/tmp && chmod 1777 /out/root/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/couponbot /couponbot
COPY --from=build /out/root/ /
COPY --from=build /src/LICENSE /src/NOTICE /src/cmd/internal/app/licenses.txt /licenses/
ENV LISTEN_ADDR=:8080
EXPOSE 8080
USER 65532:65532
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s --retries=3 \
    CMD ["/couponbot", "health"]
ENTRYPOINT ["/couponbot"]
CMD ["serve"]
