FROM registry-warden-stand-in
RUN useradd --system --uid 999 --home-dir /var/lib/mysql mysql \
 && mkdir -p /var/lib/mysql && chown mysql:mysql /var/lib/mysql
COPY mysql.sh /entrypoint.sh
ENTRYPOINT ["/bin/bash", "/entrypoint.sh"]
CMD ["mysqld"]
