FROM registry-warden-stand-in
COPY nginx.conf /etc/nginx/nginx.conf
COPY nginx.sh /docker-entrypoint.sh
COPY nc.sh /usr/local/bin/nc
RUN chmod 0755 /usr/local/bin/nc \
 && ln -sf /dev/stderr /var/log/nginx/error.log && ln -sf /dev/stdout /var/log/nginx/access.log
ENTRYPOINT ["/bin/sh", "/docker-entrypoint.sh"]
CMD ["nginx", "-g", "daemon off;"]
