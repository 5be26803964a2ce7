# One image for every role; what a container may do is decided by its command, its secrets and its networks.
FROM python:3.12-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/assay
COPY deploy/requirements.txt /tmp/requirements.txt
RUN /opt/assay/bin/pip install --require-hashes -r /tmp/requirements.txt

FROM python:3.12-slim
# no login shell, no home to write to
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin assay \
    && install -d -o assay -g assay -m 0700 /var/lib/assay
COPY --from=build /opt/assay /opt/assay
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY enrichment enrichment
COPY tasks tasks
COPY workers workers
RUN /opt/assay/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && /opt/assay/bin/python -m compileall -q /app /opt/assay
ENV PATH=/opt/assay/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER assay
VOLUME /var/lib/assay
ENTRYPOINT ["assay"]
CMD ["--help"]
