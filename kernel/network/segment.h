/* SPDX-License-Identifier: Apache-2.0 */
/* What the other end of a connection may say, and lwIP may believe. What lwIP itself asks is
 * declared in port/arch/cc.h. */
#pragma once

struct tcp_pcb;
/* A handshake is over. With segments of a few bytes a page would be more of them than a queue may
 * have, and of a window that was shut so far lwIP makes less at the first that is open: from here
 * on segments never become smaller. */
void segment_sizes(struct tcp_pcb *pcb);
