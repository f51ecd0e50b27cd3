#!/bin/sh
# Of the official image's entry point, what compose/ rests on: templates are filled in, those in
# folders too, and what follows is run.
set -eu
templates=/etc/nginx/templates
names=$(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' | grep -E "${NGINX_ENVSUBST_FILTER:-.}" | sed 's/.*/${&}/' | tr '\n' ' ')
find "$templates" -name '*.template' | while read -r template; do
  output=/etc/nginx/conf.d/${template#"$templates"/}
  mkdir -p "$(dirname "$output")"
  envsubst "$names" <"$template" >"${output%.template}"
done
exec "$@"
