/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guardian protocol: kernel/node/election.c:claim_look and kernel/node/guardian.c:guard, with N
 * nodes. DEATHS times a node dies, between any two steps of anybody. SLOW times a node that still
 * runs is taken for dead, and goes on, until its core is stopped: it has said so itself, or it only
 * stood still for too long. Then any beat ends the verdict, at any time.
 *
 * What must hold:
 *  - nobody writes into the partition of a core that runs, and no two at once into one partition;
 *  - a core is started only by who has written its partition, and only while it is stopped;
 *  - when all has come to rest, no node is dead while another lives.
 *
 * Left out: whose turn it is (here: anybody's at any time), back-off, that at one moment nodes
 * differ in whom they take for dead, a core that starts itself, and what the last living one does
 * while it dies (both are played with the real code by kernel/node/test/guardian_test.c).
 *
 * CHECK: -DN=2 -DDEATHS=2 -DSLOW=2
 * CHECK: -DN=3 -DDEATHS=1 -DSLOW=1
 * CHECK: -DN=3 -DDEATHS=2 -DSLOW=1
 * CHECK: -DN=4 -DDEATHS=2 -DSLOW=0
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
bool dead[N];   /* it said so */
bool doubt[N];  /* the watchers think so, until it beats */
bool claim[N];  /* published.guardian_claim */
bool off[N];    /* it was stopped, and stands at its beginning */
byte writer[N]; /* who writes into this partition, + 1 */
byte passed[N]; /* whose claims it has passed over, bit by bit: of this life of theirs */
byte deaths, slows;

/* A stopped core takes no further step but to `ended`, where its next life begins. */
#define ALIVE (runs[self])
#define LIVE_OR_END                                                                                \
    if                                                                                             \
    :: ALIVE -> skip                                                                               \
    :: else -> goto ended                                                                          \
    fi

/* Who is stopped does not beat, so sooner or later it is taken for dead. */
#define LOST(m)  (dead[m] || doubt[m] || !runs[m])
#define WANTS(m) (claim[m] && !LOST(m))
#if N == 2
#define LOWER(m)  (m > 0 && WANTS(0))
#define HIGHER(m) (m < 1 && WANTS(1))
#define WORK      (LOST(1 - self))
#elif N == 3
#define LOWER(m)  ((m > 0 && WANTS(0)) || (m > 1 && WANTS(1)))
#define HIGHER(m) ((m < 1 && WANTS(1)) || (m < 2 && WANTS(2)))
#define WORK      ((self != 0 && LOST(0)) || (self != 1 && LOST(1)) || (self != 2 && LOST(2)))
#else
#define LOWER(m)  ((m > 0 && WANTS(0)) || (m > 1 && WANTS(1)) || (m > 2 && WANTS(2)))
#define HIGHER(m) ((m < 1 && WANTS(1)) || (m < 2 && WANTS(2)) || (m < 3 && WANTS(3)))
#define WORK                                                                                       \
    ((self != 0 && LOST(0)) || (self != 1 && LOST(1)) || (self != 2 && LOST(2)) ||                 \
     (self != 3 && LOST(3)))
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

proctype node(byte self)
{
    byte n, i, other;
    bool lower, higher;

end_rest: /* kernel/node/guardian.c:choose */
    atomic {
        !ALIVE || WORK;
        LIVE_OR_END;
        if
        :: self != 0 && LOST(0) -> n = 0
        :: self != 1 && LOST(1) -> n = 1
#if N > 2
        :: self != 2 && LOST(2) -> n = 2
#endif
#if N > 3
        :: self != 3 && LOST(3) -> n = 3
#endif
        fi
    }
yielding:
    atomic {
        !ALIVE || !LOWER(self);
        LIVE_OR_END;
        claim[self] = true;
        other = 0;
        passed[self] = 0;
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
        :: other != self && claim[other] && LOST(other) -> passed[self] = passed[self] | 1 << other
        :: else -> skip
        fi;
        other++
    }
    :: atomic { other == N -> other = 0; break }
    od;
    if
    :: atomic {
        lower -> LIVE_OR_END;
        claim[self] = false;
        passed[self] = 0;
        lower = false;
        higher = false;
        goto yielding
    }
    :: atomic {
        !lower && higher && (!ALIVE || LOWER(self) || !HIGHER(self));
        LIVE_OR_END;
        other = 0;
        passed[self] = 0;
        lower = false;
        higher = false;
        goto asking
    }
    :: atomic { !lower && !higher -> skip }
    fi;
    do /* kernel/node/guardian.c:claimants_fence */
    :: atomic {
        other < N;
        LIVE_OR_END;
        if
        :: (passed[self] >> other & 1) && claim[other] && runs[other] -> core_stop(other)
        :: else -> skip
        fi;
        other++
    }
    :: atomic { other == N -> other = 0; passed[self] = 0; break }
    od;
    atomic { /* kernel/node/guardian.c:act looks again */
        LIVE_OR_END;
        if
        :: !LOST(n) -> goto leaving
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
        !ALIVE || off[n];
        LIVE_OR_END;
        assert(!runs[n] && writer[n] == self + 1);
        writer[n] = 0;
        claim[n] = false;
        dead[n] = false;
        doubt[n] = false;
        runs[n] = true;
        i = 0;
        do
        :: i < N ->
            passed[i] = passed[i] & ~(1 << n);
            i++
        :: else -> break
        od;
        i = 0
    }
leaving:
    atomic {
        LIVE_OR_END;
        claim[self] = false;
        n = 0;
        goto end_rest
    }
ended:
    atomic {
        n = 0;
        i = 0;
        other = 0;
        passed[self] = 0;
        lower = false;
        higher = false;
        off[self] = true
    }
end_off:
    atomic { runs[self] -> off[self] = false; goto end_rest }
}

/* Some other node lives and is thought to. */
#if N == 2
#define JUDGE(m) (!LOST(1 - m))
#elif N == 3
#define JUDGE(m)                                                                                   \
    ((m != 0 && !LOST(0)) || (m != 1 && !LOST(1)) ||                         \
     (m != 2 && !LOST(2)))
#else
#define JUDGE(m)                                                                                   \
    ((m != 0 && !LOST(0)) || (m != 1 && !LOST(1)) ||                         \
     (m != 2 && !LOST(2)) || (m != 3 && !LOST(3)))
#endif

active proctype fate()
{
    byte m, i, living, lost;

    atomic {
        do
        :: m < N ->
            runs[m] = true;
            run node(m);
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
        :: !LOST(m) && JUDGE(m) ->
            slows++;
            if
            :: dead[m] = true
            :: doubt[m] = true
            fi
        :: else -> skip
        fi;
        m = 0
    }
    /* It beats again. */
    :: atomic { doubt[0] -> doubt[0] = false }
    :: atomic { doubt[1] -> doubt[1] = false }
#if N > 2
    :: atomic { doubt[2] -> doubt[2] = false }
#endif
#if N > 3
    :: atomic { doubt[3] -> doubt[3] = false }
#endif
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
            :: LOST(m) -> lost++
            :: else -> skip
            fi;
            m++
        :: else -> break
        od;
        assert(living == 0 || lost == 0)
    }
}
