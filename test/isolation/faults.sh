# SPDX-License-Identifier: Apache-2.0
# faults.sh NAME...: asks this node's kernel for one fault after the other, some time apart, in its first life only.
if [ "$HYDROS_INCARNATION" = 1 ]; then
    for name; do usleep 300000; echo -n "fault $name" > /dev/hydros; done
fi
sleep 1000
