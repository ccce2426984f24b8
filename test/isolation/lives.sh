# SPDX-License-Identifier: Apache-2.0
# lives.sh COUNT LIFE: waits until so many nodes run in that life, then says what is known. A node that is in no such
# life itself only waits for its death.
[ "$HYDROS_INCARNATION" = "$2" ] || sleep 1000
until [ "$(grep -c "^node [0-9]* state running incarnation $2 " /proc/hydros/nodes)" = "$1" ]; do usleep 50000; done
cat /proc/hydros/nodes
[ "$HYDROS_NODE" = 0 ] || sleep 1000
