FROM registry-warden-stand-in
# As the official image has them, of busybox; flock is in Debian's only beside it.
RUN for name in sh wget nc timeout tail head wc cat rm sleep mktemp touch; do ln -sf /usr/bin/busybox "/usr/local/bin/$name"; done \
 && ln -s /usr/bin/docker-registry /bin/registry
COPY registry.sh /entrypoint.sh
ENTRYPOINT ["/bin/sh", "/entrypoint.sh"]
CMD ["/etc/docker/registry/config.yml"]
