/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are no files: pipes, eventfd, timerfd, signalfd, epoll. Each *_create gives a file of
 * count 1 or -errno; the flags are the file's (O_NONBLOCK ...), checked by the system call.
 */
#pragma once
#include "file/file.h"

/* A sleep ended by a signal makes these calls repeat under SA_RESTART; the value of Linux's
 * ERESTARTSYS, which user_return resolves. */
#define RESTART_CALL 512
static inline int wait_restartable(struct wait_queue *queue, nanoseconds deadline)
{
    int error = wait_on(queue, deadline);
    return error == -4 /* EINTR */ ? -RESTART_CALL : error;
}
/* Wakes only if somebody waits: the usual case costs one comparison. */
static inline void wake_watchers(struct wait_queue *queue, unsigned events)
{
    if (!list_is_empty(&queue->waiters))
        wake_all(queue, events);
}
/* When the thing ends under its waiters: they are told and stand in no queue afterwards. */
void wait_queue_end(struct wait_queue *queue, unsigned events);
/* stat of something without an inode: mode, a number of its own. */
void anonymous_stat(struct linux_stat *stat, uint32_t mode, uint64_t number);
int64_t seek_nowhere(struct file *file, int64_t offset,
                     int whence); /* lseek succeeds and means nothing */
uint64_t anonymous_number(void);  /* the next one, never 0 */

/* pipe.c; linux/limits.h: PIPE_BUF 4096 */
int pipe_create(unsigned flags, struct file *ends[2]) MUST_CHECK; /* [0] reads, [1] writes */
long pipe_capacity(struct file *file);                            /* bytes; -EBADF: not a pipe */
/* F_SETPIPE_SZ: new capacity, -EBADF, -EINVAL, -EPERM, -EBUSY, -ENOMEM. */
long pipe_resize(struct file *file, uint64_t size);
void pipe_init(void); /* once at start: registers fifos */

/* eventfd.c */
int eventfd_create(uint32_t value, bool semaphore, unsigned flags, struct file **file) MUST_CHECK;

/* timerfd.c. Times as a program gives them: ns since the clock's zero, or from now. */
struct timerfd_setting {
    uint64_t interval, value; /* ns; value 0: disarmed */
};
int timerfd_create(int clock, unsigned flags, struct file **file) MUST_CHECK; /* -EINVAL: clock */
/* -EINVAL: not a timerfd. old may be NULL. */
int timerfd_set(struct file *file, bool absolute, const struct timerfd_setting *setting,
                struct timerfd_setting *old) MUST_CHECK;
int timerfd_get(struct file *file, struct timerfd_setting *setting) MUST_CHECK;

/* signalfd.c */
int signalfd_create(uint64_t set, unsigned flags, struct file **file) MUST_CHECK;
int signalfd_change(struct file *file, uint64_t set) MUST_CHECK; /* -EINVAL: not a signalfd */

/* epoll.c */
struct linux_epoll_event {
    uint32_t events;
    uint64_t data;
} __attribute__((packed));
int epoll_create(struct file **file) MUST_CHECK;
int epoll_change(struct file *file, int operation, int fd, struct file *target,
                 const struct linux_epoll_event *event) MUST_CHECK;
/* Up to max events to the program's array. Count, -EINVAL (no epoll), -EFAULT, -EINTR. */
long epoll_wait(struct file *file, user_addr events, int max,
                nanoseconds deadline) MUST_CHECK MAY_SLEEP;
void epoll_init(void); /* once at start */

/* What these files ask of the process that runs; defined in kernel/linux/event_caller.c. */
struct linux_siginfo;
struct caller_credentials {
    int32_t pid;
    uint32_t uid, gid;
};
void caller_broken_pipe(void); /* SIGPIPE to the running thread */
void caller_credentials(struct caller_credentials *credentials);
/* SCM_CREDENTIALS given by hand. */
bool caller_may_claim(const struct caller_credentials *credentials);
struct wait_queue *caller_signal_queue(void);
uint64_t caller_signals_pending(void);
int caller_signal_take(uint64_t set, struct linux_siginfo *info);
