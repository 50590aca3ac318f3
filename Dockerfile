# The grader with everything it needs to run notebooks. Build it from the top of the repository:
#   docker build --tag notebook-grader .
# CPU-only torch, a third of the size, from the index that PyTorch publishes its builds on:
#   docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu --tag notebook-grader .
# For machines that only run notebooks (docs/cluster.md), the same without assignments and their solutions:
#   docker build --target worker --tag notebook-grader-worker .
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG TORCH_INDEX=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python -m venv --without-pip /opt/grader
COPY constraints.txt ./
# Torch and torchvision, which must be of one make, come from that index; what they need is resolved below,
# from the usual one.
RUN python -m pip --python /opt/grader/bin/python install --no-deps --constraint constraints.txt \
        ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch torchvision
COPY pyproject.toml ./
RUN python -c "import tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
        extras = p['optional-dependencies']; \
        print(*p['dependencies'], *(x for e in ('kernel', 'cluster', 'service') for x in extras[e]), \
        sep='\n')" > requirements.txt \
    && python -m pip --python /opt/grader/bin/python install --constraint constraints.txt \
        --requirement requirements.txt \
    && cp constraints.txt /opt/grader/ \
    # headers, protoc and self-tests: nothing here compiles, and nobody runs another package's tests
    && site=$(echo /opt/grader/lib/python3*/site-packages) \
    && rm -rf "$site/torch/include" "$site/torch/test" "$site/pandas/tests" \
    && find "$site/torch/bin" -type f ! -name torch_shm_manager -delete

# The grader by itself, so that a change of it is a small layer on top of the large one.
FROM build AS code
COPY README.md ./
COPY grader grader
COPY rubric rubric
RUN python -m pip --python /opt/grader/bin/python install --no-deps --prefix /opt/code . \
    && python -m pip --python /opt/grader/bin/python install --no-deps --prefix /opt/assignments ./rubric

FROM ${PYTHON_IMAGE} AS worker
# libseccomp writes the filters of the cage, and its security updates are wanted: no version is named
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libseccomp2 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* \
    && useradd --uid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin grader \
    && mkdir /work
COPY --from=build /opt/grader /opt/grader
COPY --from=code /opt/code /opt/grader
# HOME lies on the tmpfs that a read-only container needs anyway
ENV PATH=/opt/grader/bin:$PATH HOME=/tmp LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
# A folder mounted here is what relative paths mean; without one nothing can be written here, to be lost
# with the container.
WORKDIR /work
USER 10001:10001
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
ARG PYTHON_IMAGE
LABEL org.opencontainers.image.title="notebook-grader" \
      org.opencontainers.image.description="Grades deep-learning notebooks by what they really print" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}"
ENTRYPOINT ["grader"]
CMD ["--help"]

# The default: with the assignments.
FROM worker
COPY --from=code /opt/assignments /opt/grader
# not a worker's, which looks at its sandbox itself before it works
HEALTHCHECK --interval=10m --timeout=60s --start-period=30s CMD ["grader", "doctor"]
