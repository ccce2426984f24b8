%% SPDX-License-Identifier: Apache-2.0
%% Frames in a ring, as abi/channel.h has them: pure.
-module(chaos_ring).
-export([must_refuse/4]).

%% The unread bytes of a ring begin with a frame. Must a reader that goes on from there refuse it when byte At of them is altered? Each byte
%% of a header and a payload is under a checksum, those up to the next frame are not; and the first frame it may have copied already.
-spec must_refuse(binary(), non_neg_integer(), pos_integer(), pos_integer()) -> boolean().
must_refuse(Unread, At, Header, Align) ->
    case frame(Unread, 0, Header, Align) of
        {_, Next} -> is_in_frame(Unread, Next, At, Header, Align);
        none -> false
    end.

is_in_frame(Unread, From, At, Header, Align) ->
    case frame(Unread, From, Header, Align) of
        {End, _} when At >= From, At < End -> true;
        {_, Next} when At >= Next -> is_in_frame(Unread, Next, At, Header, Align);
        _ -> false
    end.

%% Where it ends, and where the next one begins.
frame(Unread, From, Header, Align) ->
    case Unread of
        <<_:From/binary, Size:32/little, _/binary>> when From + Header + Size =< byte_size(Unread) ->
            End = From + Header + Size,
            {End, (End + Align - 1) div Align * Align};
        _ ->
            none
    end.
