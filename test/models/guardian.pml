/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guardian protocol: kernel/node/election.c:claim_look and kernel/node/guardian.c:guard, with N
 * nodes. DEATHS times a node dies, between any two steps of anybody. SLOW times a node that still
 * runs is taken for dead, and goes on, as a zombie, until its core is stopped.
 *
 * What must hold:
 *  - nobody writes into the partition of a core that runs, and no two at once into one partition;
 *  - a core is started only by who has written its partition, and only while it is stopped;
 *  - when all has come to rest, no node is dead while another lives.
 *
 * Left out: whose turn it is (here: anybody's at any time), back-off, and that nodes differ in whom
 * they take for dead.
 *
 * CHECK: -DN=2 -DDEATHS=2 -DSLOW=2
 * CHECK: -DN=3 -DDEATHS=2 -DSLOW=0
 * CHECK: -DN=3 -DDEATHS=1 -DSLOW=1
 * CHECK: -DN=4 -DDEATHS=1 -DSLOW=0
 * And by hand, four minutes: -DN=3 -DDEATHS=2 -DSLOW=1.
 */
#ifndef N
#define N 3
#endif
#ifndef DEATHS
#define DEATHS 2
#endif
#ifndef SLOW
#define SLOW 1
#endif

bool runs[N];   /* its core executes */
bool dead[N];   /* it said so, or the watchers think so */
bool claim[N];  /* published.guardian_claim */
byte life[N];   /* published.incarnation */
byte writer[N]; /* who writes into this partition, + 1 */
byte deaths, slows;

/* A stopped core takes no further step, and a new life of it is another process. */
#define ALIVE (runs[self] && life[self] == mine)
#define LIVE_OR_END                                                                                \
    if                                                                                             \
    :: ALIVE -> skip                                                                               \
    :: else -> goto ended                                                                          \
    fi

#define WANTS(m) (claim[m] && !dead[m])
#if N == 2
#define LOWER(m)  (m > 0 && WANTS(0))
#define HIGHER(m) (m < 1 && WANTS(1))
#define WORK      (dead[1 - self])
#elif N == 3
#define LOWER(m)  ((m > 0 && WANTS(0)) || (m > 1 && WANTS(1)))
#define HIGHER(m) ((m < 1 && WANTS(1)) || (m < 2 && WANTS(2)))
#define WORK      ((self != 0 && dead[0]) || (self != 1 && dead[1]) || (self != 2 && dead[2]))
#else
#define LOWER(m)  ((m > 0 && WANTS(0)) || (m > 1 && WANTS(1)) || (m > 2 && WANTS(2)))
#define HIGHER(m) ((m < 1 && WANTS(1)) || (m < 2 && WANTS(2)) || (m < 3 && WANTS(3)))
#define WORK                                                                                       \
    ((self != 0 && dead[0]) || (self != 1 && dead[1]) || (self != 2 && dead[2]) ||                 \
     (self != 3 && dead[3]))
#endif

/* It executes nothing any more, so it writes nowhere any more. */
inline core_stop(m)
{
    runs[m] = false;
    i = 0;
    do
    :: i < N ->
        if
        :: writer[i] == m + 1 -> writer[i] = 0
        :: else -> skip
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

proctype node(byte self; byte mine)
{
    byte n, i, other;
    bool lower, higher;

end_rest: /* kernel/node/guardian.c:choose */
    atomic {
        !ALIVE || WORK;
        LIVE_OR_END;
        if
        :: self != 0 && dead[0] -> n = 0
        :: self != 1 && dead[1] -> n = 1
#if N > 2
        :: self != 2 && dead[2] -> n = 2
#endif
#if N > 3
        :: self != 3 && dead[3] -> n = 3
#endif
        fi
    }
yielding:
    atomic {
        !ALIVE || !LOWER(self);
        LIVE_OR_END;
        claim[self] = true;
        other = 0;
        lower = false;
        higher = false
    }
asking: /* the claims are read one after another */
    do
    :: atomic {
        other < N;
        LIVE_OR_END;
        if
        :: other < self && WANTS(other) -> lower = true
        :: other > self && WANTS(other) -> higher = true
        :: else -> skip
        fi;
        other++
    }
    :: atomic { other == N -> break }
    od;
    if
    :: atomic {
        lower -> LIVE_OR_END;
        claim[self] = false;
        goto yielding
    }
    :: atomic {
        !lower && higher && (!ALIVE || LOWER(self) || !HIGHER(self));
        LIVE_OR_END;
        other = 0;
        lower = false;
        higher = false;
        goto asking
    }
    :: atomic { !lower && !higher -> other = 0 }
    fi;
    do /* kernel/node/guardian.c:claimants_fence */
    :: atomic {
        other < N;
        LIVE_OR_END;
        if
        :: other != self && claim[other] && dead[other] && runs[other] -> core_stop(other)
        :: else -> skip
        fi;
        other++
    }
    :: atomic { other == N -> other = 0; break }
    od;
    atomic { /* kernel/node/guardian.c:act looks again */
        LIVE_OR_END;
        if
        :: !dead[n] -> goto leaving
        :: else -> skip
        fi
    }
    atomic { /* GUARDIAN_FENCE */
        LIVE_OR_END;
        core_stop(n)
    }
    atomic { /* GUARDIAN_LOAD begins */
        LIVE_OR_END;
        assert(!runs[n] && writer[n] == 0);
        writer[n] = self + 1
    }
    atomic { /* and is still alone */
        LIVE_OR_END;
        assert(!runs[n] && writer[n] == self + 1)
    }
    atomic { /* GUARDIAN_START */
        LIVE_OR_END;
        assert(!runs[n] && writer[n] == self + 1);
        writer[n] = 0;
        life[n] = life[n] + 1;
        claim[n] = false;
        dead[n] = false;
        runs[n] = true;
        run node(n, life[n])
    }
leaving:
    atomic {
        LIVE_OR_END;
        claim[self] = false;
        goto end_rest
    }
ended:
    skip
}

/* Some other node lives and is thought to. */
#if N == 2
#define JUDGE(m) (runs[1 - m] && !dead[1 - m])
#elif N == 3
#define JUDGE(m)                                                                                   \
    ((m != 0 && runs[0] && !dead[0]) || (m != 1 && runs[1] && !dead[1]) ||                         \
     (m != 2 && runs[2] && !dead[2]))
#else
#define JUDGE(m)                                                                                   \
    ((m != 0 && runs[0] && !dead[0]) || (m != 1 && runs[1] && !dead[1]) ||                         \
     (m != 2 && runs[2] && !dead[2]) || (m != 3 && runs[3] && !dead[3]))
#endif

active proctype fate()
{
    byte m, i, living, lost;

    atomic {
        do
        :: m < N ->
            runs[m] = true;
            life[m] = 1;
            run node(m, 1);
            m++
        :: else -> break
        od;
        m = 0
    }
    do
    :: atomic {
        deaths < DEATHS ->
        select(m : 0 .. N - 1);
        if
        :: runs[m] ->
            deaths++;
            dead[m] = true;
            core_stop(m)
        :: else -> skip
        fi;
        m = 0
    }
    :: atomic {
        slows < SLOW ->
        select(m : 0 .. N - 1);
        if
        :: runs[m] && !dead[m] && JUDGE(m) ->
            slows++;
            dead[m] = true
        :: else -> skip
        fi;
        m = 0
    }
    :: atomic {
        timeout -> break /* nobody can take a step: all has come to rest */
    }
    od;
    atomic {
        do
        :: m < N ->
            if
            :: runs[m] -> living++
            :: else -> skip
            fi;
            if
            :: dead[m] -> lost++
            :: else -> skip
            fi;
            m++
        :: else -> break
        od;
        assert(living == 0 || lost == 0)
    }
}
