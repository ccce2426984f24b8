/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv6 from the unspecified address: only a neighbour that asks whether its address is free may say
 * so (RFC 4862). lwIP answers all else to "::" and leaves the answer with a neighbour that is not
 * there, for good.
 */
#include "network/filter.h"

enum { KIND = 12, NEXT = 14 + 6, SOURCE = 14 + 8, ICMP_TYPE = 14 + 40 };
#define ICMP6        58
#define SOLICITATION 135

bool filter_passes(const uint8_t *frame, size_t size)
{
    if (frame[KIND] != 0x86 || frame[KIND + 1] != 0xdd)
        return true;
    for (unsigned i = 0; i < 16; i++) {
        if (frame[SOURCE + i] != 0)
            return true;
    }
    return frame[NEXT] == ICMP6 && frame[ICMP_TYPE] == SOLICITATION;
}
