#!/bin/bash
# nc -z HOST PORT, which Debian's busybox does not know: whether somebody listens there.
exec 3<>"/dev/tcp/$2/$3"
