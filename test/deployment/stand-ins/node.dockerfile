FROM registry-warden-stand-in
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
# Where a machine trusts more authorities than others do, npm has to, too.
COPY authorities.crt /usr/local/etc/authorities.crt
RUN echo cafile=/usr/local/etc/authorities.crt > /usr/local/etc/npmrc \
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
CMD ["node"]
