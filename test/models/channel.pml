/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ring with its doorbell and its wait for room: kernel/node/channel.c:announce, has_room,
 * room_look in the writer; channel_look, peer_drain in the reader. Stores become visible late, one
 * after another, as x86-64 permits; a fence waits for them.
 *
 * What must hold: no wake-up is lost. Both come to their ends, from every state; a reader that sleeps
 * on a frame, or a writer that sleeps beside room, is a deadlock here.
 *
 * PULLS times the reader looks for itself, as a program's read does. LINGERS times each of the two
 * stays awake before it sleeps (channel_linger), and is not rung then. TURN bounds what the reader
 * takes in one turn; then, and when it rests instead of arming its bell, its timer wakes it. -DWRITER_FENCE=0, -DREADER_FENCE=0, -DARM_FENCE=0,
 * -DROOM_FENCE=0 and -DLINGER_FENCE=0 leave one fence out each: spin then finds the lost wake-up.
 *
 * CHECK: -DFRAMES=5 -DROOM=2 -DTURN=1 -DPULLS=1
 * CHECK: -DFRAMES=5 -DROOM=3 -DTURN=2 -DPULLS=1
 * CHECK: -DFRAMES=5 -DROOM=3 -DTURN=9 -DPULLS=1
 */
#ifndef FRAMES
#define FRAMES 5
#define ROOM   2
#define TURN   1
#define PULLS  1
#endif
#ifndef LINGERS
#define LINGERS 1
#endif
#ifndef WRITER_FENCE
#define WRITER_FENCE 1
#endif
#ifndef READER_FENCE
#define READER_FENCE 1
#endif
#ifndef ARM_FENCE
#define ARM_FENCE 1
#endif
#ifndef ROOM_FENCE
#define ROOM_FENCE 1
#endif
#ifndef LINGER_FENCE
#define LINGER_FENCE 1
#endif
#define NEVER 255

/* Published words, as the other node sees them now. */
byte written, read, armed;
bool waits, writer_wakeful, reader_wakeful;
bool bell_writer, bell_reader; /* an interrupt is pending */

/* Stores on their way out of each core: to the word, the value; in order. */
#define WRITTEN 0
#define WAITS   1
#define READ    2
#define ARMED   3
#define WRITER_WAKEFUL 4
#define READER_WAKEFUL 5
chan out_of_writer = [3] of { byte, byte };
chan out_of_reader = [3] of { byte, byte };

inline arrive(store_buffer)
{
    store_buffer ? word, value;
    if
    :: word == WRITTEN -> written = value
    :: word == WAITS -> waits = value
    :: word == READ -> read = value
    :: word == ARMED -> armed = value
    :: word == WRITER_WAKEFUL -> writer_wakeful = value
    :: else -> reader_wakeful = value
    fi
}

active proctype memory()
{
    byte word, value;

end:
    do
    :: atomic { nempty(out_of_writer) -> arrive(out_of_writer) }
    :: atomic { nempty(out_of_reader) -> arrive(out_of_reader) }
    od
}

#define FENCE(needed, store_buffer) (!(needed) || empty(store_buffer))

active proctype writer()
{
    byte mine, seen, rung = NEVER, bell, lingers;
    bool waiting;

    do
    :: mine == FRAMES -> break
    :: mine < FRAMES && mine - seen < ROOM -> /* channel_send_data, announce */
        mine++;
        out_of_writer ! WRITTEN, mine;
        FENCE(WRITER_FENCE, out_of_writer);
        bell = armed;
        if
        :: bell != rung && !reader_wakeful -> atomic { rung = bell; bell_reader = true }
        :: else
        fi
    :: mine < FRAMES && mine - seen >= ROOM -> /* has_room */
        seen = read;
        if
        :: mine - seen < ROOM
        :: else ->
            waiting = true;
            out_of_writer ! WAITS, 1;
            FENCE(ROOM_FENCE, out_of_writer);
            seen = read;
            do
            :: mine - seen < ROOM -> break
            :: lingers < LINGERS -> /* channel_linger */
                lingers++;
                out_of_writer ! WRITER_WAKEFUL, 1;
                seen = read;
                out_of_writer ! WRITER_WAKEFUL, 0;
                FENCE(LINGER_FENCE, out_of_writer);
                seen = read
            :: mine - seen >= ROOM -> /* asleep; room_look */
                atomic { bell_writer -> bell_writer = false };
                seen = read
            od;
            waiting = false;
            out_of_writer ! WAITS, 0
        fi
    od
}

active proctype reader()
{
    byte mine, taken, pulls, arms, lingers;
    bool disarmed, timer, awake;

    do
    :: mine == FRAMES && !disarmed -> break
    :: else ->
        if /* asleep, or awake in channel_linger */
        :: atomic { bell_reader -> bell_reader = false; disarmed = true }
        :: timer -> timer = false
        :: pulls < PULLS -> pulls++
        :: awake && mine < written
        :: awake ->
            awake = false;
            out_of_reader ! READER_WAKEFUL, 0;
            FENCE(LINGER_FENCE, out_of_reader);
            if
            :: mine < written
            :: else -> goto next
            fi
        :: !awake && lingers < LINGERS ->
            lingers++;
            awake = true;
            out_of_reader ! READER_WAKEFUL, 1;
            goto next
        fi;
turn:
        taken = 0;
        do
        :: taken < TURN && mine < written ->
            mine++;
            taken++;
            disarmed = true;
            out_of_reader ! READ, mine
        :: taken == TURN || mine >= written -> break
        od;
        if
        :: taken > 0 ->
            FENCE(READER_FENCE, out_of_reader);
            if
            :: waits && !writer_wakeful -> bell_writer = true
            :: else
            fi
        :: else
        fi;
        if
        :: taken == TURN -> timer = true
        :: taken < TURN && disarmed && taken > 0 -> timer = true /* bells come often: a rest */
        :: taken < TURN && disarmed && !timer ->
            disarmed = false;
            arms++;
            out_of_reader ! ARMED, arms;
            FENCE(ARM_FENCE, out_of_reader);
            if
            :: mine < written -> goto turn
            :: else
            fi
        :: else
        fi;
next:   skip
    od
}
