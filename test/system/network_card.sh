# SPDX-License-Identifier: Apache-2.0
# A card that makes sums, cuts and puts together, as QEMU's has it on a tap of this host, in a network namespace of its own: what goes
# through all nodes over IPv4, IPv6 and the shared address comes whole, in few large frames, and also when the card's owner dies.
# LIMIT: 240
if [ "${1-}" != inside ]; then
    same=
    [ "$(id -u)" = 0 ] || same=-r
    if ! unshare $same -n ip tuntap add dev hydros mode tap 2> /dev/null; then
        echo "no tap for us on this host: nothing tested"
        exit 0
    fi
    exec unshare $same -n sh -u "$0" inside
fi
. test/system/common
. test/system/network_common
ip link set lo up
ip tuntap add dev hydros mode tap
ip addr add 10.0.2.1/24 dev hydros
ip link set hydros up
serve="/usr/bin/erl -noshell -pa /t -s network_test card_serve"
started "n2 has address" --nodes=3 --memory=1536M --option=on-death=stay --option=run="$serve" --option=shared-ip=10.0.2.100 \
    --option=ip@0=10.0.2.15/24 --option=ip@1=10.0.2.16/24 --option=ip@2=10.0.2.17/24 \
    --qemu=-netdev --qemu=tap,id=net,ifname=hydros,script=no,downscript=no --qemu=-device --qemu=virtio-net-pci,netdev=net
client "network_test:card($(ip -o link show hydros | cut -d: -f1))"
cat "$WORK/client"
# Frames of more than 1514 bytes: mean size, in and out, as this host counts them.
sed -n 's/^ *hydros: *//p' /proc/net/dev | awk '{ print "bytes of a frame:", int($1 / $2), int($9 / $10); exit !($1 > 2500 * $2 && $9 > 2500 * $10) }' ||
    fail "the card did not cut and join"
grep -c 'is driven by this node' "$WORK/out" | grep -qx 2 || fail "the card did not get another owner"
