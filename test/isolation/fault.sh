# SPDX-License-Identifier: Apache-2.0
# fault.sh NAME [MS]: asks this node's kernel for a fault, then waits for what comes.
usleep "${2:-0}000"
echo -n "fault $1" > /dev/hydros
sleep 1000
