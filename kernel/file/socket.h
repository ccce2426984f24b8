/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets. A socket receives into itself: a stream socket owns the ring of what its peer sent, a
 * message socket the list. socket.c has the file side and what all kinds share, stream.c and
 * message.c move data, socket_local.c and socket_inet.c know addresses and who may talk to whom.
 */
#pragma once
#include "file/attachment.h"
#include "file/ring.h"

#define SOCKET_NAME_MAX 128 /* struct sockaddr_storage */
struct socket_name {        /* a struct sockaddr as programs see it; size 0: none */
    uint32_t size;
    union {
        uint16_t family;
        uint8_t bytes[SOCKET_NAME_MAX];
    };
};

struct inet_address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint16_t port;     /* host order; 0: none */
};
struct packet_facts { /* what IP says of a datagram. To be sent: what its control messages gave */
    struct inet_address host; /* received: where it was sent to. To be sent: where from */
    uint32_t interface;       /* 0: any */
    uint8_t tos, ttl;
    bool has_host, has_tos, has_ttl;
};

struct socket_message { /* one send or receive */
    struct io *io;
    unsigned flags; /* MSG_* of the call */
    bool nonblocking;
    nanoseconds deadline;
    /* send: where to, or NULL. receive: filled with where from, or NULL */
    struct socket_name *name;
    /* send: taken over on success (NULL then). receive: the caller drops it */
    struct attachment *attachment;
    /* receive only */
    unsigned flags_out; /* MSG_TRUNC, MSG_CTRUNC */
    bool has_credentials;
    struct caller_credentials credentials;
    struct packet_facts packet; /* AF_INET, AF_INET6 */
    nanoseconds time;           /* receive: of day, when it arrived */
};

enum socket_state { SOCKET_FRESH, SOCKET_LISTENING, SOCKET_CONNECTING, SOCKET_CONNECTED };
enum { SHUT_RECEIVE = 1, SHUT_SEND = 2, SHUT_BOTH = 3 };
struct socket;

struct socket_ops {
    int (*bind)(struct socket *socket, const struct socket_name *name) MAY_SLEEP;
    int (*listen)(struct socket *socket);
    int (*connect)(struct socket *socket, const struct socket_name *name,
                   bool nonblocking) MAY_SLEEP;
    /* After `taken` was taken from the backlog. May be NULL. */
    void (*accepted)(struct socket *listener, struct socket *taken);
    void (*taken)(struct socket *socket); /* a stream's bytes were read. May be NULL */
    long (*send)(struct socket *socket, struct socket_message *message) MAY_SLEEP;
    long (*receive)(struct socket *socket, struct socket_message *message) MAY_SLEEP;
    unsigned (*poll)(struct socket *socket);
    size_t (*queued)(const struct socket *socket); /* sent, not arrived. NULL: stream_queued */
    int (*shutdown)(struct socket *socket, unsigned how);
    int (*name)(struct socket *socket, bool peer, struct socket_name *name); /* -ENOTCONN */
    int (*pair)(struct socket *a, struct socket *b);
    int (*set_option)(struct socket *socket, int level, int option, const void *value,
                      uint32_t size);
    int (*get_option)(struct socket *socket, int level, int option, void *value, uint32_t *size);
    long (*ioctl)(struct socket *socket, unsigned command, uintptr_t argument);
    void (*release)(struct socket *socket) MAY_SLEEP; /* closed: leaves all lists, tells the peer */
};

struct connection; /* socket_node.c */
struct local_part {
    struct socket_name name;
    struct connection *connection; /* NULL: the other end, if any, is on this node */
    struct inode *inode;           /* bound by path: inode->data points back here */
    struct list bound_link;        /* abstract names */
    struct list all_link;          /* every AF_UNIX socket: socket_collect.c */
    unsigned flights;              /* there, while it looks: attachments that hold it */
    bool reached;
    struct socket *reached_next;
};
struct inet_part {
    struct inet_address local, remote;
    struct list port_link; /* the table of ports, while local.port is set */
    bool only_v6, connect_pending, reset, port_asked, host_asked;
    bool full, starved;          /* wire: a sender was told to wait; for memory */
    uint32_t progress, since;    /* wire: what had arrived, and the tick of it */
    uint8_t peer_tos, peer_ttl;  /* of what the other end said first */
    struct list connecting_link; /* listener's `connecting`: its backlog was full */
    struct list connecting;
    void *wire;         /* network/: the other end is not on this node, or need not be */
    uint64_t told;      /* bytes of the stream that the wire knows to be read */
    int32_t *options;   /* NULL: all default */
    struct list groups; /* network/multicast.c: joined */
};

struct socket {
    const struct socket_ops *ops;
    unsigned count;    /* its file, its listener's backlog, sleepers on its queue */
    struct file *file; /* NULL: not accepted yet, or closed */
    int family, type, protocol;
    enum socket_state state;
    unsigned shutdown; /* SHUT_* */
    int error;         /* SO_ERROR: positive, told once */
    uint64_t number;
    struct wait_queue waits;
    struct socket *peer; /* the other end, datagram: default destination. Not counted: whoever
                            closes clears it */
    struct list peers, peer_link; /* datagram: those whose peer is this */
    bool peer_lost;               /* datagram: the default destination was closed */
    bool ended;                   /* TCP: the other end's FIN has come */
    /* received, not read */
    struct ring ring;
    uint64_t put, taken; /* stream positions, bytes since the start */
    struct list notes;   /* stream: attachments by position */
    unsigned note_count;
    struct list messages;
    size_t message_bytes;
    unsigned message_count;
    /* listening; a pending one stands in its listener's backlog */
    struct list backlog, backlog_link;
    unsigned backlog_count, backlog_max;
    struct socket *listener;
    /* options */
    uint64_t option_bits; /* bit n: on/off option number n of SOL_SOCKET */
    uint32_t send_size, receive_size, priority, mark;
    uint32_t device; /* SO_BINDTODEVICE: index of the interface; 0: any */
    int receive_low;
    int linger_on, linger_seconds;
    nanoseconds send_timeout, receive_timeout; /* 0: none */
    struct caller_credentials credentials, peer_credentials;
    union {
        struct local_part local;
        struct inet_part inet;
        uint32_t netlink_port;
    };
};

/* socket.c */
int socket_create(int family, int type, int protocol, unsigned flags,
                  struct file **file) MUST_CHECK;
int socket_create_pair(int family, int type, int protocol, unsigned flags,
                       struct file *files[2]) MUST_CHECK;
struct socket *socket_of(struct file *file); /* NULL: not a socket */
int socket_accept(struct file *file, unsigned flags, struct file **accepted) MUST_CHECK MAY_SLEEP;
int socket_listen(struct socket *socket, int backlog);
long socket_send(struct file *file, struct socket_message *message) MAY_SLEEP;
long socket_receive(struct file *file, struct socket_message *message) MAY_SLEEP;
int socket_set_option(struct socket *socket, int level, int option, const void *value,
                      uint32_t size);
int socket_get_option(struct socket *socket, int level, int option, void *value, uint32_t *size);

/* For the families. */
struct socket *socket_new(const struct socket_ops *ops, int family, int type,
                          int protocol) MUST_CHECK; /* count 1 */
static inline void socket_get(struct socket *socket)
{
    socket->count++;
}
void socket_put(struct socket *socket);
void socket_close(struct socket *socket) MAY_SLEEP; /* release, free what was received, put */
int socket_take_error(struct socket *socket);       /* 0 or -errno; forgets it */
bool socket_memory_is_short(size_t size); /* a program must not push the kernel into its reserve */
static inline bool socket_option_on(const struct socket *socket, int option)
{
    return (socket->option_bits >> option) & 1;
}
nanoseconds socket_deadline(nanoseconds timeout);
/* Sleeps on a queue; signals: restartable without a timeout, EINTR with one; -EAGAIN after the
 * deadline. */
int socket_wait(struct wait_queue *queue, nanoseconds deadline) MUST_CHECK MAY_SLEEP;
int socket_backlog_add(struct socket *listener, struct socket *pending); /* takes over one count */
bool socket_backlog_is_full(const struct socket *listener);

/* stream.c */
int stream_connect(struct socket *a,
                   struct socket *b) MUST_CHECK; /* rings for both, peers of each other; -ENOMEM */
/* Where both ends stand, the family checks. -EPIPE without a signal. */
long stream_send(struct socket *socket, struct socket_message *message) MAY_SLEEP;
long stream_receive(struct socket *socket, struct socket_message *message) MAY_SLEEP;
size_t stream_limit(const struct socket *socket); /* unread bytes that may stand at the peer */
bool stream_is_writable(const struct socket *socket);
bool stream_is_readable(const struct socket *socket); /* there is as much as SO_RCVLOWAT says */
/* Sent, and more than fits into what the other end receives into: SIOCOUTQ. */
size_t stream_queued(const struct socket *socket);
void stream_free(struct socket *socket);
long broken_pipe(const struct socket_message *message); /* SIGPIPE unless MSG_NOSIGNAL; -EPIPE */

/* socket_collect.c: sockets that are only held by each other's unread messages are found and
 * closed. */
void socket_collect(void) MAY_SLEEP;
/* Before descriptors are sent; enough are in flight to be worth a look. */
void socket_collect_if_due(void) MAY_SLEEP;
extern struct list local_sockets;

/* message.c */
struct message {
    struct list link;
    struct socket_name from;
    struct attachment *attachment;
    struct caller_credentials credentials;
    struct packet_facts packet;
    nanoseconds time; /* of day; only where SO_TIMESTAMP is on */
    size_t size;
    uint8_t bytes[];
};
#define MESSAGE_OVERHEAD 256 /* what one counts besides its bytes */
int message_create(struct socket_message *call, struct message **message) MUST_CHECK;
void message_push(struct socket *to, struct message *message); /* takes it over, wakes */
void message_free(struct message *message) MAY_SLEEP;
long message_receive(struct socket *socket, struct socket_message *call) MAY_SLEEP;
void messages_free(struct socket *socket) MAY_SLEEP;

/* socket_local.c, for socket_node.c */
int local_bind(struct socket *socket, const struct socket_name *name) MAY_SLEEP;
void local_unbind(struct socket *socket);
unsigned local_end_events(const struct socket *socket); /* of error and shutdown */

/* The families: ops for a type, or NULL with *error (-ESOCKTNOSUPPORT, -EPROTONOSUPPORT). */
const struct socket_ops *local_ops(int type, int protocol, int *error);
const struct socket_ops *inet_ops(int type, int *protocol, int *error);
const struct socket_ops *route_ops(int type, int protocol,
                                   int *error); /* AF_NETLINK: network/netlink.c */
/* network/interface.c. index: 0: none has this name. name: "" for 0. */
uint32_t interface_index(const char *name);
void interface_name(uint32_t index, char name[16]);
/* network/interface_call.c: ioctls of interfaces. -ENOTTY: not one of them. */
long interface_ioctl(unsigned command, uintptr_t argument);
