# CPU image:  docker build -t penfield .
# CUDA image: docker build -t penfield-cuda --build-arg BASE=nvidia/cuda:13.0.1-devel-ubuntu24.04 --build-arg PRESET=cuda-release .
#   then      docker run --rm --gpus all -v "$PWD:/data" penfield-cuda run scenario.json
# Not tested as an image: its commands are, one by one.
ARG BASE=debian:bookworm
FROM ${BASE} AS build
ARG PRESET=cpu-release
WORKDIR /opt/penfield
COPY . .
RUN tools/build "${PRESET}" penfield && rm -rf /var/lib/apt/lists/* \
    && mkdir -p bin && cp "build/${PRESET}/penfield" bin/penfield \
    && mkdir -p lib && ldd bin/penfield | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' \
       | grep -vE '/(libc|libm|libmvec|libdl|librt|libpthread|libresolv|ld-linux[^/]*)\.so' | xargs -I{} cp -L {} lib/

FROM ${BASE}
COPY --from=build /opt/penfield/bin /opt/penfield/bin
COPY --from=build /opt/penfield/lib /opt/penfield/lib
COPY --from=build /opt/penfield/scenarios /opt/penfield/scenarios
COPY --from=build /opt/penfield/LICENSE /opt/penfield/LICENSE
ENV LD_LIBRARY_PATH=/opt/penfield/lib
WORKDIR /data
ENTRYPOINT ["/opt/penfield/bin/penfield"]
CMD ["--help"]
