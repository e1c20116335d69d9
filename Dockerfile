# One image for the worker, the API and the demo's simulator; which one is the command.
# glibc, not Alpine: the Temporal SDK's native part needs it.

FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY .swcrc ./
COPY tools/build tools/build
COPY src src
RUN npm run build

FROM node:22-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without the optional ones: they are the embedded Postgres's programs, which a container never starts.
RUN npm ci --omit=dev --omit=optional

FROM node:22-bookworm-slim
# The SDK's native part takes its root certificates from the system, and the slim image has none.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE tributary.config.yaml ./
RUN mkdir /data && chown node:node /data
# Heap: 80% of a container of 1 GB (docker-compose.yml sets the limit; raise both together).
ENV NODE_ENV=production \
    NODE_OPTIONS="--max-old-space-size=800 --enable-source-maps --disable-warning=ExperimentalWarning" \
    HEALTH_URL=http://127.0.0.1:8080/health
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch(process.env.HEALTH_URL).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/worker/main.js"]
